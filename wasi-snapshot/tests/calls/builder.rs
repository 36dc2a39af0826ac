//! Tests of the embedder's mistakes: each has its own error, at the time of building.

use crate::common::system;
use std::fs;
use std::net::TcpListener;
use tempfile::TempDir;
use test_support::copy::{command, finish, mode};
use wasi_snapshot::{BuildError, Limits, Perms, WasiCtx, WasiCtxBuilder};

fn error(change: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> BuildError {
    change(WasiCtx::builder()).build().map(drop).expect_err("a mistake")
}

#[test]
fn strings_with_a_nul() {
    let error = error(|b| b.args(["fine", "a\0b"]));
    assert!(matches!(&error, BuildError::NulInArgument(1)), "{error}");
    for (name, value) in [("A\0", "1"), ("A", "\0"), ("A", "1\0")] {
        let error = self::error(|b| b.env(name, value));
        assert!(matches!(&error, BuildError::NulInVariable(bad) if bad == name), "{error}");
    }
}

#[test]
fn names_of_variables() {
    for (name, before) in [("", ""), ("=", ""), ("A=", "A"), ("A=B", "A"), ("=A", ""), ("A=B=C", "A")] {
        let error = error(|b| b.env(name, "1"));
        assert!(matches!(&error, BuildError::VariableName(bad) if bad == before), "{error}");
        assert!(error.to_string().contains(&format!("{before:?}")), "{error}");
    }
}

/// Arguments and values of variables may be secrets.
#[test]
fn nothing_shows_values() {
    let builder = WasiCtx::builder().args(["program", "hush"]).env("NAME", "hush").env("OTHER=hush", "hush");
    let shown = format!("{builder:?}");
    assert!(shown.contains("NAME") && shown.contains("OTHER") && !shown.contains("hush"), "{shown}");
    for [arg, name, value] in [["hush\0", "A", "1"], ["a", "A=hush", "hush"], ["a", "A", "hush\0"]] {
        let error = error(|b| b.arg(arg).env(name, value));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    let ctx = WasiCtx::builder().arg("hush").env("A", "hush").build().unwrap();
    assert!(!format!("{ctx:?}").contains("hush"), "{ctx:?}");
}

#[test]
fn directories_that_cannot_be_opened() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    system::symlink("loop", dir.path().join("loop")).unwrap();
    for name in ["missing", "file", "loop", "file/x", ""] {
        let path = if name.is_empty() { Default::default() } else { dir.path().join(name) };
        let error = error(|b| b.preopen_dir(&path, "/", Perms::read_only()));
        assert!(matches!(&error, BuildError::Preopen { path: bad, .. } if *bad == path), "{name}: {error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn names_of_directories() {
    let dir = TempDir::new().unwrap();
    for name in ["", "\0", "/a\0"] {
        let error = error(|b| b.preopen_dir(dir.path(), name, Perms::read_only()));
        assert!(matches!(&error, BuildError::GuestName(bad) if bad == name), "{error}");
    }
    let error = error(|b| {
        b.preopen_dir(dir.path(), "/a", Perms::read_only())
            .preopen_dir(dir.path(), "/b", Perms::read_only())
            .preopen_dir(dir.path(), "/a", Perms::read_write())
    });
    assert!(matches!(&error, BuildError::SameName(name) if name == "/a"), "{error}");
}

#[test]
fn more_descriptors_than_allowed() {
    let dir = TempDir::new().unwrap();
    let mut limits = Limits::default();
    limits.max_fds = 4;
    let build = |directories: usize, listeners: usize| {
        let mut builder = WasiCtx::builder();
        for n in 0..directories {
            builder = builder.preopen_dir(dir.path(), n.to_string(), Perms::read_only());
        }
        for _ in 0..listeners {
            builder = builder.preopen_listener(TcpListener::bind("127.0.0.1:0").unwrap());
        }
        builder.limits(limits.clone()).build()
    };
    for (directories, listeners) in [(1, 0), (0, 1)] {
        assert!(build(directories, listeners).is_ok());
    }
    for (directories, listeners) in [(2, 0), (0, 2), (1, 1)] {
        let error = build(directories, listeners).map(drop).unwrap_err();
        assert!(matches!(error, BuildError::TooManyDescriptors(4)), "{error}");
    }
}

#[test]
fn permissions_say_what_they_are() {
    assert!(Perms::read_write().allows_write());
    assert!(!Perms::read_only().allows_write());
}

/// An environment that is no Unicode cannot be given to this process by itself, so it starts a copy with it. No test can
/// be started with such an argument.
#[test]
fn what_is_inherited_must_be_unicode() {
    let Some(mode) = mode() else {
        let mut value = command("builder::what_is_inherited_must_be_unicode", "value");
        finish(value.env("RAW", system::no_unicode("hush")).spawn().unwrap());
        let mut name = command("builder::what_is_inherited_must_be_unicode", "name");
        finish(name.env(system::no_unicode(""), "hush").spawn().unwrap());
        return;
    };
    let error = error(WasiCtxBuilder::inherit_env);
    match &error {
        BuildError::VariableNotUnicode(name) if mode == "value" => assert_eq!(name, "RAW"),
        BuildError::VariableNotUnicode(name) if mode == "name" => assert_eq!(*name, system::no_unicode("")),
        _ => panic!("{error}"),
    }
    assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
}
