//! Tests of the search for the library: found, absent, and installed later.

use crate::support::{CPU, ir, libs, load};
use backend_tests::search::{self, link};
use nn_models::{Element, models};
use std::fs;
use std::process::Command;
use test_support::copy::{command, mode, run};
use wasi_nn::backend::Backend;
use wasi_nn::{Control, ErrorKind, Origin};
use wasi_nn_openvino::OpenVino;

/// The variables that are searched for this library alone.
const VARIABLES: &[&str] =
    &["WASI_NN_OPENVINO", "OPENVINO_BUILD_DIR", "OPENVINO_INSTALL_DIR", "INTEL_OPENVINO_DIR"];

#[test]
fn a_library_that_is_absent_is_an_error_that_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("nowhere");
    let openvino = OpenVino::builder().library(&place).build().unwrap();
    for _ in 0..2 {
        let error = load(&openvino, ir(models::scalar().ir(), Origin::Host)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains(&format!("tried {}", place.display())), "{error}");
    }
}

#[test]
fn without_a_path_nothing_is_searched() {
    let openvino = OpenVino::builder().build().unwrap();
    let error = load(&openvino, ir(models::scalar().ir(), Origin::Host)).err().unwrap().to_string();
    assert!(error.contains("nothing was searched"), "{error}");
}

#[test]
fn what_is_installed_later_is_found() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("libs");
    let openvino = OpenVino::builder().library(&place).build().unwrap();
    assert!(load(&openvino, ir(models::scalar().ir(), Origin::Host)).is_err());
    link(&libs, &place);
    load(&openvino, ir(models::scalar().ir(), Origin::Host)).unwrap();
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
    let openvino = OpenVino::builder().search_environment(true).build().unwrap();
    let model = ir(models::double(Element::F32).ir(), Origin::Host);
    match openvino.load(model, &CPU, &Control::unbounded()) {
        Ok(graph) => search::say(&format!("runs on {}", graph.device())),
        Err(error) => search::say(&error.to_string()),
    }
}

#[test]
fn the_variable_names_a_folder_or_a_file() {
    let Some(libs) = libs() else { return };
    assert_eq!(searched(|command| command.env("WASI_NN_OPENVINO", &libs)), "runs on CPU");
    let file = fs::read_dir(&libs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("openvino_c")));
    assert_eq!(searched(|command| command.env("WASI_NN_OPENVINO", file.unwrap())), "runs on CPU");
    // It is meant, so nothing else is tried.
    let said = searched(|command| command.env("WASI_NN_OPENVINO", "/none").env("PYTHONPATH", &libs));
    assert!(said.ends_with("tried $WASI_NN_OPENVINO, /none"), "{said}");
}

#[test]
fn the_wheel_is_found_where_python_has_it() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("lib/python3.12/site-packages");
    link(&libs, &packages.join("openvino/libs"));
    assert_eq!(searched(|command| command.env("VIRTUAL_ENV", dir.path())), "runs on CPU");
    assert_eq!(searched(|command| command.env("PATH", dir.path().join("bin"))), "runs on CPU");
    assert_eq!(searched(|command| command.env("PYTHONPATH", &packages)), "runs on CPU");
}

#[test]
fn the_library_path_is_searched_but_not_the_working_directory() {
    let Some(libs) = libs() else { return };
    let variable = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    assert_eq!(searched(|command| command.env(variable, &libs)), "runs on CPU");
    let said = searched(|command| command.env(variable, ".").current_dir(&libs));
    assert!(said.starts_with("OpenVINO is absent") && said.contains("openvino-finder"), "{said}");
}

#[test]
fn what_is_not_openvino_is_refused() {
    let Some(libs) = libs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text");
    fs::write(&text, "not a library").unwrap();
    let said = searched(|command| command.env("WASI_NN_OPENVINO", text));
    assert!(said.starts_with("cannot load OpenVINO from"), "{said}");
    let other = fs::read_dir(&libs).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libtbbmalloc.so"))
    });
    let Some(other) = other else { return };
    let said = searched(|command| command.env("WASI_NN_OPENVINO", other));
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
    let (first, second) = (OpenVino::builder().library(&libs).build(), dir.path().join("other.so"));
    load(&first.unwrap(), ir(models::scalar().ir(), Origin::Host)).unwrap();
    fs::write(&second, "").unwrap();
    let second = OpenVino::builder().library(second).build().unwrap();
    println!("{}", load(&second, ir(models::scalar().ir(), Origin::Host)).err().unwrap());
}
