//! The list of operators that guests' models may have.
//!
//! OpenVINO does not check all that operators make of indices, sizes and odd attributes at run time: `GatherND` reads
//! beyond its data, and `PSROIPooling` and `RegionYolo` write beyond their own too. So these are the operators of ordinary
//! networks in whose inputs no value is an index that goes unchecked, and no more; of some, `guards.rs` looks at the
//! inputs. A model that needs another has to be named by the host.

/// Their types in lower case, sorted; OpenVINO compares them without regard to case.
const COMMON: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "assign",
    "atan",
    "atanh",
    "avgpool",
    "batchnorminference",
    "bitwiseand",
    "bitwisenot",
    "bitwiseor",
    "bitwisexor",
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
    "cosh",
    "depthtospace",
    "divide",
    "elu",
    "equal",
    "erf",
    "exp",
    "fakequantize",
    "floor",
    "floormod",
    "gather",
    "gelu",
    "greater",
    "greaterequal",
    "groupconvolution",
    "groupconvolutionbackpropdata",
    "grucell",
    "grusequence",
    "hardsigmoid",
    "hsigmoid",
    "hswish",
    "identity",
    "if",
    "interpolate",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "lessequal",
    "log",
    "logicaland",
    "logicalnot",
    "logicalor",
    "logicalxor",
    "logsoftmax",
    "lrn",
    "lstmcell",
    "lstmsequence",
    "matmul",
    "maximum",
    "maxpool",
    "minimum",
    "mish",
    "mod",
    "multiply",
    "mvn",
    "negative",
    "normalizel2",
    "notequal",
    "pad",
    "parameter",
    "power",
    "prelu",
    "range",
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
    "rnncell",
    "rnnsequence",
    "round",
    "select",
    "selu",
    "shapeof",
    "shufflechannels",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
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
    "tan",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "unsqueeze",
    "variadicsplit",
];

/// Those that are left out, sorted, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("batchtospace", SIZES),
    ("bucketize", UNKNOWN),
    ("col2im", SIZES),
    ("ctcgreedydecoder", INDICES),
    ("ctcgreedydecoderseqlen", INDICES),
    ("ctcloss", INDICES),
    ("cumsum", UNKNOWN),
    ("deformableconvolution", INDICES),
    ("deformablepsroipooling", INDICES),
    ("detectionoutput", INDICES),
    ("einsum", UNKNOWN),
    ("embeddingbagoffsets", INDICES),
    ("embeddingbagoffsetssum", INDICES),
    ("embeddingbagpacked", INDICES),
    ("embeddingbagpackedsum", INDICES),
    ("embeddingsegmentssum", INDICES),
    ("eye", SIZES),
    ("gatherelements", INDICES),
    ("gathernd", "with an index out of range it ends the process"),
    ("gathertree", INDICES),
    ("gridsample", INDICES),
    ("loop", LOOPS),
    ("matrixnms", INDICES),
    ("multiclassnms", INDICES),
    ("multinomial", SIZES),
    ("nonmaxsuppression", INDICES),
    ("nonzero", SIZES),
    ("onehot", SIZES),
    ("priorbox", SIZES),
    ("priorboxclustered", SIZES),
    ("proposal", INDICES),
    ("psroipooling", "it reads and writes beyond its memory"),
    ("randomuniform", SIZES),
    ("regionyolo", "it reads and writes beyond its memory"),
    ("reorgyolo", SIZES),
    ("reverse", INDICES),
    ("reversesequence", INDICES),
    ("roialign", INDICES),
    ("roipooling", INDICES),
    ("roll", INDICES),
    ("scaleddotproductattention", UNKNOWN),
    ("scatterelementsupdate", INDICES),
    ("scatterndupdate", INDICES),
    ("scatterupdate", INDICES),
    ("searchsorted", UNKNOWN),
    ("spacetobatch", SIZES),
    ("tensoriterator", LOOPS),
    ("unique", SIZES),
];

const INDICES: &str = "values of its inputs are places in others, which OpenVINO may not check";
const SIZES: &str = "values of its inputs are sizes, which nothing bounds";
const LOOPS: &str = "nothing cancels a loop, which can go on for ever";
const UNKNOWN: &str = "nobody has looked yet at what OpenVINO makes of odd inputs and attributes of it";

/// Checks that an operator may be in a guest's model, and says why not. `kind` is its type in lower case, and `set` names
/// the operator set that it is from, of which only the public ones have these operators.
pub(super) fn check(kind: &str, set: &str) -> Result<(), &'static str> {
    let number = set.strip_prefix("opset").unwrap_or_default();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it is from no public set of operators");
    }
    if COMMON.binary_search(&kind).is_ok() {
        return Ok(());
    }
    let reason = LEFT_OUT.binary_search_by_key(&kind, |(left_out, _)| *left_out).ok();
    Err(reason.and_then(|place| LEFT_OUT.get(place)).map_or(UNKNOWN, |(_, reason)| *reason))
}

#[cfg(test)]
mod tests {
    use super::{COMMON, LEFT_OUT, LOOPS, UNKNOWN, check};

    #[test]
    fn the_lists_are_in_order_and_apart() {
        assert!(COMMON.is_sorted() && LEFT_OUT.is_sorted_by_key(|(kind, _)| *kind));
        assert!(COMMON.iter().all(|kind| check(kind, "opset1").is_ok()));
        assert!(LEFT_OUT.iter().all(|(kind, reason)| check(kind, "opset1") == Err(*reason)));
    }

    #[test]
    fn other_operators_and_other_sets_are_none_of_it() {
        for kind in ["", "Add", "unheard"] {
            assert_eq!(check(kind, "opset1"), Err(UNKNOWN), "{kind}");
        }
        assert_eq!(check("loop", "opset5"), Err(LOOPS));
        for set in ["opset", "extension", "cpu_plugin_opset", "opset1x", ""] {
            assert!(check("add", set).is_err(), "{set}");
        }
    }
}
