//! The ONNX package's tests of single operations, through a guest, on each backend. A table of each, as `onnx.toml`, says
//! which are refused, and why.

#[path = "../common/wasm_guest.rs"]
mod guest;

mod outcome;
mod table;

use guest::{Guest, Numbering, on, registry};
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
    by_name("openvino", include_str!("openvino.toml"));
}

#[test]
fn on_onnx_runtime_by_name() {
    by_name("onnxruntime", include_str!("onnxruntime.toml"));
}

fn by_name(backend: &str, table: &str) {
    let Some(cases) = CASES.as_ref() else { return };
    if registry([]).is_none() {
        return;
    }
    let table = Table::read(table);
    let outcomes = run_all(cases, &table, |case| {
        // One by one: what is loaded by name stays, with threads of its own.
        let graph = on(backend, &case.name, Source::Files(vec![case.model.clone()]));
        let mut guest = Guest::new(&registry([graph]).unwrap());
        guest.try_load_by_name(&case.name)?;
        Ok(guest)
    });
    table.check(backend, &outcomes);
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
