//! The list of operators that guests' models may have.
//!
//! OpenVINO does not check all that operators make of indices, sizes and odd attributes at run time: `GatherND` reads
//! beyond its data, a negative `Pad` writes beyond its own, `PSROIPooling` and `RegionYolo` do either, and dividing the
//! least integer by -1 ends the process. So these are the operators of ordinary networks in whose inputs no value is an
//! index that goes unchecked, and no more. A model that needs another has to be named by the host.

/// Their types in lower case, sorted; OpenVINO compares them without regard to case.
const COMMON: &[&str] = &[
    "abs",
    "add",
    "assign",
    "avgpool",
    "batchnorminference",
    "broadcast",
    "ceiling",
    "clamp",
    "concat",
    "const",
    "convert",
    "convertlike",
    "convolution",
    "convolutionbackpropdata",
    "cos",
    "depthtospace",
    "elu",
    "equal",
    "erf",
    "exp",
    "fakequantize",
    "floor",
    "gather",
    "gelu",
    "greater",
    "greaterequal",
    "groupconvolution",
    "groupconvolutionbackpropdata",
    "hardsigmoid",
    "hsigmoid",
    "hswish",
    "if",
    "interpolate",
    "less",
    "lessequal",
    "log",
    "logicaland",
    "logicalnot",
    "logicalor",
    "logicalxor",
    "logsoftmax",
    "lrn",
    "matmul",
    "maximum",
    "maxpool",
    "minimum",
    "mish",
    "multiply",
    "mvn",
    "negative",
    "normalizel2",
    "notequal",
    "parameter",
    "power",
    "prelu",
    "readvalue",
    "reducel1",
    "reducel2",
    "reducelogicaland",
    "reducelogicalor",
    "reducemax",
    "reducemean",
    "reducemin",
    "reduceprod",
    "reducesum",
    "relu",
    "reshape",
    "result",
    "round",
    "select",
    "selu",
    "shapeof",
    "shufflechannels",
    "sigmoid",
    "sign",
    "sin",
    "slice",
    "softmax",
    "softplus",
    "softsign",
    "spacetodepth",
    "split",
    "sqrt",
    "squareddifference",
    "squeeze",
    "stridedslice",
    "subtract",
    "swish",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "unsqueeze",
    "variadicsplit",
];

/// Whether an operator may be in a guest's model. `kind` is its type in lower case, and `set` names the operator set that
/// it is from, of which only the public ones have these operators.
pub(super) fn is_common(kind: &str, set: &str) -> bool {
    let number = set.strip_prefix("opset").unwrap_or_default();
    let is_public = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_public && COMMON.binary_search(&kind).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{COMMON, is_common};

    #[test]
    fn the_list_is_in_order() {
        assert!(COMMON.is_sorted());
        assert!(COMMON.iter().all(|kind| is_common(kind, "opset1")));
    }

    #[test]
    fn other_operators_and_other_sets_are_none_of_it() {
        for kind in ["gathernd", "pad", "divide", "psroipooling", "regionyolo", "loop", "", "Add"] {
            assert!(!is_common(kind, "opset1"), "{kind}");
        }
        for set in ["opset", "extension", "cpu_plugin_opset", "opset1x", ""] {
            assert!(!is_common("add", set), "{set}");
        }
    }
}
