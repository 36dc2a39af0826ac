//! `cargo xtask guests`: builds `guests/c/*.c` and `guests/zig/*.zig` to the modules beside them, or checks that they are
//! fresh.
//!
//! The modules are committed, so that tests need no compiler; the check rebuilds each and compares the bytes, so that a
//! module can be trusted to be what its source says. One header is made too, of data that belongs to a model.

use crate::oracle::Oracle;
use crate::{project, tools};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Cmd, Shell, cmd};

/// The languages of sources, each the extension of its files and the name of their folder.
const LANGUAGES: &[&str] = &["c", "zig"];

/// Small, without names or paths: the same bytes on every machine.
const C: &[&str] = &["--target=wasm32-wasi", "-Os", "-s", "-std=gnu17", "-Wall", "-Wextra", "-Werror"];
const ZIG_ITSELF: &[&str] = &["-target", "wasm32-wasi", "-O", "ReleaseSmall", "-fstrip"];

/// The header that a script makes of what the package `magika` knows about its model.
const MADE_HEADER: &str = "magika_types.h";

/// Builds every guest in place.
pub(crate) fn build() -> Result<()> {
    let shell = project::shell()?;
    if let Some(header) = made_header(&shell)? {
        shell.write_file(folder("c").join(MADE_HEADER), header)?;
    }
    let Some(zig) = tools::program(&shell, "ziglang", "ziglang/zig")? else { return Ok(()) };
    for language in LANGUAGES {
        for name in names(language, language)? {
            let module = compile(&shell, &zig, language, &name)?;
            fs::copy(&module, folder(language).join(&name).with_extension("wasm"))?;
            println!("guests/{language}/{name}.wasm: {} bytes", fs::metadata(&module)?.len());
        }
    }
    Ok(())
}

/// Rebuilds every guest elsewhere and compares it with the committed module.
pub(crate) fn check() -> Result<()> {
    let shell = project::shell()?;
    for language in LANGUAGES {
        let sources = names(language, language)?;
        if let Some(orphan) = names(language, "wasm")?.iter().find(|name| !sources.contains(name)) {
            bail!(
                "guests/{language}/{orphan}.wasm has no source; remove it, or add guests/{language}/{orphan}.{language}"
            );
        }
    }
    if let Some(header) = made_header(&shell)?
        && fs::read_to_string(folder("c").join(MADE_HEADER)).ok() != Some(header)
    {
        bail!("guests/c/{MADE_HEADER} is stale; run `cargo xtask guests` and commit the result");
    }
    let Some(zig) = tools::program(&shell, "ziglang", "ziglang/zig")? else { return Ok(()) };
    let (mut stale, mut fresh) = (Vec::new(), 0);
    for language in LANGUAGES {
        for name in names(language, language)? {
            let module = compile(&shell, &zig, language, &name)?;
            match fs::read(folder(language).join(&name).with_extension("wasm")).ok() {
                committed if committed == Some(fs::read(&module)?) => fresh += 1,
                _ => stale.push(format!("guests/{language}/{name}.wasm")),
            }
        }
    }
    if !stale.is_empty() {
        bail!(
            "{} not what the source builds to; run `cargo xtask guests` and commit the result",
            stale.join(", ")
        );
    }
    println!("guests: {fresh} modules match their sources");
    Ok(())
}

fn folder(language: &str) -> PathBuf {
    project::root().join("guests").join(language)
}

/// What [`MADE_HEADER`] is to hold, where the package can be had.
fn made_header(shell: &Shell) -> Result<Option<String>> {
    let Some(oracle) = Oracle::fetch(shell)? else { return Ok(None) };
    Ok(Some(oracle.run(shell, "guests/magika_types.py", &[])? + "\n"))
}

/// Builds a guest in the target folder.
fn compile(shell: &Shell, zig: &Path, language: &str, name: &str) -> Result<PathBuf> {
    let modules = project::target().join("guests").join(language);
    shell.create_dir(&modules)?;
    let module = modules.join(name).with_extension("wasm");
    // The source is named relative to its folder, so that no message in a guest holds a path of this machine.
    let _here = shell.push_dir(folder(language));
    let _global = shell.push_env("ZIG_GLOBAL_CACHE_DIR", project::target().join("zig-cache"));
    let _local = shell.push_env("ZIG_LOCAL_CACHE_DIR", project::target().join("zig-cache"));
    command(shell, zig, language, name, &module)
        .quiet()
        .run()
        .with_context(|| format!("guests/{language}/{name}.{language} does not build"))?;
    Ok(module)
}

fn command<'a>(shell: &'a Shell, zig: &Path, language: &str, name: &str, module: &Path) -> Cmd<'a> {
    if language == "c" {
        return cmd!(shell, "{zig} cc {C...} -o {module} {name}.c");
    }
    let mut emit = std::ffi::OsString::from("-femit-bin=");
    emit.push(module);
    cmd!(shell, "{zig} build-exe {name}.zig {ZIG_ITSELF...} {emit}")
}

/// The names, without their extension, of the files of one kind, sorted.
fn names(language: &str, extension: &str) -> Result<Vec<String>> {
    let (folder, mut names) = (folder(language), Vec::new());
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
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
