//! The limits on what all guests of a process may use together.

/// Bounds on what the guests of one registry use together, beside what each of them may for itself.
///
/// All are finite by default. A guest that reaches one gets an errno, and may try again later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessLimits {
    /// Computations at a time; beyond it `compute` gives `busy`.
    ///
    /// Each has a guest's thread, and a backend may use all processors for each, so more only wait for each
    /// other. 64 leave none idle on common servers.
    pub max_computations: u32,
    /// Loads of guests' models at a time, abandoned ones included; beyond it `load` gives `busy`. The host's graphs
    /// have as many places of their own, for the first `load_by_name` of each, which no guest's model can take.
    ///
    /// Compiling takes all processors and several times the model's size. 8 let small models pass beside a
    /// large one.
    pub max_loads: u32,
    /// Bytes of models that guests brought and that are alive, with what backends hold for them; beyond it `load` gives
    /// `busy`, and `too_large` if the model exceeds the limit by itself. Equal models count once.
    ///
    /// 4 GiB are what one guest of 32 bits can address, and a compiled model is about as large again as its bytes.
    pub max_guest_model_bytes: u64,
}

wasi_policy::limit_setters!(ProcessLimits {
    max_computations: u32,
    max_loads: u32,
    max_guest_model_bytes: u64,
});

impl Default for ProcessLimits {
    fn default() -> Self {
        ProcessLimits { max_computations: 64, max_loads: 8, max_guest_model_bytes: 4 << 30 }
    }
}
