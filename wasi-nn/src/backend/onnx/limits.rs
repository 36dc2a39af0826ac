//! What a model may make the host spend.

/// Bounds on what a model costs, all finite by default.
///
/// They hold for all models, since a mistake of the host's costs as much as an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnnxLimits {
    /// Bytes of one tensor, whether it is an input, an output, or between two operations. 1 GiB is beyond
    /// what models have that fit a guest's 4 GiB of memory.
    pub max_tensor_bytes: u64,
    /// Bytes of all tensors that exist at one time while computing, and of all constants that are made while
    /// loading. 4 GiB is what a guest can address at most.
    pub max_total_bytes: u64,
    /// Sets of input shapes for which a model with open dimensions stays compiled. Each keeps a copy of the
    /// weights in the order that its operations want.
    pub max_shapes: usize,
}

impl Default for OnnxLimits {
    fn default() -> Self {
        OnnxLimits { max_tensor_bytes: 1 << 30, max_total_bytes: 4 << 30, max_shapes: 4 }
    }
}
