//! Tests that run each finding again, in a process of its own, and plant faults that the watch must see.

use fuzz::planted::Planted;
use fuzz::target::Target;
use fuzz::watch::Fault;
use fuzz::worker::Worker;
use fuzz::{End, findings};
use std::path::Path;

fn worker(target: Target) -> Worker {
    Worker::new(Path::new(env!("CARGO_BIN_EXE_fuzz")), target)
}

/// Runs the findings of a target, of which there are some.
fn replay(target: Target) {
    let mut worker = worker(target);
    let found = findings::read(target).unwrap();
    assert!(!found.is_empty(), "{} has no findings", target.name());
    let mut faults = Vec::new();
    for (name, finding) in &found {
        let verdict = worker.run(&finding.recipe).unwrap();
        // A twin that is sane shows that the others are refused for what they ask.
        if name.ends_with("within-the-bounds") {
            assert_eq!(verdict.end, End::Done, "{name}");
        }
        match (verdict.fault, &finding.open) {
            (None, None) | (Some(_), Some(_)) => {}
            (Some(fault), None) => faults.push(format!("{name}, {}: it {fault}", finding.why)),
            (None, Some(open)) => faults.push(format!("{name} is fixed; take away that it is open: {open}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn modules_that_were_found() {
    replay(Target::Module);
}

#[test]
fn models_that_were_found() {
    replay(Target::Model);
}

#[test]
fn calls_that_were_found() {
    replay(Target::Calls);
}

#[test]
fn models_in_workers_that_were_found() {
    replay(Target::Isolated);
}

#[test]
fn lies_that_were_found() {
    replay(Target::Lies);
}

/// Some recipes of the targets whose recipes run in processes, beside what the search looks at for longer.
#[test]
fn workers_of_any_recipe_cost_the_host_nothing() {
    for (target, count) in [(Target::Lies, 60), (Target::Isolated, 12)] {
        let mut worker = worker(target);
        for number in 0..count {
            let mut random = fastrand::Rng::with_seed(number);
            let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(2000).collect();
            let recipe = target.generate(&bytes).unwrap();
            let verdict = worker.run(&recipe).unwrap();
            assert_eq!(verdict.fault, None, "{} {number}: {recipe}", target.name());
        }
    }
}

/// A planted fault, as the watch tells it.
fn fault(planted: &Planted) -> Option<Fault> {
    worker(Target::Planted).run(&serde_json::to_value(planted).unwrap()).unwrap().fault
}

#[test]
fn what_is_within_the_bounds_is_no_fault() {
    assert_eq!(fault(&Planted::Allocate(1000)), None);
    assert_eq!(fault(&Planted::Compute(1)), None);
}

#[test]
fn too_much_memory_is_seen_on_any_thread() {
    let bound = Planted::BOUNDS.memory;
    match fault(&Planted::Allocate(2 * bound)) {
        Some(Fault::Memory { took, bound: told }) => {
            assert!(took >= 2 * bound && told == bound, "{took} {told}");
        }
        other => panic!("{other:?}"),
    }
    // What is far beyond is not even given.
    match fault(&Planted::Allocate(1000 * bound)) {
        Some(Fault::Death(how)) => assert!(how.contains("memory allocation of"), "{how}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_much_time_is_seen_whether_it_ends_or_not() {
    for planted in [Planted::Compute(1500), Planted::Hang] {
        let fault = fault(&planted);
        assert!(matches!(fault, Some(Fault::Time { took, bound }) if took > bound), "{planted:?}: {fault:?}");
    }
}

#[test]
fn a_process_that_ends_is_one_of_several() {
    let mut worker = worker(Target::Planted);
    let mut run = |planted: Planted| worker.run(&serde_json::to_value(planted).unwrap()).unwrap().fault;
    match run(Planted::Recurse) {
        Some(Fault::Death(how)) => assert!(how.contains("overflowed its stack"), "{how}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(run(Planted::Panic), Some(Fault::Panic("planted".to_owned())));
    assert_eq!(run(Planted::Promise), Some(Fault::Promise("planted".to_owned())));
    assert_eq!(run(Planted::Allocate(1)), None);
}
