//! Tests of the policy: listed proposals, refused proposals, and the needs of a module.

use crate::guests;
use crate::workplace::{ENGINES, NN_IS_OFF, Workplace};
use wasi_facade::policy::Descriptor;
use wasi_facade::policy::matrix::PROPOSALS;

/// Imports from a proposal, from nobody, and a function with a type of its own.
const MIXED: &str = r#"(module
    (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    (import "wasi_snapshot_preview1" "fd_teleport" (func))
    (import "env" "memory" (memory 1))
    (func (export "_start")))"#;

/// The line about a proposal in a table of `wasi proposals`, however wide the columns are.
fn row(place: &Workplace, args: &str, name: &str) -> String {
    let table = place.wasi(args).quiet(0);
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(lines.next().as_deref(), Some("PROPOSAL VERSION STAGE COMPILED IN ALLOWED WHY"));
    lines.find(|line| line.starts_with(name)).unwrap()
}

#[test]
fn the_matrix_is_listed_under_the_flags() {
    let place = Workplace::new();
    let snapshot = row(&place, "proposals", "snapshot");
    assert!(snapshot.contains(" 2 yes yes it is on by default"), "{snapshot}");
    assert!(row(&place, "proposals -S snapshot", "snapshot").ends_with("`-S snapshot` allows it"));
    let off = row(&place, "proposals -S snapshot=n", "snapshot");
    assert!(off.contains(" yes no the proposal `snapshot` is off: "), "{off}");
    assert!(off.ends_with("; take `-S snapshot=n` away"), "{off}");
}

#[test]
fn inference_is_listed_as_stricter_than_its_stage() {
    let place = Workplace::new();
    assert_eq!(row(&place, "proposals", "nn"), format!("nn 0.2.0 2 yes no {NN_IS_OFF}"));
    assert!(row(&place, "proposals -S nn", "nn").ends_with(" 2 yes yes `-S nn` allows it"));
}

#[test]
fn a_forbidden_proposal_stops_a_module_before_it_starts() {
    let place = Workplace::with(&guests::says("hello"));
    for engine in ENGINES {
        place.wasi(&format!("run {engine} -S snapshot=n guest.wat")).complains(
            1,
            "guest.wat imports wasi_snapshot_preview1.fd_write; the proposal `snapshot` is off: \
             it was forbidden by a flag; take `-S snapshot=n` away",
        );
        assert_eq!(place.wasi(&format!("{engine} -S snapshot=n -S snapshot=y guest.wat")).quiet(0), "hello");
    }
}

#[test]
fn imports_that_nobody_offers_are_listed() {
    let place = Workplace::with(MIXED);
    for engine in ENGINES {
        place.wasi(&format!("{engine} guest.wat")).complains(
            1,
            "guest.wat imports what nobody offers: wasi_snapshot_preview1.fd_teleport, env.memory; \
             it needs another host, or another build",
        );
    }
}

#[test]
fn a_long_list_is_cut_short() {
    let imports: String = (0..8).map(|n| format!("(import \"env\" \"f{n}\" (func))")).collect();
    let place = Workplace::with(&format!("(module {imports} (func (export \"_start\")))"));
    place.wasi("guest.wat").complains(
        1,
        "guest.wat imports what nobody offers: env.f0, env.f1, env.f2, env.f3, env.f4 and 3 more; \
         it needs another host, or another build, or `--trap-unknown-imports` if it does without them",
    );
    assert_eq!(place.wasi("imports guest.wat").quiet(0).lines().count(), 1 + 8);
}

#[test]
fn an_import_of_another_type_is_explained() {
    let place = Workplace::with(
        "(module (import \"wasi_snapshot_preview1\" \"sched_yield\" (func (param i64)))
            (func (export \"_start\")))",
    );
    place.wasi("guest.wat").complains(
        1,
        "guest.wat imports wasi_snapshot_preview1.sched_yield as (i64), but it is () -> i32; \
         build it with a current toolchain",
    );
}

#[test]
fn flags_are_checked_for_typing_errors() {
    let place = Workplace::with(&guests::says("hello"));
    let known: Vec<_> = PROPOSALS.iter().map(Descriptor::name).collect();
    let message =
        format!("no proposal is called `snapshoot`; known are: {}; see `wasi proposals`", known.join(", "));
    for command in ["run", "proposals", "imports"] {
        let module = if command == "proposals" { "" } else { "guest.wat" };
        place.wasi(&format!("{command} -S snapshoot {module}")).complains(2, &message);
    }
    let message = "`perhaps` in `-S nn=perhaps` is neither `y` nor `n`; see `wasi proposals`";
    place.wasi("-S nn=perhaps guest.wat").complains(2, message);
}

#[test]
fn a_module_can_be_asked_what_it_needs() {
    let place = Workplace::with(MIXED);
    let needs = place.wasi("imports guest.wat").quiet(0);
    let expected = "the proposal `snapshot` is allowed\n    wasi_snapshot_preview1.sched_yield\n\
                    nobody offers\n    wasi_snapshot_preview1.fd_teleport\n    env.memory\n";
    assert_eq!(needs, expected);
    let refused = place.wasi("imports -S snapshot=n guest.wat").quiet(0);
    assert!(refused.starts_with("the proposal `snapshot` is off: "), "{refused}");
    place.write("none.wat", "(module)");
    assert_eq!(place.wasi("imports none.wat").quiet(0), "none.wat imports nothing\n");
}
