//! `cargo xtask guests`: builds `guests/c/*.c` to the modules beside them, or checks that they are fresh.
//!
//! The modules are committed, so that tests need no C compiler; the check rebuilds each and compares the bytes, so
//! that a module can be trusted to be what its source says. One header is made too, of data that belongs to a model.

use crate::oracle::Oracle;
use crate::packages::ZIG;
use crate::{project, setup};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// Small, without names or paths: the same bytes on every machine.
const FLAGS: &[&str] = &["--target=wasm32-wasi", "-Os", "-s", "-std=gnu17", "-Wall", "-Wextra", "-Werror"];

/// The header that a script makes of what the package `magika` knows about its model.
const MADE_HEADER: &str = "magika_types.h";

/// Builds every guest in place.
pub(crate) fn build() -> Result<()> {
    let shell = project::shell()?;
    let folder = folder();
    if let Some(header) = made_header(&shell)? {
        shell.write_file(folder.join(MADE_HEADER), header)?;
    }
    let Some(zig) = compiler(&shell)? else { return Ok(()) };
    for name in names(&folder, "c")? {
        let module = folder.join(&name).with_extension("wasm");
        compile(&shell, &zig, &name, &module)?;
        println!("guests/c/{name}.wasm: {} bytes", fs::metadata(&module)?.len());
    }
    Ok(())
}

/// Rebuilds every guest elsewhere and compares it with the committed module.
pub(crate) fn check() -> Result<()> {
    let shell = project::shell()?;
    let folder = folder();
    let (sources, modules) = (names(&folder, "c")?, names(&folder, "wasm")?);
    if let Some(orphan) = modules.iter().find(|name| !sources.contains(name)) {
        bail!("guests/c/{orphan}.wasm has no source; remove it, or add guests/c/{orphan}.c");
    }
    if let Some(header) = made_header(&shell)?
        && fs::read_to_string(folder.join(MADE_HEADER)).ok() != Some(header)
    {
        bail!("guests/c/{MADE_HEADER} is stale; run `cargo xtask guests` and commit the result");
    }
    let Some(zig) = compiler(&shell)? else { return Ok(()) };
    let fresh_folder = project::target().join("guests");
    shell.create_dir(&fresh_folder)?;
    let mut stale = Vec::new();
    for name in &sources {
        let fresh = fresh_folder.join(name).with_extension("wasm");
        compile(&shell, &zig, name, &fresh)?;
        if fs::read(folder.join(name).with_extension("wasm")).ok() != Some(fs::read(&fresh)?) {
            stale.push(format!("guests/c/{name}.wasm"));
        }
    }
    if !stale.is_empty() {
        bail!(
            "{} not what the source builds to; run `cargo xtask guests` and commit the result",
            stale.join(", ")
        );
    }
    println!("guests: {} modules match their sources", sources.len());
    Ok(())
}

fn folder() -> PathBuf {
    project::root().join("guests").join("c")
}

/// What [`MADE_HEADER`] is to hold, where the package can be had.
fn made_header(shell: &Shell) -> Result<Option<String>> {
    let Some(oracle) = Oracle::fetch(shell)? else { return Ok(None) };
    Ok(Some(oracle.run(shell, "guests/magika_types.py", &[])? + "\n"))
}

/// The compiler's path, fetched on first use.
fn compiler(shell: &Shell) -> Result<Option<PathBuf>> {
    let Some(package) = setup::fetch(shell, &ZIG)? else { return Ok(None) };
    let zig = package.join("ziglang").join(format!("zig{}", std::env::consts::EXE_SUFFIX));
    setup::make_executable(&zig)?;
    Ok(Some(zig))
}

fn compile(shell: &Shell, zig: &Path, name: &str, module: &Path) -> Result<()> {
    // The source is named relative to its folder, so that no message in a guest holds a path of this machine.
    let _here = shell.push_dir(folder());
    let _global = shell.push_env("ZIG_GLOBAL_CACHE_DIR", project::target().join("zig-cache"));
    let _local = shell.push_env("ZIG_LOCAL_CACHE_DIR", project::target().join("zig-cache"));
    cmd!(shell, "{zig} cc {FLAGS...} -o {module} {name}.c")
        .quiet()
        .run()
        .with_context(|| format!("guests/c/{name}.c does not build"))
}

/// The names, without their extension, of the files of one kind, sorted.
fn names(folder: &Path, extension: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension)
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
