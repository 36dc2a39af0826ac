//! The operators of the engine, by domain and name. The engine itself knows them by name alone, and takes an operator of
//! another domain for ONNX's of that name.

use crate::load::guarded;
use crate::load::rewrite::is_onnx;
use tract_onnx::pb::NodeProto;

/// Operators of `ai.onnx.ml` that the engine has.
const ML: [&str; 7] = [
    "ArrayFeatureExtractor",
    "CategoryMapper",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
];

/// Operators of `com.microsoft` that the engine has.
const MICROSOFT: [&str; 11] = [
    "BiasGelu",
    "FastGelu",
    "GatherBlockQuantized",
    "Gelu",
    "GroupQueryAttention",
    "MatMulNBits",
    "MultiHeadAttention",
    "QuickGelu",
    "RotaryEmbedding",
    "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
];

/// Operators of ONNX's own domain that the engine lacks, and that are computed by others.
const REWRITTEN: [&str; 4] = ["LpPool", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss", "Upsample"];

/// Whether a node can be computed.
pub(crate) fn has(node: &NodeProto) -> bool {
    let name = node.op_type.as_str();
    let in_domain = match node.domain.as_str() {
        "ai.onnx.ml" => ML.contains(&name),
        "com.microsoft" => MICROSOFT.contains(&name),
        // ONNX Runtime has `SimplifiedLayerNormalization` here, though ONNX does not.
        domain => {
            is_onnx(domain)
                && (!ML.contains(&name))
                && (!MICROSOFT.contains(&name) || name == "Gelu" || name == "RotaryEmbedding")
        }
    };
    in_domain && (guarded::is_known(name) || (is_onnx(&node.domain) && REWRITTEN.contains(&name)))
}
