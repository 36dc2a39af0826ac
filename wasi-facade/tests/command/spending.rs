//! Tests of limits on what a guest makes the host spend, and of restrictions of its directories.

use crate::guests;
#[cfg(unix)]
use crate::workplace::Ran;
use crate::workplace::{ENGINES, Workplace};

/// Errnos of the witx.
const DQUOT: i32 = 19;
#[cfg(unix)]
const FBIG: i32 = 22;
#[cfg(unix)]
const LOOP: i32 = 32;
const NFILE: i32 = 41;
const PERM: i32 = 63;

/// Opens `made`, created unless it is there and followed if it is a symlink, and writes three bytes. Exits
/// with the first errno, or with how many bytes were written.
fn writes() -> String {
    let body = "
        (local $errno i32)
        (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4)
            (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 80)))
        (if (i32.eqz (local.get $errno))
            (then (local.set $errno
                (call $print (i32.load (i32.const 80)) (i32.const 1024) (i32.const 3)))))
        (if (local.get $errno) (then (call $exit (local.get $errno))))
        (call $exit (i32.load (i32.const 72)))";
    guests::command(body, "(data (i32.const 1024) \"made\")")
}

#[test]
fn limits_are_the_users_to_set() {
    for engine in ENGINES {
        for (limits, code) in [
            ("", 3),
            ("--limit written-bytes=2", 2),
            ("--limit written-bytes=0", DQUOT),
            ("--limit created-entries=0", DQUOT),
            // The streams and the directory.
            ("--limit fds=4", NFILE),
            ("--limit fds=5 --limit written-bytes=none", 3),
        ] {
            let place = Workplace::with(&writes());
            place.wasi(&format!("{engine} {limits} --dir . guest.wat")).quiet(code);
        }
    }
}

/// The command under a limit of the shell's.
#[cfg(unix)]
fn under(place: &Workplace, limit: &str, args: &str) -> Ran {
    let wasi = place.command(args);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).arg(wasi.get_program());
    shell.args(wasi.get_args()).current_dir(place.path("")).stdin(std::process::Stdio::null());
    Ran::from(shell.env("XDG_CACHE_HOME", place.caches()).output().unwrap())
}

/// Limits of the process end a guest's call with an errno, and the command goes on.
#[cfg(unix)]
#[test]
fn limits_of_the_process_are_met_by_the_guest_first() {
    let opens = "
        (local $errno i32)
        (loop $more
            (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 1)
                (i32.const 2) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 80)))
            (br_if $more (i32.eqz (local.get $errno))))
        (call $exit (local.get $errno))";
    let opens = guests::command(opens, "(data (i32.const 1024) \".\")");
    let fills = "
        (local $errno i32)
        (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 4)
            (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 80)))
        (loop $more
            (local.set $errno (call $print (i32.load (i32.const 80)) (i32.const 1024) (i32.const 50000)))
            (br_if $more (i32.eqz (local.get $errno))))
        (call $exit (local.get $errno))";
    let fills = guests::command(fills, "(data (i32.const 1024) \"made\")");
    for engine in ENGINES {
        let place = Workplace::with(&fills);
        under(&place, "-f 4096", &format!("{engine} --dir . guest.wat")).quiet(FBIG);
        // Shells count in blocks of their own.
        let size = std::fs::metadata(place.path("made")).unwrap().len();
        assert!([4096 * 512, 4096 * 1024].contains(&size), "{size}");
        let place = Workplace::with(&opens);
        for limit in ["-n 64", "-n 512"] {
            under(&place, limit, &format!("{engine} --dir . guest.wat")).quiet(NFILE);
        }
    }
}

#[test]
fn a_sleep_is_cut_short() {
    let place = Workplace::with(&guests::sleeps());
    for engine in ENGINES {
        place.wasi(&format!("{engine} --limit sleep=1ms guest.wat")).quiet(0);
    }
}

#[test]
fn mistakes_in_limits_are_named() {
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("--limit files=3 guest.wat").misused("there is no limit `files`; there are fds, path-len, ");
    let few = "'fds=few' for '--limit <NAME=VALUE>': write a number such as 64, ";
    place.wasi("--limit fds=few guest.wat").misused(few);
    place.wasi("--limit sleep=5 guest.wat").misused("write a time with a unit such as 500ms");
    place.wasi("--limit fds guest.wat").misused("write NAME=VALUE");
    let message = "the limit `fds` is set twice; leave one of both out";
    place.wasi("--limit fds=5 --limit fds=6 guest.wat").complains(2, message);
}

#[test]
fn directories_have_restrictions() {
    for engine in ENGINES {
        for (restrictions, code) in [
            ("no-create", PERM),
            ("no-delete,no-rename,no-link,no-symlink,no-set-times,no-follow", 3),
            ("no-delete,no-create", PERM),
        ] {
            let place = Workplace::with(&writes());
            place.wasi(&format!("{engine} --dir .::/::{restrictions} guest.wat")).quiet(code);
        }
    }
}

#[cfg(unix)]
#[test]
fn symlinks_are_followed_unless_they_are_not_to_be() {
    for engine in ENGINES {
        for (restrictions, code) in [("", 3), ("::/::no-follow", LOOP)] {
            let place = Workplace::with(&writes());
            place.write("target", "");
            std::os::unix::fs::symlink("target", place.path("made")).unwrap();
            place.wasi(&format!("{engine} --dir .{restrictions} guest.wat")).quiet(code);
        }
    }
}

#[test]
fn a_restriction_that_is_none_is_a_mistake() {
    let place = Workplace::with(&guests::says("hello"));
    place.wasi("--dir .::/::rw guest.wat").misused("the third part has `rw`; it can have `ro`, no-create, ");
}

/// A restriction that [`wasi_facade::Perms`] gets later is missed here until the command has it, too.
#[test]
fn the_help_lists_limits_and_restrictions() {
    let help = Workplace::new().wasi("run --help").quiet(0);
    assert!(help.contains("Limits: fds=1024, path-len=4095, "), "{help}");
    let source = include_str!("../../../wasi-snapshot/src/perms.rs");
    let methods = source.lines().filter_map(|line| line.trim().split_once("pub const fn no_"));
    let names = methods.filter_map(|(_, rest)| rest.split_once('(')).map(|(name, _)| name.replace('_', "-"));
    let names: Vec<_> = names.collect();
    assert!(names.iter().any(|name| name == "create"), "{names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !help.contains(&format!("no-{name}"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
