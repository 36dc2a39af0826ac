//! Guest programs in the text format, generated around the call that is measured.

use std::fmt::Write;

/// Where guests keep a path.
pub(crate) const PATH: u32 = 512;
/// Where guests have the number of a descriptor written to.
pub(crate) const OPENED: u32 = 256;
/// Where guests have other results written to.
pub(crate) const RESULT: u32 = 264;
/// Where guests keep what they transfer; it has room for 128 KiB.
pub(crate) const BUFFER: u32 = 4096;

/// The functions that guests use, with their types. A guest imports those that it mentions.
const IMPORTS: [(&str, &str); 19] = [
    ("args_sizes_get", "(param i32 i32) (result i32)"),
    ("clock_time_get", "(param i32 i64 i32) (result i32)"),
    ("fd_close", "(param i32) (result i32)"),
    ("fd_fdstat_get", "(param i32 i32) (result i32)"),
    ("fd_filestat_get", "(param i32 i32) (result i32)"),
    ("fd_pread", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_prestat_get", "(param i32 i32) (result i32)"),
    ("fd_pwrite", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_readdir", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_seek", "(param i32 i64 i32 i32) (result i32)"),
    ("fd_tell", "(param i32 i32) (result i32)"),
    ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
    ("path_filestat_get", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)"),
    ("path_unlink_file", "(param i32 i32 i32) (result i32)"),
    ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"),
    ("random_get", "(param i32 i32) (result i32)"),
    ("sched_yield", "(result i32)"),
];

/// A program under construction. Its `run(n)` makes a call `n` times and gives the errnos or-ed together,
/// so that the loop is the guest's own and a call that fails does not go unnoticed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guest {
    data: String,
    setup: String,
    functions: String,
    call: String,
}

impl Guest {
    /// A program that measures `call`, an expression that gives an errno.
    pub(crate) fn new(call: impl Into<String>) -> Self {
        Guest { call: call.into(), ..Guest::default() }
    }

    /// Makes another call after those that there are.
    pub(crate) fn then(mut self, call: &str) -> Self {
        self.call = sequence(&[&self.call, call]);
        self
    }

    /// Puts bytes into memory.
    pub(crate) fn bytes(mut self, at: u32, bytes: &[u8]) -> Self {
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(self.data, "(data (i32.const {at}) \"{escaped}\")").expect("strings take everything");
        self
    }

    /// Puts 32-bit words into memory.
    pub(crate) fn words(self, at: u32, words: &[u32]) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.bytes(at, &bytes)
    }

    /// Puts the path into memory that [`open`] and others use.
    pub(crate) fn path(self, path: &str) -> Self {
        self.bytes(PATH, path.as_bytes())
    }

    /// Opens the file `path` for reading and writing before anything is measured, as the global `$fd`.
    pub(crate) fn opens(self, path: &str) -> Self {
        self.set_up(path, 0, READ | WRITE | SEEK | TELL)
    }

    /// Opens the directory `path` for listing before anything is measured, as the global `$fd`.
    pub(crate) fn opens_directory(self, path: &str) -> Self {
        self.set_up(path, DIRECTORY, READDIR)
    }

    fn set_up(mut self, path: &str, oflags: u32, rights: u64) -> Self {
        write!(
            self.setup,
            "(local.set $errno {})
             (global.set $fd (i32.load (i32.const {OPENED})))",
            open(path, oflags, rights)
        )
        .expect("strings take everything");
        self.path(path)
    }

    /// Adds a function that the call needs.
    pub(crate) fn function(mut self, function: &str) -> Self {
        self.functions.push_str(function);
        self
    }

    /// The program in the binary format.
    pub(crate) fn module(&self) -> Vec<u8> {
        let Guest { data, setup, functions, call } = self;
        let mut imports = String::new();
        for (name, ty) in IMPORTS {
            let mentioned = [setup, functions, call]
                .iter()
                .any(|code| code.contains(&format!("${name} ")) || code.contains(&format!("${name})")));
            if mentioned {
                writeln!(imports, "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))")
                    .expect("strings take everything");
            }
        }
        let wat = format!(
            r#"(module
              {imports}
              (memory (export "memory") 4)
              {data}
              (global $fd (mut i32) (i32.const -1))
              {functions}
              (func (export "setup") (result i32) (local $errno i32)
                {setup}
                (local.get $errno))
              (func (export "run") (param $n i64) (result i32) (local $errno i32)
                (loop $again
                  (local.set $errno (i32.or (local.get $errno) {call}))
                  (local.set $n (i64.sub (local.get $n) (i64.const 1)))
                  (br_if $again (i64.ne (local.get $n) (i64.const 0))))
                (local.get $errno)))"#
        );
        wat::parse_str(&wat).unwrap_or_else(|error| panic!("{error}\n{wat}"))
    }
}

pub(crate) const READ: u64 = 1 << 1;
const SEEK: u64 = 1 << 2;
const TELL: u64 = 1 << 5;
pub(crate) const WRITE: u64 = 1 << 6;
const READDIR: u64 = 1 << 14;

/// The flag of `path_open` that wants a directory.
const DIRECTORY: u32 = 2;

/// The flags of `path_open` that create a file which is not there.
pub(crate) const CREATE_NEW: u32 = 1 | 4;

/// A call that opens `path`, below the first preopened directory, and writes the number at [`OPENED`].
pub(crate) fn open(path: &str, oflags: u32, rights: u64) -> String {
    format!(
        "(call $path_open (i32.const 3) (i32.const 0) (i32.const {PATH}) (i32.const {}) (i32.const {oflags})
           (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const {OPENED}))",
        path.len()
    )
}

/// A call that closes what [`open`] opened.
pub(crate) const CLOSE: &str = "(call $fd_close (i32.load (i32.const 256)))";

/// Several calls, one after the other.
pub(crate) fn sequence(calls: &[&str]) -> String {
    match calls {
        [] => String::from("(i32.const 0)"),
        [first, rest @ ..] => format!("(i32.or {first} {})", sequence(rest)),
    }
}
