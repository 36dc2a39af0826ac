//! The command refuses a cache, a model, a library or compiled code where the guest may write.

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
    place.wasi("--dir data -S nn --nn-openvino data guest.wat").misused("could change the library `data`");
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
