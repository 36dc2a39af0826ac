//! Tests with reactors that others wrote, on every engine: each is called as its own host in Python calls it.
//!
//! What is expected is what that host gave, run once by hand on Wasmtime 50.0.1 for Python with the same inputs: `wasmjs`
//! 0.0.15.0.2, `pii-shield-wasi` 2.3.1 and `itkwasm` 1.0b201 of the Python index.

mod itk;
mod pii_shield;
mod quickjs;

use std::fs;
use test_support::packages;
use wasi_facade::snapshot::{Captured, Sink, WasiCtxBuilder};
use wasi_facade::{Engine, Host, Program, WasiCtx};

/// Each engine's program of the module `file` of a package; none, with the reason printed, where the package is absent.
fn programs(package: &'static str, file: &str) -> Vec<(Engine, Program)> {
    let Some(folder) = packages::or_skip(packages::folder(package)) else { return Vec::new() };
    let module = fs::read(folder.join(file)).unwrap();
    let compile = |engine| Host::new().engine(engine).interruptible().compile(&module).unwrap();
    Engine::ALL.iter().map(|engine| (*engine, compile(*engine))).collect()
}

/// What a guest wrote.
struct Output {
    stdout: Captured,
    stderr: Captured,
}

impl Output {
    /// A context that captures it.
    fn context(builder: WasiCtxBuilder) -> (WasiCtx, Self) {
        let (out, stdout) = Sink::capture(1 << 16);
        let (err, stderr) = Sink::capture(1 << 16);
        (builder.stdout(out).stderr(err).build().unwrap(), Output { stdout, stderr })
    }

    /// Both streams since the last time.
    fn take(&self) -> (String, String) {
        let text = |captured: &Captured| String::from_utf8(captured.take()).unwrap();
        (text(&self.stdout), text(&self.stderr))
    }
}
