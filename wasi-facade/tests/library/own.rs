//! Tests of an embedder's own proposals beside ours.

use wasi_facade::policy::matrix::PROPOSALS;
use wasi_facade::policy::{Descriptor, Flags, LinkError, Linker, Permit, Proposal, Stage, Trap};
use wasi_facade::{Contexts, Engine, Host, Outcome, Reason, Value, WasiCtx};

/// Counts, in a context of its own.
struct Counter;

impl Proposal for Counter {
    const DESCRIPTOR: Descriptor =
        Descriptor::new("counter", Stage::Five).with_modules(&["wasi_counter"]).linked_without_flag();
    const VERSION: &'static str = "1.2.3";
    type Context = u32;

    fn register<T: 'static, L: Linker<T>>(
        _: Permit<Self>,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut u32 + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        linker.func("wasi_counter", "next", move |state, _, (): ()| {
            *context(state) += 1;
            Ok(*context(state))
        })?;
        linker.func("wasi_counter", "fail", |_: &mut T, _, (): ()| {
            Err::<(), _>(Trap::Host("the counter is broken".into()))
        })
    }
}

/// Takes the same import as [`Counter`].
struct Rival;

impl Proposal for Rival {
    const DESCRIPTOR: Descriptor =
        Descriptor::new("rival", Stage::Five).with_modules(&["wasi_counter"]).linked_without_flag();
    const VERSION: &'static str = "1.2.3";
    type Context = ();

    fn register<T: 'static, L: Linker<T>>(
        _: Permit<Self>,
        linker: &mut L,
        _: impl Fn(&mut T) -> &mut () + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        linker.func("wasi_counter", "next", |_: &mut T, _, (): ()| Ok(0u32))
    }
}

/// Exits with a number of the counter's, through the snapshot.
const EXITS: &str = r#"(module
    (import "wasi_counter" "next" (func $next (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (drop (call $next)) (call $exit (call $next))))"#;

/// Imports nothing.
const NOTHING: &str = r#"(module (func (export "_start")))"#;

fn contexts(start: u32) -> Contexts<(Counter, wasi_facade::Ours)> {
    Contexts::from(WasiCtx::builder().build().unwrap()).with::<Counter>(start)
}

#[test]
fn each_proposal_has_its_context() {
    let module = wat::parse_str(EXITS).unwrap();
    for engine in Engine::ALL {
        let program = Host::new().with::<Counter>().engine(*engine).compile(&module).unwrap();
        assert_eq!(program.run(contexts(40)).unwrap(), Outcome::Exited(42));
        // Runs share the code and nothing else.
        assert_eq!(program.run(contexts(0)).unwrap(), Outcome::Exited(2));
    }
}

#[test]
fn what_a_host_function_complains_about_is_the_traps_reason() {
    let module =
        r#"(module (import "wasi_counter" "fail" (func $fail)) (func (export "_start") (call $fail)))"#;
    let module = wat::parse_str(module).unwrap();
    for engine in Engine::ALL {
        match Host::new().with::<Counter>().engine(*engine).run(&module, contexts(0)).unwrap() {
            Outcome::Trapped(trap) => assert_eq!(trap.reason, "the counter is broken"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_import_that_two_proposals_offer_is_an_error() {
    for engine in Engine::ALL {
        let host = Host::new().with::<Counter>().with::<Rival>().engine(*engine);
        let error = host.compile(&wat::parse_str(EXITS).unwrap()).err().unwrap();
        assert!(matches!(error.reason(), Reason::Link(_)), "{error}");
        assert!(error.to_string().contains("`wasi_counter.next`"), "{error}");
        // It is the host's mistake, so that the module makes no difference.
        let error = host.compile(&wat::parse_str(NOTHING).unwrap()).err().unwrap();
        assert!(error.to_string().contains("`wasi_counter.next`"), "{error}");
    }
}

/// Offers an import twice, and so nothing that can be relied on.
struct Stutterer;

impl Proposal for Stutterer {
    const DESCRIPTOR: Descriptor =
        Descriptor::new("stutterer", Stage::Five).with_modules(&["wasi_stutterer"]).linked_without_flag();
    const VERSION: &'static str = "1.2.3";
    type Context = ();

    fn register<T: 'static, L: Linker<T>>(
        _: Permit<Self>,
        linker: &mut L,
        _: impl Fn(&mut T) -> &mut () + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        for _ in 0..2 {
            linker.func("wasi_stutterer", "say", |_: &mut T, _, (): ()| Ok(()))?;
        }
        Ok(())
    }
}

/// What it offers is not known then, so that all of its modules counts as its own, and no module runs.
#[test]
fn a_proposal_that_cannot_be_recorded_is_an_error() {
    let stutters = r#"(module (import "wasi_stutterer" "say" (func)) (func (export "_start")))"#;
    let stutters = wat::parse_str(stutters).unwrap();
    for engine in Engine::ALL {
        let host = Host::new().with::<Stutterer>().engine(*engine);
        for module in [&stutters, &wat::parse_str(NOTHING).unwrap()] {
            let error = host.compile(module).err().unwrap();
            assert!(matches!(error.reason(), Reason::Link(_)), "{error}");
            assert!(error.to_string().contains("`wasi_stutterer.say`: it is defined already"), "{error}");
        }
        let needs = host.needs("m", &stutters).unwrap();
        assert_eq!(needs.proposals[0].imports, ["wasi_stutterer.say"]);
        assert!(needs.nobody.is_empty());
        assert!(host.proposals().iter().any(|status| status.descriptor.name() == "stutterer"));
    }
}

/// A function may be imported twice, and others of the same proposal not at all.
#[test]
fn what_is_imported_is_linked() {
    let twice = r#"(module
        (import "wasi_counter" "next" (func $first (result i32)))
        (import "wasi_counter" "next" (func $second (result i32)))
        (func (export "sum") (result i32) (i32.add (call $first) (call $second))))"#;
    for engine in Engine::ALL {
        let program =
            Host::new().with::<Counter>().engine(*engine).compile(&wat::parse_str(twice).unwrap()).unwrap();
        let outcome = program.invoke("sum", &[], contexts(20)).unwrap();
        assert_eq!(outcome, Outcome::Returned(vec![Value::I32(43)]));
        let nothing =
            Host::new().with::<Counter>().engine(*engine).compile(&wat::parse_str(NOTHING).unwrap());
        assert_eq!(nothing.unwrap().run(contexts(0)).unwrap(), Outcome::Exited(0));
    }
}

#[test]
fn the_hosts_list_has_it_after_ours() {
    let statuses = Host::new().with::<Counter>().proposals();
    let names: Vec<_> = statuses.iter().map(|status| status.descriptor.name()).collect();
    let ours = PROPOSALS.iter().map(Descriptor::name);
    assert_eq!(names, ours.chain(["counter"]).collect::<Vec<_>>());
    let counter = statuses.last().unwrap();
    assert_eq!(counter.version, Some("1.2.3"));
    assert_eq!(counter.decision, Ok(()));
}

/// A typing error is not a silent no.
#[test]
fn a_flag_for_no_proposal_is_an_error() {
    let module = wat::parse_str(NOTHING).unwrap();
    let host = Host::new().with::<Counter>();
    let compile = |flag| host.clone().flags(Flags::none().allow(flag)).compile(&module);
    assert!(compile("counter").is_ok());
    let error = compile("conuter").unwrap_err();
    assert!(matches!(error.reason(), Reason::Flags(_)));
    let message = "the module cannot run with these flags: no proposal is called `conuter`; known are: snapshot, nn, counter";
    assert_eq!(error.to_string(), message);
}

/// The sentence of an error says what its source would say, so that a report of both does not say it twice.
#[test]
fn an_error_does_not_repeat_its_source() {
    let module = wat::parse_str(EXITS).unwrap();
    let forbidden = Host::new().with::<Counter>().flags(Flags::none().forbid("counter"));
    let taken = Host::new().with::<Counter>().with::<Rival>();
    for error in [forbidden.compile(&module).unwrap_err(), taken.compile(&module).unwrap_err()] {
        let mut said = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            assert!(!said.contains(&error.to_string()), "{said}: {error}");
            (said, source) = (error.to_string(), error.source());
        }
    }
}
