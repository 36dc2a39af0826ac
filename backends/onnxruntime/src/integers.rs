//! Products of integers of 8 bits, whose sums saturate on some processors, and what keeps them exact.
//!
//! On x86 without VNNI, ONNX Runtime adds the products of unsigned and signed integers up in 16 bits, which hold half of what
//! two can make; those of two signed or two unsigned ones it adds up in 32 bits. Two keys of sessions help, of
//! [its header](https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_session_options_config_keys.h):
//! one has it turn constants that are signed into unsigned ones, the other has it compute in floats what a model describes as
//! floats that are rounded to integers. With VNNI the sums are exact, and the keys would cost half of the speed.
//!
//! What is said here of ONNX Runtime was tried with 1.32, on an emulator of a processor without VNNI.

use super::checks::name;
use super::ffi::Optimization;
use super::properties::Pairs;
use super::scope::{Scope, UINT8};
use std::ffi::CStr;
use wasi_nn::onnx_scan::view::{Model, Node, is_onnx};
use wasi_nn::{Error, Precision};

/// `TensorProto.DataType`.
const INT8: u64 = 3;

/// A factor: its place among the inputs of an operator, and that of its zero point, which has the same type.
type Factor = (usize, usize);

/// The operators whose sums may saturate: the first factor, unless the operator makes it itself, without a sign; and the second
/// ones.
const OF_ONNX: &[(&str, Option<Factor>, &[Factor])] = &[
    ("MatMulInteger", Some((0, 2)), &[(1, 3)]),
    ("QLinearConv", Some((0, 2)), &[(3, 5)]),
    ("QLinearMatMul", Some((0, 2)), &[(3, 5)]),
];
const OF_MICROSOFT: &[(&str, Option<Factor>, &[Factor])] = &[
    ("DynamicQuantizeLSTM", None, &[(1, 9), (2, 11)]),
    ("DynamicQuantizeMatMul", None, &[(1, 3)]),
    ("MatMulIntegerToFloat", Some((0, 4)), &[(1, 5)]),
    ("QAttention", Some((0, 6)), &[(1, 7)]),
    ("QGemm", Some((0, 2)), &[(3, 5)]),
    ("QLinearConv", Some((0, 2)), &[(3, 5)]),
];

/// Operators that are made of a product of floats between integers.
const OF_FLOATS: &[&str] = &["Conv", "ConvTranspose", "Gemm", "MatMul"];

/// What a model's sums of products need to be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    /// Whether they saturate on this processor, where exact ones are asked for.
    saturate: bool,
    /// Whether models are rewritten that far that the keys are of use.
    rewritten: bool,
    /// Whether `QLinearMatMul` has a version that is rewritten.
    old: bool,
    /// A constant that has to become unsigned.
    turned: bool,
    /// A constant that must not, since the other factor has a sign too and ONNX Runtime has no operator for the two then.
    kept: bool,
    /// Factors that are rounded floats, and no constants.
    floats: bool,
}

impl Sums {
    /// For a precision and an optimization, on this processor.
    pub(super) fn here(precision: Precision, optimization: Option<Optimization>) -> Self {
        Sums::on(precision, optimization, wasi_nn_native::sums_saturate())
    }

    pub(super) fn on(precision: Precision, optimization: Option<Optimization>, saturate: bool) -> Self {
        Sums {
            saturate: saturate && precision == Precision::Accurate,
            rewritten: !matches!(optimization, Some(Optimization::Off | Optimization::Basic)),
            old: true,
            turned: false,
            kept: false,
            floats: false,
        }
    }

    /// For the versions of operators that a model has.
    pub(super) fn of(self, model: &Model<'_>) -> Self {
        Sums { old: model.opsets.iter().all(|(domain, version)| !is_onnx(domain) || *version < 21), ..self }
    }

    /// What a session is told.
    pub(super) fn keys(self) -> Pairs {
        let key = |key: &CStr| (key.to_owned(), c"1".to_owned());
        let mut keys = Pairs::new();
        if self.saturate && !self.kept {
            keys.push(key(c"session.x64quantprecision"));
        }
        if self.saturate && (self.kept || self.floats) {
            keys.push(key(c"session.disable_quant_qdq"));
        }
        keys
    }

    /// Takes note of what a node needs, or refuses it where nothing helps.
    pub(super) fn look_at(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Result<(), Error> {
        if !self.saturate {
            return Ok(());
        }
        let operators = match node.domain {
            "com.microsoft" => OF_MICROSOFT,
            domain if is_onnx(domain) => OF_ONNX,
            _ => return Ok(()),
        };
        if is_onnx(node.domain) && OF_FLOATS.contains(&node.operator) {
            self.floats |= node.input(1).is_some_and(|name| scope.is_rounded(name));
            return Ok(());
        }
        let Some((_, first, second)) = operators.iter().find(|(operator, ..)| *operator == node.operator)
        else {
            return Ok(());
        };
        let element = |(value, zero): Factor| {
            let mut names = [value, zero].into_iter().filter_map(|index| node.input(index));
            names.find_map(|name| scope.element(name))
        };
        let is_signed = first.is_some_and(|first| element(first) == Some(INT8));
        for factor in second.iter().filter(|factor| element(**factor) != Some(UINT8)) {
            let varies = node.input(factor.0).is_some_and(|name| scope.varies(name));
            match node.operator {
                "QLinearMatMul" if is_signed && !self.old => {}
                "MatMulInteger" if is_signed => {}
                _ if is_signed && varies => {}
                _ if is_signed => self.kept = true,
                _ if varies => return Err(saturating(node, "make both factors unsigned")),
                "QLinearMatMul" if !self.old => {
                    return Err(saturating(node, "take an opset below 21"));
                }
                _ if !self.rewritten => {
                    return Err(saturating(node, "leave the property `optimization` at `extended` or `all`"));
                }
                _ => self.turned = true,
            }
        }
        match self.turned && self.kept {
            true => Err(saturating(
                node,
                "give all operators of the model unsigned first factors, or all signed ones",
            )),
            false => Ok(()),
        }
    }
}

#[cold]
fn saturating(node: &Node<'_>, way_out: &str) -> Error {
    Error::unsupported(format!(
        "the sums of the operator `{}` of the node `{}` saturate on this processor; {way_out}, or take the precision `fast`, \
         which allows that",
        node.operator,
        name(node)
    ))
}

#[cfg(test)]
mod tests {
    use super::Sums;
    use crate::checks::check;
    use crate::ffi::Optimization::{All, Basic, Extended, Off};
    use nn_models::onnx::{DataType, GraphProto, ModelProto, NodeProto, TensorProto};
    use wasi_nn::Precision::{Accurate, Fast};
    use wasi_nn::onnx_scan::view::Model;
    use wasi_nn::{Error, Origin};

    const SIGNED: DataType = DataType(3);
    const UNSIGNED: DataType = DataType(2);

    /// What a model needs of the keys: unsigned constants, and floats.
    fn needs(nodes: &[NodeProto], opset: u64, sums: Sums) -> Result<(bool, bool), Error> {
        let constant = |name, element: DataType| TensorProto::without_data(name, element, &[1]);
        let graph = GraphProto::new("g")
            .input("i", SIGNED, &[1])
            .input("u", UNSIGNED, &[1])
            .input("f", DataType(1), &[1])
            .initializer(constant("ci", SIGNED))
            .initializer(constant("cu", UNSIGNED))
            .initializer(constant("zi", SIGNED))
            .initializer(constant("zu", UNSIGNED));
        let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
        let bytes = ModelProto::with_opset(graph, opset).into_bytes();
        let keys = check(&Model::new(&bytes).unwrap(), Origin::Host, sums)?.keys();
        let has = |name: &str| keys.iter().any(|(key, _)| key.to_str() == Ok(name));
        Ok((has("session.x64quantprecision"), has("session.disable_quant_qdq")))
    }

    fn here(nodes: &[NodeProto]) -> Result<(bool, bool), Error> {
        needs(nodes, 13, Sums::on(Accurate, None, true))
    }

    fn product(operator: &str, inputs: &[&str]) -> NodeProto {
        let domain = if matches!(operator, "QGemm" | "DynamicQuantizeMatMul") { "com.microsoft" } else { "" };
        NodeProto::new(operator, inputs, &["y"]).domain(domain)
    }

    #[test]
    fn factors_decide_what_is_done() {
        const TURNED: (bool, bool) = (true, false);
        const KEPT: (bool, bool) = (false, true);
        for (operator, inputs, need) in [
            ("MatMulInteger", &["u", "ci"][..], Some(TURNED)),
            ("MatMulInteger", &["u", "cu"], Some(TURNED)),
            ("MatMulInteger", &["u", "u"], Some(TURNED)),
            ("MatMulInteger", &["i", "ci"], Some(TURNED)),
            ("MatMulInteger", &["i", "i"], Some(TURNED)),
            ("MatMulInteger", &["u", "i"], None),
            ("MatMulInteger", &["u", "unknown"], None),
            ("MatMulInteger", &["unknown", "unknown", "zi", "zi"], Some(TURNED)),
            ("MatMulInteger", &["unknown", "i"], None),
            ("QLinearMatMul", &["u", "s", "zu", "ci", "s", "zi"], Some(TURNED)),
            ("QLinearMatMul", &["i", "s", "zi", "ci", "s", "zi"], Some(KEPT)),
            ("QLinearConv", &["u", "s", "zu", "ci", "s", "zi"], Some(TURNED)),
            ("QLinearConv", &["i", "s", "zi", "ci", "s", "zi"], Some(KEPT)),
            ("QGemm", &["i", "s", "zi", "ci", "s", "zi"], Some(KEPT)),
            ("QGemm", &["u", "s", "zu", "i", "s", "zi"], None),
            ("DynamicQuantizeMatMul", &["f", "ci", "s", "zi"], Some(TURNED)),
            ("DynamicQuantizeMatMul", &["f", "i", "s", "zi"], None),
            ("ConvInteger", &["u", "i"], Some(TURNED)),
        ] {
            let needs = here(&[product(operator, inputs)]);
            if let Err(error) = &needs {
                let said = format!("the sums of the operator `{operator}` of the node `y` saturate");
                assert!(error.to_string().starts_with(&said), "{error}");
            }
            assert_eq!(needs.ok(), need, "{operator} {inputs:?}");
        }
        // The newer version of this one is not rewritten.
        let newer = |first, zero| {
            let node = product("QLinearMatMul", &[first, "s", zero, "ci", "s", "zi"]);
            needs(&[node], 21, Sums::on(Accurate, None, true)).ok()
        };
        assert_eq!([newer("u", "zu"), newer("i", "zi")], [None, Some(TURNED)]);
        // One wants constants turned, and one wants them kept.
        let both = [
            product("QLinearConv", &["u", "s", "zu", "ci", "s", "zi"]),
            product("QLinearConv", &["i", "s", "zi", "ci", "s", "zi"]),
        ];
        assert!(here(&both).is_err());
    }

    #[test]
    fn rounded_floats_that_vary_are_computed_in_floats() {
        let floats =
            |value: &str, zero: &str| NodeProto::new("DequantizeLinear", &[value, "s", zero], &["d"]);
        let product = |second: &str| NodeProto::new("MatMul", &["f", second], &["y"]);
        let moved = NodeProto::new("Transpose", &["d"], &["t"]);
        let to = |zero: &str| NodeProto::new("QuantizeLinear", &["f", "s", zero], &["q"]);
        for (what, nodes, in_floats) in [
            ("a constant", vec![floats("ci", "zi"), product("d")], false),
            ("with a sign", vec![floats("i", "zi"), product("d")], true),
            ("without one", vec![floats("u", "zu"), product("d")], false),
            ("moved", vec![floats("i", "zi"), moved, product("t")], true),
            ("rounded here", vec![to("zi"), floats("q", "zi"), product("d")], true),
            ("rounded here, without a sign", vec![to("zu"), floats("q", "zu"), product("d")], false),
            ("no product of it", vec![floats("i", "zi"), product("f")], false),
        ] {
            assert_eq!(here(&nodes).unwrap(), (true, in_floats), "{what}");
        }
    }

    #[test]
    fn keys_are_for_exact_sums_where_they_saturate() {
        let exact = [product("MatMulInteger", &["u", "ci"])];
        let wrong = [product("MatMulInteger", &["u", "i"])];
        for (precision, saturate) in [(Accurate, false), (Fast, true), (Fast, false)] {
            for nodes in [&exact, &wrong] {
                assert_eq!(needs(nodes, 13, Sums::on(precision, None, saturate)).unwrap(), (false, false));
            }
        }
        // The key for constants needs the rewriting of models.
        let with = |optimization| needs(&exact, 13, Sums::on(Accurate, Some(optimization), true)).is_ok();
        assert_eq!([Off, Basic, Extended, All].map(with), [false, false, true, true]);
    }
}
