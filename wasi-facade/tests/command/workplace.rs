//! A directory of its own for each test, and the command run in it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Both engines of the command, as flags.
pub(crate) const ENGINES: [&str; 2] = ["--engine=wasmtime", "--engine=wasmi"];

/// The exit code for a trap: that of a process that C's `abort` ended.
pub(crate) const TRAPPED: i32 = if cfg!(windows) { 3 } else { 134 };

/// Why inference is not linked without a flag here, and the way out.
pub(crate) const NN_IS_OFF: &str = if cfg!(target_os = "linux") {
    "the proposal `nn` is off: it asks for a flag, more strictly than stage 2 demands; allow it with `-S nn`"
} else if cfg!(windows) {
    "the proposal `nn` is off: it compiles for Windows and its tests have not run there, and so it needs a flag; allow it \
     with `-S nn`"
} else {
    "the proposal `nn` is off: it compiles for macOS and its tests have not run there, and so it needs a flag; allow it \
     with `-S nn`"
};

/// A directory with modules in it, and a cache elsewhere, since guests may write the directory.
pub(crate) struct Workplace {
    dir: TempDir,
    caches: TempDir,
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Workplace { dir: tempfile::tempdir().unwrap(), caches: tempfile::tempdir().unwrap() }
    }

    /// A workplace with one module, `guest.wat`.
    pub(crate) fn with(wat: &str) -> Self {
        let place = Workplace::new();
        place.write("guest.wat", wat);
        place
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The directory of caches.
    pub(crate) fn caches(&self) -> PathBuf {
        self.caches.path().join("caches")
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    /// The command with arguments separated by spaces, in this directory and with nothing of this machine's.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasi"));
        command.args(args.split_whitespace()).current_dir(self.dir.path());
        command.env_clear().env("XDG_CACHE_HOME", self.caches()).stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn wasi(&self, args: &str) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }
}

/// How a command ends whose guest has said `on`, if something is done then to the process of this number.
pub(crate) fn pressed(command: &mut Command, press: impl FnOnce(u32)) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = [0; 3];
    child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"on\n");
    press(child.id());
    // Its input stays open all the while.
    let stdin = child.stdin.take();
    let ended = child.wait_with_output().unwrap();
    drop(stdin);
    ended
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Asserts an exit code, and that nothing was complained about.
    #[track_caller]
    pub(crate) fn quiet(self, code: i32) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(code), ""));
        self.stdout
    }

    /// Asserts the exit code of a guest of which a call for inference failed, and one line that says why, with `part`.
    #[track_caller]
    pub(crate) fn notes(self, code: i32, part: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        let begins = self.stderr.starts_with("wasi: note: the guest's last failed call of wasi-nn: ");
        assert!(begins && self.stderr.lines().count() == 1, "{}", self.stderr);
        assert!(self.stderr.contains(part), "{}", self.stderr);
    }

    /// Asserts an exit code and what is said: one line that begins with the command's name.
    #[track_caller]
    pub(crate) fn complains(self, code: i32, message: &str) {
        let expected = format!("wasi: {message}\n");
        assert_eq!(
            (self.code, self.stderr.as_str(), self.stdout.as_str()),
            (Some(code), expected.as_str(), "")
        );
    }

    /// Asserts that the command line was refused with words that contain `part`.
    #[track_caller]
    pub(crate) fn misused(self, part: &str) {
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        assert!(self.stderr.contains(part), "{}", self.stderr);
        assert_eq!(self.stdout, "");
    }
}
