//! Tests of the policy, through a host: a module that imports a proposal that is off does not start, and the reason
//! names the rule and the flag. The proposals are made up, one for each stage.

use wasi_facade::policy::{Descriptor, Flags, LinkError, Linker, Permit, Proposal, Rule, Stage};
use wasi_facade::{Contexts, Engine, Host, Outcome, Reason, Value, WasiCtx};

/// A proposal called `probe` whose only function gives its context, the number 7.
macro_rules! probes {
    ($($probe:ident $descriptor:expr;)*) => {$(
        struct $probe;

        impl Proposal for $probe {
            const DESCRIPTOR: Descriptor = $descriptor.with_modules(&["wasi_probe"]);
            const VERSION: &'static str = "0.1.0";
            type Context = u32;

            fn register<T: 'static, L: Linker<T>>(
                _: Permit<Self>,
                linker: &mut L,
                context: impl Fn(&mut T) -> &mut u32 + Copy + Send + Sync + 'static,
            ) -> Result<(), LinkError> {
                linker.func("wasi_probe", "look", move |state, _, (): ()| Ok(*context(state)))
            }
        }
    )*};
}

probes! {
    Zero Descriptor::new("probe", Stage::Zero);
    One Descriptor::new("probe", Stage::One);
    Two Descriptor::new("probe", Stage::Two);
    TwoOn Descriptor::new("probe", Stage::Two).linked_without_flag();
    Three Descriptor::new("probe", Stage::Three);
    ThreeOn Descriptor::new("probe", Stage::Three).linked_without_flag();
    Four Descriptor::new("probe", Stage::Four);
    FourOn Descriptor::new("probe", Stage::Four).linked_without_flag();
    Five Descriptor::new("probe", Stage::Five);
    FiveOn Descriptor::new("probe", Stage::Five).linked_without_flag();
    Untested Descriptor::new("probe", Stage::Five).linked_without_flag().untested("it hangs");
}

/// Looks, and proves that it started by leaving a mark if it did.
const MODULE: &str = r#"(module
    (import "wasi_probe" "look" (func $look (result i32)))
    (func (export "run") (result i32) (call $look)))"#;

/// What the gate says to a module that imports `P`, and what the module says once it runs.
fn ask<P: Proposal<Context = u32> + 'static>(
    engine: Engine,
    flags: Flags,
) -> Result<Outcome, (Rule, String)> {
    let module = wat::parse_str(MODULE).unwrap();
    let host = Host::new().with::<P>().engine(engine).flags(flags);
    match host.compile_named("probe.wasm", &module) {
        Ok(program) => {
            let context = WasiCtx::builder().build().unwrap();
            Ok(program.invoke("run", &[], Contexts::from(context).with::<P>(7)).unwrap())
        }
        Err(error) => match error.reason() {
            Reason::Refused { import, refusal } => {
                assert_eq!((import.as_str(), refusal.proposal()), ("wasi_probe.look", "probe"));
                Err((refusal.rule(), error.to_string()))
            }
            other => panic!("{other}"),
        },
    }
}

/// The same for every word the user may say.
fn check<P: Proposal<Context = u32> + 'static>(without_a_word: Option<Rule>) {
    for engine in Engine::ALL {
        let ran = Ok(Outcome::Returned(vec![Value::I32(7)]));
        assert_eq!(ask::<P>(*engine, Flags::none().allow("probe")), ran);
        let (rule, message) = ask::<P>(*engine, Flags::none().forbid("probe")).unwrap_err();
        assert_eq!(rule, Rule::Forbidden);
        assert!(message.ends_with("it was forbidden by a flag"), "{message}");
        match (ask::<P>(*engine, Flags::none()), without_a_word) {
            (outcome, None) => assert_eq!(outcome, ran),
            (Err((rule, message)), Some(expected)) => {
                assert_eq!(rule, expected);
                let start = "probe.wasm imports wasi_probe.look; the proposal `probe` is off: ";
                assert!(message.starts_with(start), "{message}");
                let names_the_flag =
                    ["needs a flag", "asks for a flag"].iter().any(|rule| message.contains(rule));
                // Only the command has flags of such names.
                assert!(names_the_flag && !message.contains("-S"), "{message}");
            }
            (Ok(_), Some(rule)) => panic!("started in spite of {rule:?}"),
        }
    }
}

#[test]
fn stages_0_and_1_need_a_flag() {
    check::<Zero>(Some(Rule::StageNeedsFlag(Stage::Zero)));
    check::<One>(Some(Rule::StageNeedsFlag(Stage::One)));
}

#[test]
fn from_stage_2_on_a_proposal_may_do_without() {
    check::<TwoOn>(None);
    check::<ThreeOn>(None);
    check::<FourOn>(None);
    check::<FiveOn>(None);
}

#[test]
fn a_proposal_may_be_stricter_than_its_stage() {
    check::<Two>(Some(Rule::ProposalNeedsFlag(Stage::Two)));
    check::<Three>(Some(Rule::ProposalNeedsFlag(Stage::Three)));
    check::<Four>(Some(Rule::ProposalNeedsFlag(Stage::Four)));
    check::<Five>(Some(Rule::ProposalNeedsFlag(Stage::Five)));
}

#[test]
fn what_nobody_tests_needs_a_flag() {
    check::<Untested>(Some(Rule::Untested("it hangs")));
}
