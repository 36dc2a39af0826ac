//! Tests of the search for the library: found, absent, installed later, and no such library.

use crate::support::{CPU, libs, load, onnx};
use backend_tests::search::{self, link};
use nn_models::{Element, models};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use test_support::copy::{command, mode, run};
use wasi_nn::backend::Backend;
use wasi_nn::{Control, ErrorKind};
use wasi_nn_onnxruntime::OnnxRuntime;

/// The variables that are searched for this library alone.
const VARIABLES: &[&str] = &["WASI_NN_ONNXRUNTIME", "ONNXRUNTIME_ROOT", "ORT_ROOT"];

#[test]
fn a_library_that_is_absent_is_an_error_that_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("nowhere");
    let backend = OnnxRuntime::builder().library(&place).build().unwrap();
    for _ in 0..2 {
        let error = load(&backend, onnx(models::scalar().onnx())).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().starts_with("ONNX Runtime is absent; install it"), "{error}");
        assert!(error.to_string().contains(&format!("tried {}", place.display())), "{error}");
    }
    let backend = OnnxRuntime::builder().build().unwrap();
    let error = load(&backend, onnx(models::scalar().onnx())).err().unwrap().to_string();
    assert!(error.contains("nothing was searched"), "{error}");
    assert!(backend.relies_on().is_empty() && backend.prepare().is_err());
}

#[test]
fn what_is_installed_later_is_found() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("capi");
    let backend = OnnxRuntime::builder().library(&place).build().unwrap();
    assert!(load(&backend, onnx(models::scalar().onnx())).is_err());
    link(&libs, &place);
    load(&backend, onnx(models::scalar().onnx())).unwrap();
    backend.prepare().unwrap();
    assert_eq!(backend.relies_on().len(), 2);
}

/// What a process says that searches its environment, of which only `prepare` has set something.
fn searched(prepare: impl FnOnce(&mut Command) -> &mut Command) -> String {
    search::searched("absence::search_of_the_environment", VARIABLES, prepare)
}

/// Does the search that [`searched`] prepares.
#[test]
fn search_of_the_environment() {
    if mode().is_none() {
        return;
    }
    let backend = OnnxRuntime::builder().search_environment(true).build().unwrap();
    let model = onnx(models::double(Element::F32).onnx());
    match backend.load(model, &CPU, &Control::unbounded()) {
        Ok(graph) => search::say(&format!("runs on {}", graph.device())),
        Err(error) => search::say(&error.to_string()),
    }
}

fn file_named(folder: &std::path::Path, part: &str) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.into_iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(part)))
}

#[test]
fn the_variable_names_a_folder_or_a_file() {
    let Some(libs) = libs() else { return };
    assert_eq!(searched(|command| command.env("WASI_NN_ONNXRUNTIME", &libs)), "runs on CPU");
    let file = file_named(&libs, "onnxruntime.").unwrap();
    assert_eq!(searched(|command| command.env("WASI_NN_ONNXRUNTIME", file)), "runs on CPU");
    // It is meant, so nothing else is tried.
    let said = searched(|command| command.env("WASI_NN_ONNXRUNTIME", "/none").env("PYTHONPATH", &libs));
    assert!(said.ends_with("tried $WASI_NN_ONNXRUNTIME, /none"), "{said}");
}

#[test]
fn the_wheel_is_found_where_python_has_it_and_an_archive_where_it_was_unpacked() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("lib/python3.12/site-packages");
    link(&libs, &packages.join("onnxruntime/capi"));
    assert_eq!(searched(|command| command.env("VIRTUAL_ENV", dir.path())), "runs on CPU");
    assert_eq!(searched(|command| command.env("PATH", dir.path().join("bin"))), "runs on CPU");
    assert_eq!(searched(|command| command.env("PYTHONPATH", &packages)), "runs on CPU");
    let archive = dir.path().join("onnxruntime-linux-x64-1.32.0");
    link(&libs, &archive.join("lib"));
    assert_eq!(searched(|command| command.env("ORT_ROOT", archive)), "runs on CPU");
}

#[test]
fn what_is_not_onnx_runtime_is_refused() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text");
    fs::write(&text, "not a library").unwrap();
    let said = searched(|command| command.env("WASI_NN_ONNXRUNTIME", text));
    assert!(said.starts_with("cannot load ONNX Runtime from"), "{said}");
    let other = file_named(&libs, "onnxruntime_providers_shared").unwrap();
    let said = searched(|command| command.env("WASI_NN_ONNXRUNTIME", other));
    assert!(said.contains("it is another library"), "{said}");
}

#[test]
fn a_process_has_one_library() {
    let Some(libs) = libs() else { return };
    let said = run(&mut command("absence::two_libraries", libs.to_str().unwrap()));
    assert!(said.contains("the process has loaded"), "{said}");
}

/// Does what [`a_process_has_one_library`] asks for.
#[test]
fn two_libraries() {
    let Some(libs) = mode() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (OnnxRuntime::builder().library(&libs).build(), dir.path().join("other.so"));
    load(&first.unwrap(), onnx(models::scalar().onnx())).unwrap();
    fs::write(&second, "").unwrap();
    let second = OnnxRuntime::builder().library(second).build().unwrap();
    println!("{}", load(&second, onnx(models::scalar().onnx())).err().unwrap());
}
