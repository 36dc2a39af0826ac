//! Tests of inference in a host of an embedder's, on a backend of their own and on the embedded one.

use std::sync::Arc;
#[cfg(feature = "snapshot")]
use wasi_facade::WasiCtx;
use wasi_facade::nn::backend::{Backend, Execution, Graph, Port, PortType};
use wasi_facade::nn::{
    Control, ElementType, Error, GraphEncoding, LoadOptions, Model, NamedGraph, Origin, Registry, Source,
    TensorType,
};
use wasi_facade::policy::{Flags, Rule};
use wasi_facade::{Contexts, Engine, Host, NnCtx, Outcome, Reason, Value};

/// Loads a graph, computes with one `f32` of 1 x 1, and returns the errnos, a decimal digit for each call.
fn guest(get: &str) -> Vec<u8> {
    let module = format!(
        r#"(module
        (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "load_by_name" (func $named (param i32 i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "set_input" (func $set (param i32 i32 i32) (result i32)))
        (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
        (memory (export "memory") 1)
        (global $errnos (mut i32) (i32.const 0))
        (func $note (param $errno i32)
            (global.set $errnos
                (i32.add (i32.mul (global.get $errnos) (i32.const 10)) (local.get $errno))))
        ;; A tensor: its dimensions, its type, and its data.
        (data (i32.const 16) "\40\00\00\00\02\00\00\00\01\00\00\00\48\00\00\00\04\00\00\00")
        (data (i32.const 64) "\01\00\00\00\01\00\00\00\00\00\80\3f")
        {get}
        (func (export "errnos") (result i32)
            (call $note (call $get))
            (call $note (call $init (i32.load (i32.const 0)) (i32.const 4)))
            (call $note (call $set (i32.load (i32.const 4)) (i32.const 0) (i32.const 16)))
            (call $note (call $compute (i32.load (i32.const 4))))
            (global.get $errnos)))"#
    );
    wat::parse_str(module).unwrap()
}

/// Takes the host's graph `g`.
fn guest_by_name() -> Vec<u8> {
    guest(
        r#"(data (i32.const 96) "g")
        (func $get (result i32) (call $named (i32.const 96) (i32.const 1) (i32.const 0)))"#,
    )
}

#[cfg(feature = "snapshot")]
fn wasi() -> WasiCtx {
    WasiCtx::builder().build().unwrap()
}

/// What a guest has that infers with `registry`.
fn inference(registry: Registry) -> Contexts {
    let inference = NnCtx::builder(registry).build();
    #[cfg(feature = "snapshot")]
    return (wasi(), inference).into();
    #[cfg(not(feature = "snapshot"))]
    inference.into()
}

fn errnos(host: &Host, guest: &[u8], contexts: impl Into<Contexts>) -> Outcome {
    host.compile(guest).unwrap().invoke("errnos", &[], contexts).unwrap()
}

fn returned(errnos: i32) -> Outcome {
    Outcome::Returned(vec![Value::I32(errnos)])
}

fn host(engine: Engine) -> Host {
    Host::new().engine(engine).flags(Flags::none().allow("nn"))
}

/// A backend with one graph, which computes for ever if its model says so.
struct Own;

#[derive(Clone)]
struct OwnGraph {
    ports: [Port; 1],
    is_endless: bool,
    value: [u8; 4],
}

impl Backend for Own {
    fn name(&self) -> &str {
        "own"
    }

    fn accepts(&self, _: GraphEncoding, origin: Origin) -> bool {
        origin == Origin::Host
    }

    fn load(&self, model: Arc<Model>, _: &LoadOptions, _: &Control) -> Result<Arc<dyn Graph>, Error> {
        let Source::Bytes(parts) = &model.source else { return Err(Error::unsupported("no files")) };
        let ports = [Port::new("x", PortType::Known(ElementType::F32), None)];
        Ok(Arc::new(OwnGraph { ports, is_endless: parts[0] == b"endless", value: [0; 4] }))
    }
}

impl Graph for OwnGraph {
    fn inputs(&self) -> &[Port] {
        &self.ports
    }

    fn outputs(&self) -> &[Port] {
        &self.ports
    }

    fn device(&self) -> &str {
        "own"
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(OwnGraph::clone(&self)))
    }
}

impl Execution for OwnGraph {
    fn input(&mut self, _: usize, _: TensorType<'_>) -> Result<&mut [u8], Error> {
        Ok(&mut self.value)
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        if !self.is_endless {
            return Ok(());
        }
        loop {
            control.check()?;
            std::thread::yield_now();
        }
    }

    fn output(&self, _: usize) -> Result<&[u8], Error> {
        Ok(&self.value)
    }
}

fn own(model: &[u8]) -> Registry {
    let graph = NamedGraph::new("g", GraphEncoding::PyTorch, Source::Bytes(vec![model.to_vec()]));
    Registry::builder().backend(Own).graph(graph).build().unwrap()
}

#[test]
fn guests_of_one_registry_share_its_graphs() {
    let registry = own(b"");
    for engine in Engine::ALL {
        let program = host(*engine).compile(&guest_by_name()).unwrap();
        for _ in 0..2 {
            let contexts = inference(registry.clone());
            assert_eq!(program.invoke("errnos", &[], contexts).unwrap(), returned(0));
        }
    }
}

/// What a run leaves can be asked for the reason that the guest was not told.
#[test]
fn a_run_gives_the_guest_back() {
    use wasi_facade::{ContextOf, Nn};
    let library = guest_by_name();
    let command = wat::parse_str(
        r#"(module
        (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (drop (call $compute (i32.const 7)))))"#,
    )
    .unwrap();
    for engine in Engine::ALL {
        let program = host(*engine).compile(&command).unwrap();
        let (outcome, mut command) = program.run_to_instance(inference(own(b""))).unwrap();
        assert_eq!((&outcome, command.ended()), (&Outcome::Exited(0), Some(&Outcome::Exited(0))));
        assert!(command.usage().time.is_some());
        assert!(command.call("_start", &[]).is_err());
        let reason = command.into_context::<Nn>().last_error().map(str::to_owned);
        assert_eq!(reason.as_deref(), Some("compute: there is no execution context 7, or no longer"));

        let program = host(*engine).compile(&library).unwrap();
        let (outcome, mut library) = program.run_to_instance(inference(own(b""))).unwrap();
        assert_eq!((outcome, library.ended()), (Outcome::Exited(0), None));
        assert_eq!(library.call("errnos", &[]).unwrap(), returned(0));
        assert_eq!(library.context::<Nn>().last_error(), None);
    }
}

#[test]
fn the_time_of_a_guest_ends_its_computation() {
    for engine in Engine::ALL {
        let host = host(*engine).timeout(std::time::Duration::from_millis(50));
        let contexts = inference(own(b"endless"));
        assert_eq!(errnos(&host, &guest_by_name(), contexts), Outcome::TimedOut);
    }
}

#[cfg(feature = "snapshot")]
#[test]
fn without_a_context_of_its_own_a_guest_has_no_graphs() {
    for engine in Engine::ALL {
        // There is no such graph, and then no handles.
        assert_eq!(errnos(&host(*engine), &guest_by_name(), wasi()), returned(8111));
    }
}

#[cfg(all(feature = "snapshot", feature = "nn-onnx"))]
#[test]
fn a_guest_brings_its_models_only_where_the_host_has_chosen_a_place_for_them() {
    let model = nn_models::models::matmul_chain(1, 1).onnx();
    let bytes: String = model.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let len = model.len();
    let guest = guest(&format!(
        r#"(data (i32.const 1024) "{bytes}")
        (func $get (result i32)
            (i32.store (i32.const 96) (i32.const 1024))
            (i32.store (i32.const 100) (i32.const {len}))
            (call $load (i32.const 96) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 0)))"#
    ));
    for engine in Engine::ALL {
        // The encoding is refused, and then there are no handles.
        assert_eq!(errnos(&host(*engine), &guest, wasi()), returned(2111));
        let chosen = inference(Registry::of_backend(wasi_facade::backend::onnx::Onnx::new()));
        assert_eq!(errnos(&host(*engine), &guest, chosen), returned(0));
    }
}

#[test]
fn the_gate_asks_for_a_flag() {
    for engine in Engine::ALL {
        let contexts = inference(own(b""));
        let error = Host::new().engine(*engine).run(&guest_by_name(), contexts).unwrap_err();
        let Reason::Refused { refusal, .. } = error.reason() else { panic!("{error}") };
        let asks = matches!(refusal.rule(), Rule::ProposalNeedsFlag(_) | Rule::UntestedPlatform(_));
        assert!(asks, "{error}");
    }
}
