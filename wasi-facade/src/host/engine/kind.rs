//! The engines that are compiled in, by name.

use std::fmt;

/// What compiles and runs modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Wasmtime, which compiles to native code.
    #[cfg(feature = "wasmtime")]
    Wasmtime,
    /// wasmi, which interprets: it starts sooner, runs slower, and works where native code is not allowed.
    #[cfg(feature = "wasmi")]
    Wasmi,
}

impl Engine {
    /// The engines that are compiled in, the default one first.
    pub const ALL: &[Engine] = &[
        #[cfg(feature = "wasmtime")]
        Engine::Wasmtime,
        #[cfg(feature = "wasmi")]
        Engine::Wasmi,
    ];

    /// The call stack of a guest when the host was not told another size, in bytes.
    pub const DEFAULT_STACK: usize = 512 << 10;

    /// The name that users write.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "wasmtime")]
            Engine::Wasmtime => "wasmtime",
            #[cfg(feature = "wasmi")]
            Engine::Wasmi => "wasmi",
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        #[cfg(feature = "wasmtime")]
        return Engine::Wasmtime;
        #[cfg(not(feature = "wasmtime"))]
        return Engine::Wasmi;
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
