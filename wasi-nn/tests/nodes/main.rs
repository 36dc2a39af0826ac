//! The ONNX package's tests of single operations, through a guest, on each backend. `onnx.toml` and `openvino.toml` say
//! which are refused, and why.

#[path = "../common/wasm_guest.rs"]
mod guest;

mod outcome;
mod table;

use guest::{Guest, Numbering, on_openvino, registry};
use nn_models::nodes::{self, Case};
use nn_models::packages;
use outcome::{Outcome, compare};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{fs, thread};
use table::Table;
use wasi_nn::Source;

/// The encoding under which guests load ONNX.
const ONNX: u32 = 1;

/// All cases, unless the package is absent.
static CASES: LazyLock<Option<Vec<Case>>> = LazyLock::new(|| {
    let oracle = packages::or_skip(nodes::oracle())?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nodes");
    Some(nodes::cases(&oracle, &folder).unwrap())
});

#[test]
fn on_the_embedded_engine() {
    let Some(cases) = CASES.as_ref() else { return };
    let Some(registry) = registry([]) else { return };
    let table = Table::read(include_str!("onnx.toml"));
    let outcomes = run_all(cases, &table, |case| {
        let mut guest = Guest::new(&registry);
        guest.try_load(ONNX, &[&fs::read(&case.model).unwrap()])?;
        Ok(guest)
    });
    table.check("onnx", &outcomes);
}

#[test]
fn on_openvino_by_name() {
    let Some(cases) = CASES.as_ref() else { return };
    if registry([]).is_none() {
        return;
    }
    let table = Table::read(include_str!("openvino.toml"));
    let outcomes = run_all(cases, &table, |case| {
        // One by one: what is loaded by name stays, with threads of its own.
        let graph = on_openvino(&case.name, Source::Files(vec![case.model.clone()]));
        let mut guest = Guest::new(&registry([graph]).unwrap());
        guest.try_load_by_name(&case.name)?;
        Ok(guest)
    });
    table.check("openvino", &outcomes);
}

/// Runs each case in a guest of its own, on all processors.
fn run_all<'a>(
    cases: &'a [Case],
    table: &Table,
    load: impl Fn(&Case) -> Result<Guest, String> + Sync,
) -> Vec<(&'a Case, Outcome)> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outputs = load(case)
                .and_then(|mut guest| guest.infer(&case.inputs, Numbering::New, case.outputs.len()));
            let outcome = match outputs {
                Ok(outputs) => compare(case, table.tolerance(case), &outputs),
                Err(reason) => Outcome::Refused(reason),
            };
            done.lock().unwrap().push((case, outcome));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap()
}
