//! Mistakes of embedders: each has its own error, at the time of building, in words.

use crate::common::guest::Guest;
use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use tempfile::TempDir;
use wasi_snapshot::{BuildError, Builder, Limits, Perms, WasiCtx};

fn error(change: impl FnOnce(&mut Builder)) -> BuildError {
    let mut builder = WasiCtx::builder();
    change(&mut builder);
    builder.build().map(drop).expect_err("a mistake")
}

#[test]
fn strings_with_a_nul() {
    let error = error(|b| {
        b.args(["fine", "a\0b"]);
    });
    assert!(matches!(&error, BuildError::NulInArgument(arg) if arg == "a\0b"), "{error}");
    for (name, value) in [("A\0", "1"), ("A", "\0"), ("A", "1\0")] {
        let error = self::error(|b| {
            b.env(name, value);
        });
        assert!(matches!(&error, BuildError::NulInVariable(bad) if bad == name), "{error}");
    }
}

#[test]
fn names_of_variables() {
    for name in ["", "=", "A=", "A=B", "=A"] {
        let error = error(|b| {
            b.env(name, "1");
        });
        assert!(matches!(&error, BuildError::VariableName(bad) if bad == name), "{error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
    }
}

#[test]
fn directories_that_cannot_be_opened() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
    for name in ["missing", "file", "loop", "file/x", ""] {
        let path = if name.is_empty() { Default::default() } else { dir.path().join(name) };
        let error = error(|b| {
            b.preopen_dir(&path, "/", Perms::read_only());
        });
        assert!(matches!(&error, BuildError::Preopen { path: bad, .. } if *bad == path), "{name}: {error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn names_of_directories() {
    let dir = TempDir::new().unwrap();
    for name in ["", "\0", "/a\0"] {
        let error = error(|b| {
            b.preopen_dir(dir.path(), name, Perms::read_only());
        });
        assert!(matches!(&error, BuildError::GuestName(bad) if bad == name), "{error}");
    }
    let error = error(|b| {
        b.preopen_dir(dir.path(), "/a", Perms::read_only())
            .preopen_dir(dir.path(), "/b", Perms::read_only())
            .preopen_dir(dir.path(), "/a", Perms::read_write());
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
            builder.preopen_dir(dir.path(), n.to_string(), Perms::read_only());
        }
        for _ in 0..listeners {
            builder.preopen_listener(TcpListener::bind("127.0.0.1:0").unwrap());
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

/// Nothing that was said to a builder is left in it for the next guest.
#[test]
fn a_builder_is_empty_after_building() {
    let dir = TempDir::new().unwrap();
    let mut builder = WasiCtx::builder();
    builder.arg("secret").env("SECRET", "1").preopen_dir(dir.path(), "/", Perms::read_write());
    builder.build().unwrap();
    let mut guest = Guest::new(&mut builder);
    assert_eq!(guest.call("args_sizes_get", &[0, 4]).0, 0);
    assert_eq!(guest.u64(0), 0);
    assert_eq!(guest.call("environ_sizes_get", &[0, 4]).0, 0);
    assert_eq!(guest.u64(0), 0);
    assert!(guest.stat(3, ".", 0).is_err());
}

#[test]
fn permissions_say_what_they_are() {
    assert!(Perms::read_write().allows_write());
    assert!(!Perms::read_only().allows_write());
}

/// Tells a copy of this test that it is the copy.
const COPY: &str = "INHERITS_WHAT_IS_NOT_UNICODE";

/// An environment or an argument that is no Unicode cannot be given to this process by itself, so it starts
/// a copy with them.
#[test]
fn what_is_inherited_must_be_unicode() {
    if std::env::var_os(COPY).is_some() {
        let error = error(|b| {
            b.inherit_env();
        });
        assert!(matches!(&error, BuildError::NotUnicode(text) if text.as_bytes() == b"\xff"), "{error}");
        return;
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "builder::what_is_inherited_must_be_unicode"])
        .env(COPY, "yes")
        .env("NOT_UNICODE", OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && output.contains("1 passed"), "{output}");
}
