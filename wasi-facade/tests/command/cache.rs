//! Compiled code on disk.

use crate::guests;
use crate::workplace::Workplace;
use std::fs;
use std::path::PathBuf;

/// The files in the cache of a workplace.
fn entries(place: &Workplace) -> Vec<PathBuf> {
    let Ok(dir) = fs::read_dir(place.caches().join("wasi")) else { return Vec::new() };
    dir.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn code_is_kept_and_used_again() {
    let place = Workplace::with(&guests::says("one"));
    place.wasi("guest.wat").quiet(0);
    let one = entries(&place).pop().unwrap();
    place.write("guest.wat", guests::says("two"));
    assert_eq!(place.wasi("guest.wat").quiet(0), "two");
    let two = entries(&place).into_iter().find(|entry| *entry != one).unwrap();

    // The command now takes the one for the other, so it does look there and nowhere else.
    fs::copy(&one, &two).unwrap();
    assert_eq!(place.wasi("guest.wat").quiet(0), "one");
    assert_eq!(place.wasi("--no-cache guest.wat").quiet(0), "two");
    assert_eq!(place.wasi("--engine wasmi guest.wat").quiet(0), "two");
    assert_eq!(entries(&place).len(), 2);
}

#[test]
fn binaries_are_found_by_their_file() {
    let place = Workplace::new();
    let write = |text: &str| place.write("guest.wasm", wat::parse_str(guests::says(text)).unwrap());
    write("one");
    assert_eq!(place.wasi("guest.wasm").quiet(0), "one");
    assert_eq!(place.wasi("guest.wasm").quiet(0), "one");
    write("two");
    assert_eq!(place.wasi("guest.wasm").quiet(0), "two");
    assert_eq!(entries(&place).len(), 2);
    // What is kept is still subject to policy.
    let ran = place.wasi("run -S snapshot=n guest.wasm");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("the proposal `snapshot` is off"), "{}", ran.stderr);
}

#[test]
fn limits_have_code_of_their_own() {
    let place = Workplace::with(&guests::says("hello"));
    for flags in ["", "--fuel 1000", "--timeout 1h", "--max-memory 1M"] {
        assert_eq!(place.wasi(&format!("run {flags} guest.wat")).quiet(0), "hello");
    }
    assert_eq!(entries(&place).len(), 3);
}

#[test]
fn damaged_code_is_compiled_again() {
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("guest.wat").quiet(0);
    let entry = entries(&place).pop().unwrap();
    let whole = fs::read(&entry).unwrap();
    for damaged in [&whole[..0], &whole[..whole.len() / 2], &whole[..whole.len() - 1], b"garbage"] {
        fs::write(&entry, damaged).unwrap();
        assert_eq!(place.wasi("guest.wat").quiet(0), "hello");
        assert_eq!(fs::read(&entry).unwrap().len(), whole.len());
    }
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let place = Workplace::with(&guests::says("hello"));
    assert_eq!(place.wasi("--no-cache guest.wat").quiet(0), "hello");
    assert_eq!(place.wasi("--engine wasmi guest.wat").quiet(0), "hello");
    assert!(entries(&place).is_empty());
}

#[test]
fn without_a_place_for_it_there_is_no_cache() {
    let place = Workplace::with(&guests::says("hello"));
    fs::write(place.caches(), "a file").unwrap();
    let ran = place.wasi("guest.wat");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "hello"));
    assert!(ran.stderr.starts_with("wasi: cannot keep compiled code in "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("(`--no-cache`)\n"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn the_cache_is_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("guest.wat").quiet(0);
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = place.caches().join("wasi");
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&entries(&place)[0]), 0o600);

    // Code that others could have put there is not run.
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(&entries(&place)[0], "a forgery").unwrap();
    let ran = place.wasi("guest.wat");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "hello"));
    assert!(ran.stderr.starts_with("wasi: will not take compiled code from "), "{}", ran.stderr);
    assert_eq!(fs::read(&entries(&place)[0]).unwrap(), b"a forgery");
}
