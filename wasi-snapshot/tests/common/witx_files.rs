//! The published witx, as it ships in the package of a peer.

use std::path::{Path, PathBuf};
use std::process::Command;
use witx::Document;

/// Both modules: `wasi_snapshot_preview1` and `wasi_unstable`.
pub(crate) struct Published {
    pub(crate) preview1: Document,
    pub(crate) unstable: Document,
}

/// The published files; `None`, with a word about it, where the package is missing. With `CI` set it must
/// not be.
pub(crate) fn published() -> Option<Published> {
    match find() {
        Ok(package) => Some(Published {
            preview1: load(&package.join("witx/p1/wasi_snapshot_preview1.witx")),
            unstable: load(&package.join("witx/p0/wasi_unstable.witx")),
        }),
        Err(reason) => {
            assert!(std::env::var_os("CI").is_none(), "no witx to compare with: {reason}");
            eprintln!("skipped, for want of a witx to compare with: {reason}");
            None
        }
    }
}

fn load(path: &Path) -> Document {
    witx::load(&[path]).unwrap_or_else(|error| panic!("{}: {}", path.display(), error.report()))
}

/// Where Cargo keeps the package of the peer that the benches compare with. Nothing is downloaded.
fn find() -> Result<PathBuf, String> {
    let host = run(Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let metadata = run(Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            "--all-features",
            "--filter-platform",
            host,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR")))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("no packages in the metadata")?;
    let package = packages.iter().find(|package| package["name"] == "wasmtime-wasi");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or("no package of the workspace depends on wasmtime-wasi")?;
    Ok(Path::new(manifest).with_file_name(""))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
