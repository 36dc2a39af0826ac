//! Products of integers of 8 bits, whose sums saturate on some processors, and what keeps them exact.
//!
//! On x86 without VNNI, ONNX Runtime adds the products of unsigned and signed integers up in 16 bits, which hold half of what
//! two can make; those of two signed or two unsigned ones it adds up in 32 bits. Two keys of sessions help, of
//! [its header](https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_session_options_config_keys.h):
//! one has it turn constants that are signed into unsigned ones, for the operators that multiply integers; the other has it compute
//! in floats what a model describes as floats that are rounded to integers. With VNNI the sums are exact, and the keys would cost
//! half of the speed.
//!
//! What is said here of ONNX Runtime was tried with 1.32, on an emulator of a processor without VNNI.

use super::checks::name;
use super::element::{I8, U8};
use super::ffi::Optimization;
use super::properties::Pairs;
use super::scope::Scope;
use std::ffi::CStr;
use wasi_nn::onnx_scan::view::{Model, Node, is_onnx};
use wasi_nn::{Error, Precision};

/// A factor: its place among the inputs of an operator, and that of its zero point, which has the same type.
type Factor = (usize, usize);

/// An operator whose sums may saturate: if its first factor has no sign and a second one has.
struct Product {
    operator: &'static str,
    /// None if the operator rounds floats itself, which have no sign then.
    first: Option<Factor>,
    second: &'static [Factor],
    turned: Turned,
}

/// Whether ONNX Runtime turns the second factor, as a constant, into an unsigned one.
#[derive(Clone, Copy)]
enum Turned {
    Never,
    /// The first factor must have no sign then: for one that has, there is no operator.
    Always,
    /// The first factor may have a sign or not.
    WithAny,
    /// As `Always` in opsets below 21, and never in others.
    Below21,
}

const OF_ONNX: &[Product] = &[
    // It has its weights first, and then the image.
    product("ConvInteger", Some((1, 3)), &[(0, 2)], Turned::Never),
    product("MatMulInteger", Some((0, 2)), &[(1, 3)], Turned::WithAny),
    product("QLinearConv", Some((0, 2)), &[(3, 5)], Turned::Always),
    product("QLinearMatMul", Some((0, 2)), &[(3, 5)], Turned::Below21),
];
const OF_MICROSOFT: &[Product] = &[
    product("DynamicQuantizeLSTM", None, &[(1, 9), (2, 11)], Turned::Always),
    product("DynamicQuantizeMatMul", None, &[(1, 3)], Turned::Always),
    product("MatMulIntegerToFloat", Some((0, 4)), &[(1, 5)], Turned::Always),
    product("QAttention", Some((0, 6)), &[(1, 7)], Turned::Always),
    product("QGemm", Some((0, 2)), &[(3, 5)], Turned::Always),
    product("QLinearConv", Some((0, 2)), &[(3, 5)], Turned::Never),
];

const fn product(
    operator: &'static str,
    first: Option<Factor>,
    second: &'static [Factor],
    turned: Turned,
) -> Product {
    Product { operator, first, second, turned }
}

/// What a model's sums of products need to be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    precision: Precision,
    /// Whether they saturate on this processor, where exact ones are asked for.
    saturate: bool,
    /// Whether models are rewritten that far that constants are turned.
    rewritten: bool,
    /// Whether the model's opset is below 21.
    old: bool,
    /// A constant that has to be turned.
    turned: bool,
    /// A constant that must not be.
    kept: bool,
}

impl Sums {
    /// For a precision and an optimization, on this processor.
    pub(super) fn here(precision: Precision, optimization: Option<Optimization>) -> Self {
        Sums::on(precision, optimization, wasi_nn_native::sums_saturate())
    }

    pub(super) fn on(precision: Precision, optimization: Option<Optimization>, saturate: bool) -> Self {
        Sums {
            precision,
            saturate: saturate && precision == Precision::Accurate,
            rewritten: !matches!(optimization, Some(Optimization::Off | Optimization::Basic)),
            old: true,
            turned: false,
            kept: false,
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
        if self.precision == Precision::Accurate {
            // Otherwise it rounds the other factor of weights in blocks to 8 bits, on every processor.
            keys.push(key(c"session.qdq_matmulnbits_accuracy_level"));
        }
        if self.saturate {
            keys.push(key(c"session.disable_quant_qdq"));
        }
        if self.saturate && !self.kept {
            keys.push(key(c"session.x64quantprecision"));
        }
        keys
    }

    /// Takes note of what a node needs, or refuses it where nothing helps or too little is known.
    pub(super) fn look_at(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Result<(), Error> {
        let products = match node.domain {
            _ if !self.saturate => return Ok(()),
            "com.microsoft" => OF_MICROSOFT,
            domain if is_onnx(domain) => OF_ONNX,
            _ => return Ok(()),
        };
        let Some(product) = products.iter().find(|product| product.operator == node.operator) else {
            return Ok(());
        };
        let turned = match product.turned {
            Turned::Below21 if !self.old => Turned::Never,
            turned => turned,
        };
        let names = |(value, zero): Factor| [value, zero].into_iter().filter_map(|index| node.input(index));
        let element = |factor| names(factor).find_map(|name| scope.element(name));
        let is_signed = product.first.is_some_and(|first| element(first) == Some(I8));
        for factor in product.second.iter().filter(|factor| element(**factor) != Some(U8)) {
            match turned {
                Turned::Never | Turned::WithAny if is_signed => {}
                _ if is_signed => self.kept |= !node.input(factor.0).is_some_and(|name| scope.varies(name)),
                Turned::Never => return Err(saturating(node, "make both factors unsigned, or both signed")),
                _ if !names(*factor).all(|name| scope.is_fixed(name)) => {
                    return Err(saturating(
                        node,
                        "make the second factor unsigned, or a constant in the node's own graph",
                    ));
                }
                _ if !self.rewritten => {
                    return Err(saturating(node, "leave the property `optimization` at `extended` or `all`"));
                }
                _ => self.turned = true,
            }
        }
        if self.turned && self.kept {
            let way_out = "give all operators of the model unsigned first factors, or all signed ones";
            return Err(saturating(node, way_out));
        }
        Ok(())
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
    use nn_models::onnx::{DataType, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto};
    use wasi_nn::Precision::{Accurate, Fast};
    use wasi_nn::onnx_scan::view::Model;
    use wasi_nn::{Error, Origin};

    const SIGNED: DataType = DataType(3);
    const UNSIGNED: DataType = DataType(2);

    /// Whether a model's constants are turned.
    fn turns(nodes: &[NodeProto], opset: u64, sums: Sums) -> Result<bool, Error> {
        let constant = |name, element: DataType| TensorProto::without_data(name, element, &[1]);
        let graph = GraphProto::new("g")
            .input("i", SIGNED, &[1])
            .input("u", UNSIGNED, &[1])
            .input("f", DataType(1), &[1])
            .input("default", SIGNED, &[1])
            .initializer(constant("default", SIGNED))
            .initializer(constant("ci", SIGNED))
            .initializer(constant("cu", UNSIGNED))
            .initializer(constant("zi", SIGNED))
            .initializer(constant("zu", UNSIGNED));
        let function = FunctionProto::new("own", "DynamicQuantizeLinear", &["x"], &["y"])
            .node(NodeProto::new("Identity", &["x"], &["y"]));
        let graph = nodes.iter().cloned().fold(graph, GraphProto::node);
        let bytes = ModelProto::with_opset(graph, opset).function(function).into_bytes();
        let keys = check(&Model::new(&bytes).unwrap(), Origin::Host, sums)?.keys();
        Ok(keys.iter().any(|(key, _)| key.as_c_str() == c"session.x64quantprecision"))
    }

    fn here(nodes: &[NodeProto]) -> Result<bool, Error> {
        turns(nodes, 13, Sums::on(Accurate, None, true))
    }

    fn product(operator: &str, inputs: &[&str]) -> NodeProto {
        let domain = if matches!(operator, "QGemm" | "DynamicQuantizeMatMul") { "com.microsoft" } else { "" };
        NodeProto::new(operator, inputs, &["y"]).domain(domain)
    }

    #[test]
    fn factors_decide_what_is_done() {
        for (operator, inputs, turns) in [
            ("MatMulInteger", &["u", "ci"][..], Some(true)),
            ("MatMulInteger", &["u", "u"], Some(true)),
            ("MatMulInteger", &["i", "ci"], Some(true)),
            ("MatMulInteger", &["i", "i"], Some(true)),
            ("MatMulInteger", &["u", "i"], None),
            ("MatMulInteger", &["u", "default"], None),
            ("MatMulInteger", &["u", "ci", "zu", "i"], None),
            ("MatMulInteger", &["u", "unknown"], None),
            ("MatMulInteger", &["unknown", "unknown", "zi", "zi"], Some(true)),
            ("QLinearMatMul", &["u", "s", "zu", "ci", "s", "zi"], Some(true)),
            ("QLinearMatMul", &["i", "s", "zi", "ci", "s", "zi"], Some(false)),
            ("QLinearConv", &["u", "s", "zu", "ci", "s", "zi"], Some(true)),
            ("QLinearConv", &["i", "s", "zi", "ci", "s", "zi"], Some(false)),
            ("QGemm", &["u", "s", "zu", "i", "s", "zi"], None),
            ("DynamicQuantizeMatMul", &["f", "ci", "s", "zi"], Some(true)),
            ("DynamicQuantizeMatMul", &["f", "i", "s", "zi"], None),
            ("ConvInteger", &["u", "i"], Some(true)),
            ("ConvInteger", &["i", "cu"], None),
        ] {
            let done = here(&[product(operator, inputs)]);
            if let Err(error) = &done {
                let said = format!("the sums of the operator `{operator}` of the node `y` saturate");
                assert!(error.to_string().starts_with(&said), "{error}");
            }
            assert_eq!(done.ok(), turns, "{operator} {inputs:?}");
        }
        // ONNX Runtime turns that of ONNX, and not its own.
        let own = product("QLinearConv", &["u", "s", "zu", "ci", "s", "zi"]).domain("com.microsoft");
        assert!(here(&[own]).is_err());
        // The newer version of this one is not turned.
        let newer = |first, zero| {
            let node = product("QLinearMatMul", &[first, "s", zero, "ci", "s", "zi"]);
            turns(&[node], 21, Sums::on(Accurate, None, true)).ok()
        };
        assert_eq!([newer("u", "zu"), newer("i", "zi")], [None, Some(true)]);
        // One wants constants turned, and one wants them kept.
        let both = [
            product("QLinearConv", &["u", "s", "zu", "ci", "s", "zi"]),
            product("QLinearConv", &["i", "s", "zi", "ci", "s", "zi"]),
        ];
        assert!(here(&both).is_err());
    }

    #[test]
    fn constants_and_types_are_found_beside_the_node() {
        let moved = |from| NodeProto::new("Transpose", &[from], &["t"]);
        let product = || NodeProto::new("MatMulInteger", &["u", "t"], &["y"]);
        assert!(here(&[moved("ci"), product()]).unwrap());
        assert!(here(&[moved("u"), product()]).unwrap());
        assert!(here(&[moved("i"), product()]).is_err());
        // In any order.
        let first = |from| NodeProto::new("Transpose", &[from], &["t0"]);
        assert!(here(&[product(), moved("ci")]).unwrap());
        assert!(here(&[product(), moved("t0"), first("i")]).is_err());
        // The constant of a graph around is none of a branch.
        let branch = || {
            let graph = GraphProto::new("b").node(NodeProto::new("MatMulInteger", &["u", "ci"], &["z"]));
            graph.output("z", DataType(6), &[1])
        };
        let both = NodeProto::new("If", &["u"], &["y"]).graph("then_branch", branch());
        assert!(here(&[both.graph("else_branch", branch())]).is_err());
        // A name says nothing of a function.
        let rounded = |domain| NodeProto::new("DynamicQuantizeLinear", &["f"], &["t"]).domain(domain);
        assert!(here(&[rounded(""), product()]).unwrap());
        assert!(here(&[rounded("own"), product()]).is_err());
    }

    #[test]
    fn keys_are_for_exact_sums_where_they_saturate() {
        let keys = |precision, saturate| {
            let keys = Sums::on(precision, None, saturate).keys();
            keys.into_iter().map(|(key, _)| key.into_string().unwrap()).collect::<Vec<_>>()
        };
        let blocks = "session.qdq_matmulnbits_accuracy_level";
        assert_eq!(keys(Accurate, false), [blocks]);
        let all = [blocks, "session.disable_quant_qdq", "session.x64quantprecision"];
        assert_eq!(keys(Accurate, true), all);
        assert_eq!([keys(Fast, true), keys(Fast, false)], [[""; 0]; 2]);
        let wrong = [product("MatMulInteger", &["u", "i"])];
        for (precision, saturate) in [(Accurate, false), (Fast, true)] {
            assert!(turns(&wrong, 13, Sums::on(precision, None, saturate)).is_ok());
        }
        // Constants are turned where models are rewritten.
        let exact = [product("MatMulInteger", &["u", "ci"])];
        let with = |optimization| turns(&exact, 13, Sums::on(Accurate, Some(optimization), true)).is_ok();
        assert_eq!([Off, Basic, Extended, All].map(with), [false, false, true, true]);
    }
}
