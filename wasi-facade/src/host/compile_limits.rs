//! The bounds of what compiling a module may cost.

/// What a module may ask of a compiler.
///
/// Compilers take time and memory that follow from a few counts of a module, and not from its size: 11 KB of blocks
/// with a thousand parameters each took a compiler 14 GB. One look over the code adds these counts up before
/// anything is compiled, at about a hundredth of what compiling costs.
///
/// The defaults are several times what the largest known programs have: the C and C++ compilers of GCC, CPython, and
/// Yosys with 69 MB. What they leave to a hostile module is in `SECURITY.md`.
///
/// ```
/// # #[cfg(any(feature = "wasmtime", feature = "wasmi"))] {
/// use wasi_facade::{CompileLimits, Host};
///
/// let host = Host::new().compile_limits(CompileLimits::default().max_module_bytes(1 << 20));
/// # let _ = host;
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// The size of a module, in bytes. By default 256 MiB; the largest known program has 69 MB.
    pub max_module_bytes: usize,
    /// The size of the code of one function, in bytes. Compilers hold functions one by one, and take some hundred
    /// bytes of memory for a byte of code. By default 2 MiB; the largest known one has 442 KB.
    pub max_function_bytes: usize,
    /// How many values the instructions of one function take and give, all together: operands and results, those for
    /// each entry of a branch table, and four for each handler that a call could throw to. By default 2 million; the
    /// largest known function has 1.3 million, for its handlers, and others 250,000.
    pub max_function_values: u64,
    /// How many of these values go along control flow: parameters and results of blocks, and of branches to them; and
    /// 64 for each loop and each instruction that calls the engine. Wasmtime takes two kilobytes for each. By default 256
    /// thousand; the largest known function has 31,000.
    pub max_function_passed: u64,
    /// How many values can be alive where the control flow of one function branches or meets, all such places
    /// together: its locals and its operands, at each. By default 64 million; the largest known function has
    /// 15 million.
    pub max_function_live: u64,
    /// [`max_function_values`](Self::max_function_values), of all functions together. By default 256 million; the
    /// largest known program has 28 million.
    pub max_module_values: u64,
    /// [`max_function_passed`](Self::max_function_passed), of all functions together. By default 16 million; the
    /// largest known program has 7 million.
    pub max_module_passed: u64,
    /// [`max_function_live`](Self::max_function_live), of all functions together. By default 1 billion; the largest
    /// known program has 170 million.
    pub max_module_live: u64,
}

wasi_policy::limit_setters!(CompileLimits {
    max_module_bytes: usize,
    max_function_bytes: usize,
    max_function_values: u64,
    max_function_passed: u64,
    max_function_live: u64,
    max_module_values: u64,
    max_module_passed: u64,
    max_module_live: u64,
});

impl Default for CompileLimits {
    fn default() -> Self {
        CompileLimits {
            max_module_bytes: 256 << 20,
            max_function_bytes: 2 << 20,
            max_function_values: 2 << 20,
            max_function_passed: 256 << 10,
            max_function_live: 64 << 20,
            max_module_values: 256 << 20,
            max_module_passed: 16 << 20,
            max_module_live: 1 << 30,
        }
    }
}

impl CompileLimits {
    /// No bounds but those of the format: for modules that you trust.
    #[must_use]
    pub fn unlimited() -> Self {
        CompileLimits {
            max_module_bytes: usize::MAX,
            max_function_bytes: usize::MAX,
            max_function_values: u64::MAX,
            max_function_passed: u64::MAX,
            max_function_live: u64::MAX,
            max_module_values: u64::MAX,
            max_module_passed: u64::MAX,
            max_module_live: u64::MAX,
        }
    }
}
