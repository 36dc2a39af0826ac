//! Tests of each call on each kind of descriptor, with the same native call on the same kind of object as the oracle.
//! Where ours differs on purpose, `DEVIATIONS` says why.
#![cfg(target_os = "linux")]

mod calls;
mod deviations;
mod objects;

use crate::common::errno::{SUCCESS, of_system};
use calls::CALLS;
use deviations::DEVIATIONS;
use objects::kinds;
use test_support::copy::{copy, finish, mode};

#[test]
fn every_call_on_every_kind() {
    // Standard streams belong to the process, so they are those of a copy.
    if mode().is_none() {
        finish(copy("kinds::every_call_on_every_kind", "kinds"));
        return;
    }
    let (mut wrong, mut used) = (Vec::new(), vec![false; DEVIATIONS.len()]);
    for (name, ours, native) in CALLS {
        for (kind, make) in kinds() {
            let mut object = make();
            let ours = ours(&mut object.guest, object.fd);
            let theirs = native(&object.native).map_or_else(of_system, |()| SUCCESS);
            if ours == theirs {
                continue;
            }
            match DEVIATIONS.iter().position(|line| line.covers(name, kind, ours, theirs)) {
                Some(line) => used[line] = true,
                None => wrong.push(format!("{name} on {kind}: {ours:?}, and the system {theirs:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(used.iter().all(|used| *used), "a deviation that is none any more: {used:?}");
    std::process::exit(0);
}
