//! Tests that the command refuses a cache, a model, a library or compiled code where the guest may write.

use crate::guests;
use crate::workplace::{Ran, Workplace};

#[test]
fn the_cache_below_a_granted_directory_is_not_used() {
    let place = Workplace::with(&guests::exits(3));
    let caches = place.path("caches");
    let run = |args: &str| {
        let output = place.command(args).env("XDG_CACHE_HOME", &caches).output().unwrap();
        Ran::from(output)
    };
    let ran = run("--dir . guest.wat");
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("the guest could change the cache of compiled code"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(!caches.exists());
    // Where it may only read, or nothing of it, the cache is used.
    place.write("data/x", "");
    for dirs in ["--dir .::.::ro", "--dir data", ""] {
        run(&format!("{dirs} guest.wat")).quiet(3);
    }
    assert!(caches.join("wasi").is_dir());
}

#[test]
fn a_cache_of_the_users_choice_is_refused_there() {
    let place = Workplace::with(&guests::exits(3));
    place.wasi("--dir . --cache mine guest.wat").misused("choose another with `--cache`");
    place.write("data/x", "");
    place.wasi("--dir data --cache mine guest.wat").quiet(3);
    assert!(std::fs::read_dir(place.path("mine")).unwrap().count() > 0);
    // Nor may the guest have a directory inside it.
    place.wasi("--dir mine --cache mine guest.wat").misused("grant that with `::ro`");
    place.wasi("--cache mine --no-cache guest.wat").misused("--no-cache");
}

#[cfg(unix)]
#[test]
fn a_symlink_to_the_directory_is_the_directory() {
    let place = Workplace::with(&guests::exits(3));
    std::os::unix::fs::symlink(".", place.path("here")).unwrap();
    place.wasi("--dir here --cache mine guest.wat").misused("choose another with `--cache`");
}

#[test]
fn models_and_their_cache_and_library_are_refused_there() {
    let place = Workplace::with(&guests::exits(3));
    place.write("data/m.onnx", "");
    let graph = "-S nn --nn-guest-models none --nn-graph m=onnx:data/m.onnx";
    place.wasi(&format!("--dir data {graph} guest.wat")).misused("could change the model `data/m.onnx`");
    place.wasi(&format!("--dir data::data::ro {graph} guest.wat")).quiet(3);
    place.wasi("--dir data -S nn --nn-cache data/c guest.wat").misused("choose another with `--nn-cache`");
    for library in ["--nn-openvino", "--nn-onnxruntime"] {
        let ran = place.wasi(&format!("--dir data -S nn {library} data guest.wat"));
        ran.misused("could change the library `data`");
    }
}

/// One that no flag names, and that would be loaded as code when a graph first needs it.
#[test]
fn a_library_that_is_found_is_refused_there() {
    let place = Workplace::with(&guests::exits(3));
    let name = format!("{}openvino_c{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    place.write(&format!("data/libs/{name}"), "");
    place.write("other/x", "");
    let run = |args: &str| {
        let mut command = place.command(args);
        Ran::from(command.env("WASI_NN_OPENVINO", place.path("data/libs")).output().unwrap())
    };
    run("--dir data -S nn guest.wat").misused("could change what graphs are loaded with");
    // The guest could put a plugin beside it, too.
    run("--dir data/libs -S nn guest.wat").misused("could change what graphs are loaded with");
    run("--dir data::data::ro -S nn guest.wat").quiet(3);
    run("--dir other -S nn guest.wat").quiet(3);
    // Without the proposal nothing is loaded.
    run("--dir data guest.wat").quiet(3);
}

#[test]
fn compiled_code_is_refused_there() {
    let place = Workplace::with(&guests::exits(3));
    place.write("data/x", "");
    place.wasi("compile guest.wat -o data/guest.cwasm").quiet(0);
    let run = "--no-cache --allow-precompiled";
    place.wasi(&format!("{run} --dir data data/guest.cwasm")).misused("could change the compiled code");
    place.wasi(&format!("{run} --dir data::data::ro data/guest.cwasm")).quiet(3);
}
