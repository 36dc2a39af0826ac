//! The limits of the ONNX backend on memory, nodes, depth, work and shapes, and the estimates that they need.

pub(crate) mod bounds;
pub(crate) mod indices;
pub(crate) mod memory;
pub(crate) mod pool;
pub(crate) mod sizes;
pub(crate) mod work;

/// Bounds on what a model costs, all finite by default.
///
/// What is said of guests' models does not hold for the host's, which are trusted; all else holds for both, since a
/// mistake costs as much as an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnnxLimits {
    /// Bytes of one tensor, whether it is an input, an output, or between two operations. 1 GiB is beyond
    /// what models have that fit a guest's 4 GiB of memory.
    pub max_tensor_bytes: u64,
    /// Bytes of all tensors that exist at one time while computing, and of all constants that are made while
    /// loading. 4 GiB is what a guest can address at most.
    pub max_total_bytes: u64,
    /// Bytes that all loads and computations of the backend, and of its clones, have for tensors at one time; beyond it
    /// they give `busy`. 4 GiB let the largest one run by itself, and 64 of 64 MiB side by side, which is more than
    /// most models take.
    pub max_process_bytes: u64,
    /// Operations of a guest's model, over all its graphs. Language models have some ten thousand; the engine's
    /// time for optimising grows with their square.
    pub max_nodes: u64,
    /// Graphs inside each other in a guest's model, as the branches of an `If`. Exporters nest two or three;
    /// the engine's time for analysing doubles with each, and its stack grows.
    pub max_depth: u32,
    /// Multiplications, or steps that cost as much, in one operation. Nothing can stop an operation that has
    /// started, so this is what a guest can keep a thread busy with after an interrupt: 2^38 take some ten seconds,
    /// and are what multiplying two matrices of 6500 x 6500 takes. An operation that would take much longer than there
    /// is time left is not started in any case.
    pub max_work: u64,
    /// Sets of input shapes for which a model with open dimensions stays compiled; one that leaves the sizes open which
    /// change from request to request is one of them. Each keeps a copy of the weights in the order that its operations
    /// want; of large models fewer stay, so that all copies together have 64 MiB, or there is one.
    pub max_shapes: usize,
}

wasi_nn::limit_setters!(OnnxLimits {
    max_tensor_bytes: u64,
    max_total_bytes: u64,
    max_process_bytes: u64,
    max_nodes: u64,
    max_depth: u32,
    max_work: u64,
    max_shapes: usize,
});

impl Default for OnnxLimits {
    fn default() -> Self {
        OnnxLimits {
            max_tensor_bytes: 1 << 30,
            max_total_bytes: 4 << 30,
            max_process_bytes: 4 << 30,
            max_nodes: 50_000,
            max_depth: 8,
            max_work: 1 << 38,
            max_shapes: 4,
        }
    }
}
