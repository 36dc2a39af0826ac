//! The limits on what a guest may make the host spend.

use std::time::Duration;

/// Bounds on the resources of one guest, all finite by default.
///
/// A guest that reaches one gets an errno and goes on; nothing is lost. Bytes are charged before anything is
/// allocated. What guests spend together is bounded by the [registry](crate::Registry).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Graphs that the guest has loaded and not unloaded; more give `busy`.
    ///
    /// Programs load one, and pipelines a few. 64 are more than any published guest needs, and few enough for
    /// native libraries, which keep threads and caches for each.
    pub max_graphs: u32,
    /// Execution contexts that are not finalized; more give `busy`. 256 are four for each graph; most programs
    /// have one for each.
    pub max_contexts: u32,
    /// Loads of the guest's models that go on, those among them that it does not wait for any longer; more give
    /// `busy`.
    ///
    /// A backend is told when nobody waits for a load, and may be deaf for a while. One such load does not keep a
    /// guest from trying another model: 2 are allowed, so at least four guests are needed to take all places of a process.
    pub max_loads: u32,
    /// Bytes of all models that the guest has brought itself and that are still in use, by a handle or by a
    /// context, with what backends hold for them; more give `too_large`. Named graphs are the host's and count nothing.
    ///
    /// The guest must hold a model in its own memory to load it, and 512 MiB is half of what most guests address
    /// without trouble; a compiled model is about as large again. What is larger is better registered by the host under
    /// a name.
    pub max_model_bytes: u64,
    /// Bytes of one tensor; more give `too_large`. 256 MiB are a batch of 400 images of 224 × 224 in `f32`.
    pub max_tensor_bytes: u32,
    /// Bytes of all tensors that the guest's contexts have room for; more give `too_large`.
    ///
    /// Inputs and outputs of a fixed shape count from the time that the context is made, since backends allocate
    /// them then; inputs of an open shape count with the largest tensor that they were ever set to, since
    /// backends keep the room, and outputs of an open shape with what was computed last. At 1 GiB, four tensors of the
    /// greatest size fit.
    pub max_live_tensor_bytes: u64,
    /// Bytes of a graph's name; longer ones give `too_large`. 1,024 are four times what file systems take as a
    /// name.
    pub max_name_len: u32,
    /// Bytes of a configuration that comes with a name; longer ones give `too_large`. It is ignored, so the limit
    /// of 64 KiB only keeps programs honest.
    pub max_config_len: u32,
    /// How long loading a graph may take, and making an execution context of one, for which a backend may load it once more;
    /// then it gives `runtime_error`. `None` is no limit.
    ///
    /// Compiling a large model takes tens of seconds on two cores; a minute is beyond what a guest should wait.
    pub compile_time: Option<Duration>,
    /// How long one computation may take, and a look at an input; then it gives `runtime_error`. `None` is no limit.
    ///
    /// The largest models that hosts serve in one call take seconds; a model with an endless loop takes forever. By
    /// default 30 seconds.
    pub compute_time: Option<Duration>,
}

wasi_policy::limit_setters!(Limits {
    max_graphs: u32,
    max_contexts: u32,
    max_loads: u32,
    max_model_bytes: u64,
    max_tensor_bytes: u32,
    max_live_tensor_bytes: u64,
    max_name_len: u32,
    max_config_len: u32,
    compile_time: Option<Duration>,
    compute_time: Option<Duration>,
});

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_graphs: 64,
            max_contexts: 256,
            max_loads: 2,
            max_model_bytes: 1 << 30,
            max_tensor_bytes: 256 << 20,
            max_live_tensor_bytes: 1 << 30,
            max_name_len: 1024,
            max_config_len: 64 << 10,
            compile_time: Some(Duration::from_secs(60)),
            compute_time: Some(Duration::from_secs(30)),
        }
    }
}
