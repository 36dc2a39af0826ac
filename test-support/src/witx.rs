//! The published witx, which is the oracle of names, types and numbers; and what a proposal registers, to compare.

use crate::imports;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasi_policy::{Permit, Proposal, ValType};
use witx::{Document, Id, Type, WasmType};

/// The types of a function's parameters, and of its result.
pub type Signature = (Vec<ValType>, Option<ValType>);

/// The witx of preview 1 and of its forerunner, `wasi_snapshot_preview1` and `wasi_unstable`.
pub struct Published {
    /// `wasi_snapshot_preview1`
    pub preview1: Document,
    /// `wasi_unstable`
    pub unstable: Document,
}

/// The published files, as they ship in the package of a peer; `None`, with a word about it, where the package is
/// missing. With `CI` set it must not be.
#[must_use]
pub fn published() -> Option<Published> {
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

/// Reads one file.
#[must_use]
pub fn load(path: &Path) -> Document {
    witx::load(&[path]).unwrap_or_else(|error| panic!("{}: {}", path.display(), error.report()))
}

/// The functions of one module, by name.
#[must_use]
pub fn functions(document: &Document, module: &str) -> BTreeMap<String, Signature> {
    let module = document.module(&Id::new(module)).unwrap();
    let functions = module.funcs().map(|function| {
        let (params, results) = function.wasm_signature();
        assert!(results.len() <= 1);
        let params = params.into_iter().map(value_type).collect();
        (function.name.as_str().to_owned(), (params, results.into_iter().next().map(value_type)))
    });
    functions.collect()
}

fn value_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 => ValType::I32,
        WasmType::I64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// The functions that a proposal registers in one module, by name; each once.
pub fn registered<P: Proposal<Context: 'static>>(
    permit: Permit<P>,
    module: &str,
) -> BTreeMap<String, Signature> {
    let mut functions = BTreeMap::new();
    for import in imports(permit).into_iter().filter(|import| import.module == module) {
        let earlier = functions.insert(import.name.to_owned(), (import.params.to_vec(), import.result));
        assert!(earlier.is_none(), "{} is there twice", import.name);
    }
    functions
}

/// The cases of an enumeration, in the order of their numbers.
#[must_use]
pub fn cases(document: &Document, name: &str) -> Vec<String> {
    let named = document.typename(&Id::new(name)).unwrap_or_else(|| panic!("the witx has no {name}"));
    let Type::Variant(variant) = &**named.type_() else { panic!("{name} is no enumeration") };
    variant.cases.iter().map(|case| case.name.as_str().to_owned()).collect()
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
