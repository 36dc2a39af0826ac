//! Tests that guests which use the snapshot run in an engine that this repository has no adapter for.

use own_engine::{Adapter, trap};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use tinywasm::types::ImportType;
use tinywasm::{ModuleInstance, Store};
use wasi_facade::policy::{Flags, Gate, MemoryFault, Proposal, Trap};
use wasi_facade::snapshot::{Perms, Sink};
use wasi_facade::{Ours, Snapshot, Suite, WasiCtx};

/// What the proposals work on: one context for each that is compiled in.
type Contexts = <Ours as Suite>::Contexts;

/// Runs `_start` of a module in the binary format, which gets what it imports of all proposals that the gate permits.
fn run(module: &[u8], context: WasiCtx) -> tinywasm::Result<()> {
    let module = tinywasm::parse_bytes(module)?;
    let functions = module.imports().filter(|import| matches!(import.ty, ImportType::Func(_)));
    let needed: Vec<_> = functions.map(|import| (import.module, import.name)).collect();

    let mut store = Store::default();
    let mut adapter = Adapter::new(&mut store, Rc::new(RefCell::new((context, ()))));
    let gate = Gate::new(Flags::none());
    let nobodys = Ours::register_needed(&gate, &mut adapter, &needed, |contexts: &mut Contexts| contexts);
    assert_eq!(nobodys.unwrap(), [], "the guest imports what nobody offers");
    let imports = adapter.into_imports();
    let instance = ModuleInstance::instantiate(&mut store, &module, Some(imports))?;
    instance.func::<(), ()>(&store, "_start")?.call(&mut store, ())
}

fn guest(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests").join(path);
    match path.extension().is_some_and(|extension| extension == "wat") {
        true => wat::parse_file(path).unwrap(),
        false => std::fs::read(path).unwrap(),
    }
}

#[test]
fn a_c_program_copies_a_file_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note"), "a line of a file\n").unwrap();
    let (stdout, captured) = Sink::capture(4096);
    let builder = WasiCtx::builder()
        .args(["hello", "embedder", "-f", "/note", "-x", "3"]).stdout(stdout)
        .preopen_dir(folder.path(), "/", Perms::read_only());
    let error = run(&guest("c/hello.wasm"), builder.build().unwrap()).unwrap_err();
    assert_eq!(trap(&error).and_then(Trap::exit_code), Some(3));
    assert_eq!(String::from_utf8(captured.bytes()).unwrap(), "hello, embedder\na line of a file\n");
}

#[test]
fn a_file_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in"), "copied by a guest").unwrap();
    let builder = WasiCtx::builder().preopen_dir(folder.path(), "/", Perms::read_write());
    run(&guest("wat/p1_file_copy.wat"), builder.build().unwrap()).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("out")).unwrap(), "copied by a guest");
}

#[test]
fn a_wild_pointer_is_a_trap() {
    let context = WasiCtx::builder().build().unwrap();
    let error = run(&guest("wat/p1_trap_pointer.wat"), context).unwrap_err();
    let expected = MemoryFault::OutOfBounds { ptr: 65_533, len: 4, size: 65_536 };
    assert!(matches!(trap(&error), Some(Trap::Memory(fault)) if *fault == expected), "{error:?}");
}

#[test]
fn a_name_is_defined_once() {
    let mut store = Store::default();
    let context = WasiCtx::builder().build().unwrap();
    let mut adapter = Adapter::new(&mut store, Rc::new(RefCell::new(context)));
    let mut register = || {
        let permit = Gate::new(Flags::none()).permit().unwrap();
        Snapshot::register(permit, &mut adapter, |context: &mut WasiCtx| context)
    };
    register().unwrap();
    assert!(register().unwrap_err().to_string().ends_with("it is defined already"));
}
