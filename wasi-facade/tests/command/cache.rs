//! Tests of the cache of compiled code on disk.

use crate::guests;
#[cfg(unix)]
use crate::workplace::Ran;
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
    for flags in ["", "--fuel 100000", "--timeout 1h", "--max-memory 1M"] {
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

/// Permissions say nothing to root, so these tests then run the command as nobody.
#[cfg(unix)]
fn as_a_user(place: &Workplace, args: &str) -> Ran {
    use std::os::unix::fs::{MetadataExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let mut command = place.command(args);
    // A new directory tells who runs the tests.
    if tempfile::tempdir().unwrap().path().metadata().unwrap().uid() == 0 {
        let cache = place.caches().join("wasi");
        let dirs = [place.path(""), place.caches().parent().unwrap().to_owned(), place.caches(), cache];
        for path in dirs.into_iter().chain(entries(place)).filter(|path| path.exists()) {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    Ran::from(command.output().unwrap())
}

#[cfg(unix)]
fn mode(path: PathBuf, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_read() {
    let place = Workplace::with(&guests::says("one"));
    fs::create_dir(place.caches()).unwrap();
    assert_eq!(as_a_user(&place, "guest.wat").quiet(0), "one");
    let one = entries(&place).pop().unwrap();
    place.write("guest.wat", guests::says("two"));
    assert_eq!(as_a_user(&place, "guest.wat").quiet(0), "two");
    let two = entries(&place).into_iter().find(|entry| *entry != one).unwrap();
    // The command now takes the one for the other, so it does look there.
    fs::copy(&one, &two).unwrap();
    place.write("new.wat", guests::says("new"));
    let (dir, flag) =
        (place.caches().join("wasi"), format!("--cache {}", place.caches().join("wasi").display()));
    mode(two, 0o400);
    mode(dir.clone(), 0o500);
    for flags in ["", &flag] {
        assert_eq!(as_a_user(&place, &format!("{flags} guest.wat")).quiet(0), "one");
        assert_eq!(as_a_user(&place, &format!("{flags} new.wat")).quiet(0), "new");
        assert_eq!(entries(&place).len(), 2);
    }
    // What cannot even be read is no cache, which matters to who chose it.
    mode(dir.clone(), 0o000);
    assert_eq!(as_a_user(&place, "guest.wat").quiet(0), "two");
    let ran = as_a_user(&place, &format!("{flag} guest.wat"));
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(1), 1), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("wasi: cannot keep compiled code in "), "{}", ran.stderr);
    mode(dir, 0o700);
}

#[cfg(unix)]
#[test]
fn where_no_cache_can_be_made_there_is_none() {
    let place = Workplace::with(&guests::says("hello"));
    fs::create_dir(place.caches()).unwrap();
    mode(place.caches(), 0o500);
    assert_eq!(as_a_user(&place, "guest.wat").quiet(0), "hello");
    let flag = format!("--cache {}", place.caches().join("wasi").display());
    let ran = as_a_user(&place, &format!("{flag} guest.wat"));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("wasi: cannot keep compiled code in "), "{}", ran.stderr);
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
