//! Products of integers of 8 bits, whose sums saturate on some processors, and what keeps them exact.
//!
//! On x86 without VNNI, ONNX Runtime adds the products of unsigned and signed integers up in 16 bits, which hold half of what
//! two can make. A key has it turn constants that are signed into unsigned ones, which it adds up in 32 bits: see
//! `kOrtSessionOptionsAvx2PrecisionMode` in
//! [its header](https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/session/onnxruntime_session_options_config_keys.h).
//! With VNNI the sums are exact, and the key would cost half of the speed.

use super::ffi::Optimization;
use super::properties::Pairs;
use wasi_nn::Precision;
use wasi_nn::onnx_scan::view::{Node, is_onnx};

/// The operators of ONNX, and of Microsoft's domain, whose sums saturate in ONNX Runtime 1.32 without the key.
const OF_ONNX: &[&str] = &["MatMulInteger", "QLinearConv", "QLinearMatMul"];
const OF_MICROSOFT: &[&str] = &[
    "DynamicQuantizeLSTM",
    "DynamicQuantizeMatMul",
    "MatMulIntegerToFloat",
    "QAttention",
    "QGemm",
    "QLinearConv",
];

/// What sums of products are without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sums {
    /// As exact as they have to be.
    Fine,
    /// Saturating, where exact ones are asked for.
    Saturate,
}

impl Sums {
    /// For a precision, on this processor.
    pub(super) fn here(precision: Precision) -> Self {
        Sums::on(precision, may_saturate())
    }

    fn on(precision: Precision, may_saturate: bool) -> Self {
        match precision {
            Precision::Accurate if may_saturate => Sums::Saturate,
            Precision::Accurate | Precision::Fast => Sums::Fine,
        }
    }

    /// What a session is told.
    pub(super) fn keys(self) -> Pairs {
        match self {
            Sums::Saturate => vec![(c"session.x64quantprecision".to_owned(), c"1".to_owned())],
            Sums::Fine => Pairs::new(),
        }
    }

    /// What they are with the key, which is for the rewriting of models from `extended` on.
    pub(super) fn with_keys(self, optimization: Option<Optimization>) -> Self {
        match optimization {
            Some(Optimization::Off | Optimization::Basic) => self,
            Some(Optimization::Extended | Optimization::All) | None => Sums::Fine,
        }
    }
}

/// Whether a node makes such sums.
pub(super) fn sums(node: &Node<'_>) -> bool {
    let operators = match node.domain {
        "com.microsoft" => OF_MICROSOFT,
        domain if is_onnx(domain) => OF_ONNX,
        _ => return false,
    };
    operators.contains(&node.operator)
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn may_saturate() -> bool {
    !is_x86_feature_detected!("avx512vnni") && !is_x86_feature_detected!("avxvnni")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn may_saturate() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::Sums;
    use crate::ffi::Optimization::{All, Basic, Extended, Off};
    use wasi_nn::Precision::{Accurate, Fast};

    #[test]
    fn the_key_is_for_exact_sums_where_they_saturate() {
        let key = (c"session.x64quantprecision".to_owned(), c"1".to_owned());
        assert_eq!(Sums::on(Accurate, true).keys(), [key]);
        for (precision, may_saturate) in [(Accurate, false), (Fast, true), (Fast, false)] {
            assert_eq!(Sums::on(precision, may_saturate).keys(), []);
        }
    }

    #[test]
    fn the_key_needs_the_rewriting_of_models() {
        let with = |optimization| Sums::Saturate.with_keys(optimization);
        assert_eq!([Some(Off), Some(Basic)].map(with), [Sums::Saturate; 2]);
        assert_eq!([Some(Extended), Some(All), None].map(with), [Sums::Fine; 3]);
        assert_eq!(Sums::Fine.with_keys(Some(Off)), Sums::Fine);
    }
}
