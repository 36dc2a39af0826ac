//! The table of intended differences between the sandbox and the system.

use super::call::{Call, Name};
use super::native::{KEPT, Native};
use super::outcome::{Outcome, Value};
use super::site::World;
use crate::common::errno::*;
use crate::common::ops::{CREAT, DIRECTORY, FOLLOW};
use crate::common::place::{Ground, MEMORY};
use std::collections::BTreeSet;

/// Arguments that are refused, whatever they would lead to: the system is not asked.
struct Refusal {
    /// Where, unless everywhere.
    only: Option<Ground>,
    when: fn(&Call, &Native) -> bool,
    gives: Errno,
    why: &'static str,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        only: None,
        when: |call, _| names(call, |name| std::str::from_utf8(&name.0).is_err()),
        gives: ILSEQ,
        why: "strings of the ABI are UTF-8 (witx: `string`; preview1.md M3)",
    },
    Refusal {
        only: None,
        when: |call, _| names(call, |name| name.0.contains(&0)),
        gives: INVAL,
        why: "no system has a NUL in a path (preview1.md M3)",
    },
    Refusal {
        only: None,
        when: |call, _| names(call, |name| name.0.len() > 4095),
        gives: NAMETOOLONG,
        why: "`Limits::max_path_len`",
    },
    Refusal {
        only: None,
        when: |call, _| names(call, |name| name.0.is_empty()),
        gives: NOENT,
        why: "POSIX, XBD 4.16; and a target has to be a path (preview1.md P1, P2)",
    },
    Refusal {
        only: None,
        when: |call, _| names(call, |name| name.0.starts_with(b"/")),
        gives: PERM,
        why: "absolute paths leave the directory, and no link is to do so (preview1.md P1, P2)",
    },
    Refusal { only: None, when: |call, _| unknown_flags(call), gives: INVAL, why: "preview1.md M3" },
    Refusal {
        only: None,
        when: |call, _| matches!(call, Call::Open { oflags, .. } if oflags.0 & CREAT != 0 && oflags.0 & DIRECTORY != 0),
        gives: INVAL,
        why: "systems create a file, or a directory, or nothing (preview1.md, call 32)",
    },
    Refusal {
        only: None,
        when: |call, _| matches!(call, Call::Open { oflags, path, .. } if oflags.0 & CREAT != 0 && path.must_be_dir()),
        gives: ISDIR,
        why: "a path that only fits a directory is never created as a file (preview1.md, call 32)",
    },
    Refusal {
        only: None,
        when: |call, _| matches!(call, Call::Link { lookup: FOLLOW, .. }),
        gives: INVAL,
        why: "preview1.md, call 31",
    },
    Refusal {
        only: None,
        when: |call, _| call.times().is_some_and(|times| times.flags & 3 == 3 || times.flags & 12 == 12),
        gives: INVAL,
        why: "a time that is given and now (preview1.md, call 16)",
    },
    Refusal {
        only: None,
        when: |call, _| {
            matches!(call, Call::Seek { delta: ..0, whence: 0, .. } | Call::Seek { whence: 3.., .. })
        },
        gives: INVAL,
        why: "preview1.md, call 24",
    },
    Refusal {
        only: None,
        when: |call, _| match call {
            Call::Pread { offset, .. } | Call::Pwrite { offset, .. } => i64::try_from(*offset).is_err(),
            Call::SetSize { size, .. } => i64::try_from(*size).is_err(),
            Call::Allocate { len, .. } => *len == 0,
            Call::Advise { offset, len, .. } => !ends(*offset, *len),
            _ => false,
        },
        gives: INVAL,
        why: "places beyond what an `off_t` holds, and ranges of nothing (preview1.md, calls 7, 8, 15, 17)",
    },
    Refusal {
        only: None,
        when: |call, _| matches!(call, Call::Allocate { offset, len, .. } if !ends(*offset, *len)),
        gives: FBIG,
        why: "POSIX, `posix_fallocate`: the range ends beyond what files can have",
    },
    Refusal {
        only: None,
        when: |call, native| match call {
            Call::SetFlags { fd, fdflags } => {
                native.get(*fd).is_some_and(|handle| (handle.kept ^ fdflags.0) & KEPT != 0)
            }
            _ => false,
        },
        gives: INVAL,
        why: "only opening can set these; systems leave them as they are and say nothing (preview1.md, call 12)",
    },
    Refusal {
        only: Some(Ground::Memory),
        when: far,
        gives: NOSPC,
        why: "memory has less room than file systems have numbers (`MemLimits::max_bytes`)",
    },
];

/// Does a range end where a file can?
fn ends(offset: u64, len: u64) -> bool {
    offset.checked_add(len).is_some_and(|end| i64::try_from(end).is_ok())
}

/// Would a file grow beyond what a directory in memory may hold?
fn far(call: &Call, native: &Native) -> bool {
    const ROOM: u64 = MEMORY as u64;
    let is_written = |buffers: &[u32]| buffers.iter().any(|len| *len > 0);
    match call {
        Call::SetSize { size, .. } => *size > ROOM,
        Call::Allocate { offset, len, .. } => offset.saturating_add(*len) > ROOM,
        Call::Pwrite { fd, buffers, offset } => {
            *offset > ROOM && is_written(buffers) && native.get(*fd).is_some_and(|handle| !handle.appends())
        }
        Call::Write { fd, buffers } => {
            is_written(buffers)
                && native.get(*fd).is_some_and(|handle| !handle.appends() && handle.cursor() > ROOM)
        }
        _ => false,
    }
}

/// Is that so for one of the call's strings?
fn names(call: &Call, is: impl Fn(&Name) -> bool) -> bool {
    let target = if let Call::Symlink { target, .. } = call { Some(target) } else { None };
    call.paths().into_iter().map(|(_, path)| path).chain(target).any(is)
}

fn unknown_flags(call: &Call) -> bool {
    let others = match call {
        Call::Open { oflags, rights, fdflags, .. } => oflags.0 > 15 || *rights >= 1 << 30 || fdflags.0 > 31,
        Call::SetFlags { fdflags, .. } => fdflags.0 > 31,
        Call::Advise { advice, .. } => *advice > 5,
        _ => call.times().is_some_and(|times| times.flags > 15),
    };
    others || call.lookup() > 1
}

/// Why a call is refused for its arguments, and the errnos that it may give then: the order in which errors are found
/// is nobody's promise (POSIX, XSH 2.3), so those of its descriptors will do as well.
pub(crate) fn refused(
    call: &Call,
    native: &Native,
    ground: Ground,
) -> Option<(&'static str, BTreeSet<Errno>)> {
    let rows = REFUSALS.iter().filter(|row| row.only.is_none_or(|only| only == ground));
    let rows: Vec<_> = rows.filter(|row| (row.when)(call, native)).collect();
    let why = rows.first()?.why;
    let mut errnos: BTreeSet<_> = rows.into_iter().map(|row| row.gives).collect();
    for (dir, _) in call.paths() {
        match native.get(dir) {
            None => drop(errnos.insert(BADF)),
            Some(handle) if !handle.is_dir => drop(errnos.insert(NOTDIR)),
            Some(_) => {}
        }
    }
    for fd in call.fds() {
        match native.get(fd) {
            Some(handle) if handle.is_dir => errnos.extend([BADF, ISDIR]),
            Some(handle) if handle.access == (true, true) => {}
            Some(_) => errnos.extend([BADF, INVAL]),
            None => drop(errnos.insert(BADF)),
        }
    }
    Some((why, errnos))
}

/// Outcomes that are others.
struct Deviation {
    when: fn(&Call, &Native) -> bool,
    /// Where, unless everywhere.
    only: Option<Ground>,
    theirs: fn(&Outcome) -> bool,
    ours: &'static [Errno],
    why: &'static str,
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        when: |_, _| true,
        only: None,
        theirs: |theirs| *theirs == Err(XDEV),
        ours: &[PERM],
        why: "all attempts to leave are `perm` (preview1.md E3, P1); there is only one file system here",
    },
    Deviation {
        when: |call, native| match call {
            Call::Seek { fd, .. }
            | Call::Tell { fd }
            | Call::Advise { fd, .. }
            | Call::SetSize { fd, .. } => native.get(*fd).is_some_and(|handle| handle.is_dir),
            _ => false,
        },
        only: None,
        theirs: |_| true,
        ours: &[BADF],
        why: "a directory has no bytes (preview1.md, calls 7, 15, 24)",
    },
    Deviation {
        when: |call, _| matches!(call, Call::Readlink { .. }),
        only: None,
        theirs: |theirs| matches!(theirs, Ok(Value::Bytes(target)) if target.is_empty() || target.starts_with(b"/")),
        ours: &[PERM],
        why: "absolute targets tell about the host, even where no byte of them fits (preview1.md P2)",
    },
    Deviation {
        when: |call, native| match call {
            Call::Read { fd, .. } | Call::Pread { fd, .. } => {
                native.get(*fd).is_some_and(|handle| handle.is_dir)
            }
            _ => false,
        },
        only: None,
        theirs: |theirs| *theirs == Ok(Value::Bytes(Vec::new())) || *theirs == Err(INVAL),
        ours: &[ISDIR],
        why: "whether something can be read is said before how much, and where (preview1.md, calls 21, 27)",
    },
    Deviation {
        when: |call, _| matches!(call, Call::Readlink { .. }),
        only: None,
        theirs: |theirs| matches!(theirs, Ok(Value::Bytes(target)) if std::str::from_utf8(target).is_err()),
        ours: &[ILSEQ],
        why: "targets are strings of the ABI, which are UTF-8 (preview1.md, call 33)",
    },
    Deviation {
        when: |call, _| matches!(call, Call::Open { oflags, .. } if oflags.0 & CREAT != 0),
        only: None,
        theirs: |theirs| *theirs == Err(ISDIR),
        ours: &[ACCES, NOTDIR],
        why: "what is there is opened before anything is created, and that says why it cannot be (RATIONALE.md, quota)",
    },
    Deviation {
        when: |call, _| matches!(call, Call::Open { oflags, .. } if oflags.0 & CREAT != 0),
        only: Some(Ground::Memory),
        theirs: |theirs| *theirs == Err(NOENT),
        ours: &[ISDIR],
        why: "a symlink to what only fits a directory; for a dot at its end, Linux has looked one step further",
    },
    Deviation {
        when: |call, native| {
            native.beneath.is_plain()
                && matches!(call, Call::Open { oflags, .. } if oflags.0 & DIRECTORY != 0)
        },
        only: None,
        theirs: |theirs| *theirs == Err(NOTDIR),
        ours: &[LOOP],
        why: "systems disagree on whether a symlink is no directory or one link too many (POSIX, `open`, allows both)",
    },
    Deviation {
        when: |call, _| matches!(call, Call::Symlink { path, .. } | Call::Link { new: path, .. } if path.must_be_dir()),
        only: None,
        theirs: |theirs| *theirs == Err(EXIST),
        ours: &[NOTDIR, NOENT, LOOP, PERM],
        why: "the slash asks for a directory; WASI's own tests and other systems hear why it is none",
    },
];

/// Why it is meant that the outcomes differ, if it is.
pub(crate) fn meant(
    call: &Call,
    native: &Native,
    ground: Ground,
    ours: &Outcome,
    theirs: &Outcome,
) -> Option<&'static str> {
    let Err(errno) = ours else {
        return goes_further(call, ground, theirs).then_some("a file in memory has more places");
    };
    let row = DEVIATIONS.iter().find(|row| {
        row.only.is_none_or(|only| only == ground)
            && row.ours.contains(errno)
            && (row.theirs)(theirs)
            && (row.when)(call, native)
    });
    row.map(|row| row.why)
}

/// A file in memory has places up to the last one of an `off_t`, as POSIX has it (`lseek`: `EINVAL` for a negative one
/// only), and nothing is there to be read. File systems end before, and Linux refuses what would.
fn goes_further(call: &Call, ground: Ground, theirs: &Outcome) -> bool {
    let is_far = matches!(call, Call::Seek { .. } | Call::Pread { .. } | Call::Read { .. });
    ground == Ground::Memory && is_far && *theirs == Err(INVAL)
}

/// Calls that are not made. One kind allocates what a file in memory has already, which POSIX lets change no time, and
/// Linux takes for a modification. The other writes to a file in memory that is appended to, at a place that means nothing then.
/// Linux looks at the range that is not written, and refuses one that ends beyond an `off_t`; in memory there is none.
pub(crate) fn left_out(call: &Call, native: &Native, world: World) -> bool {
    if world.ground != Ground::Memory {
        return false;
    }
    match call {
        Call::Allocate { fd, offset, len } => {
            native.get(*fd).is_some_and(|handle| offset.saturating_add(*len) <= handle.size())
        }
        Call::Pwrite { fd, buffers, .. } | Call::Write { fd, buffers } => {
            let Some(handle) = native.get(*fd).filter(|handle| !handle.is_dir) else { return false };
            let offset = if let Call::Pwrite { offset, .. } = call { *offset } else { handle.cursor() };
            let len = buffers.iter().copied().map(u64::from).sum();
            handle.appends() && !ends(offset, len)
        }
        _ => false,
    }
}

/// Calls that only the guest makes: where the sandbox has to take the steps itself, it wants one more of forty where
/// it names a file, and may say `loop`.
pub(crate) fn counts_further(call: &Call, world: World, ours: &Outcome) -> bool {
    !world.openat2 && matches!(call, Call::PathSetTimes { .. }) && *ours == Err(LOOP)
}
