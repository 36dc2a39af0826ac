//! The check of a module before it is compiled, which adds up what makes compilers slow and large.
//!
//! The look validates nothing: in a module that is not valid, the counts mean nothing, and the engine says what is
//! wrong with it before it compiles anything.

pub(super) mod costly;
mod frames;
mod startup;

use super::compile_limits::CompileLimits;
use super::error::Reason;
use costly::{CostPlace, Costly};
use frames::Frames;
use startup::Startup;
use wasmparser::{FunctionBody, Operator, Parser, Payload, SubType, TypeRef};

/// What code asks of a compiler.
#[derive(Clone, Copy, Default)]
struct Cost {
    values: u64,
    passed: u64,
    live: u64,
}

impl Cost {
    fn is_beyond(self, limits: &CompileLimits) -> bool {
        self.values > limits.max_function_values
            || self.passed > limits.max_function_passed
            || self.live > limits.max_function_live
    }

    fn add(&mut self, other: Cost) {
        self.values = self.values.saturating_add(other.values);
        self.passed = self.passed.saturating_add(other.passed);
        self.live = self.live.saturating_add(other.live);
    }
}

/// Refuses a module that is beyond one of the `limits`.
pub(super) fn check(binary: &[u8], limits: &CompileLimits) -> Result<(), Reason> {
    if binary.len() > limits.max_module_bytes {
        let bound = "max_module_bytes";
        let most = u64::try_from(limits.max_module_bytes).unwrap_or(u64::MAX);
        return Err(Costly { place: CostPlace::Module, what: "bytes", bound, most }.into());
    }
    let mut look = Look { limits, types: Types::default(), bodies: 0, imported: 0, total: Cost::default() };
    let (mut frames, mut startup) = (Frames::default(), Startup::default());
    for payload in Parser::new(0).parse_all(binary) {
        // What is malformed is for the engine to name.
        let Ok(payload) = payload else { return Ok(()) };
        if startup.read(&payload).is_err() {
            return Ok(());
        }
        let most = limits.max_function_passed;
        within(|| CostPlace::Startup, startup.passed(), PASSED, "max_function_passed", most)?;
        let looked = match payload {
            Payload::CodeSectionEntry(body) => look.body(&body, &mut frames)?,
            payload => look.types.read(payload, &mut look.imported),
        };
        if looked.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

struct Look<'l> {
    limits: &'l CompileLimits,
    types: Types,
    /// How many bodies were looked at, and how many functions come before the first.
    bodies: u32,
    imported: u32,
    total: Cost,
}

/// The types that say how many values instructions take and give.
#[derive(Default)]
pub(super) struct Types {
    types: Vec<SubType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    tags: Vec<u32>,
}

impl Types {
    fn read(&mut self, payload: Payload<'_>, imported: &mut u32) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(group?.into_types());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            self.functions.push(ty);
                            *imported = imported.saturating_add(1);
                        }
                        TypeRef::Tag(tag) => self.tags.push(tag.func_type_idx),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.tags.push(tag?.func_type_idx);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn of(&self, index: u32) -> Option<&SubType> {
        self.types.get(usize::try_from(index).ok()?)
    }

    fn of_function(&self, index: u32) -> Option<u32> {
        self.functions.get(usize::try_from(index).ok()?).copied()
    }

    fn of_tag(&self, index: u32) -> Option<u32> {
        self.tags.get(usize::try_from(index).ok()?).copied()
    }
}

impl Look<'_> {
    /// Adds a function up. The inner result is an error if its code is malformed.
    fn body(
        &mut self,
        body: &FunctionBody<'_>,
        frames: &mut Frames,
    ) -> Result<wasmparser::Result<()>, Costly> {
        let index = self.imported.saturating_add(self.bodies);
        self.bodies = self.bodies.saturating_add(1);
        let place = || CostPlace::Function(index);
        let limits = self.limits;
        let size = body.range().len();
        if size > limits.max_function_bytes {
            let most = u64::try_from(limits.max_function_bytes).unwrap_or(u64::MAX);
            return Err(Costly { place: place(), what: "bytes of code", bound: "max_function_bytes", most });
        }
        let mut cost = Cost::default();
        let looked = self.add_up(index, body, frames, &mut cost);
        within(place, cost.values, VALUES, "max_function_values", limits.max_function_values)?;
        within(place, cost.passed, PASSED, "max_function_passed", limits.max_function_passed)?;
        within(place, cost.live, LIVE, "max_function_live", limits.max_function_live)?;
        let module = || CostPlace::Module;
        self.total.add(cost);
        within(module, self.total.values, VALUES, "max_module_values", limits.max_module_values)?;
        within(module, self.total.passed, PASSED, "max_module_passed", limits.max_module_passed)?;
        within(module, self.total.live, LIVE, "max_module_live", limits.max_module_live)?;
        Ok(looked)
    }

    fn add_up(
        &self,
        index: u32,
        body: &FunctionBody<'_>,
        frames: &mut Frames,
        cost: &mut Cost,
    ) -> wasmparser::Result<()> {
        let mut locals = 0u64;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(u64::from(group?.0));
        }
        let mut frames = frames.enter(&self.types, index);
        locals = locals.saturating_add(frames.parameters());
        // Each of them gets its first value.
        cost.values = locals;
        cost.live = locals;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            let step = frames.step(&operator);
            cost.values = cost.values.saturating_add(step.values);
            cost.passed = cost.passed.saturating_add(step.passed);
            if is_like_a_loop(&operator) {
                cost.passed = cost.passed.saturating_add(LOOP);
            }
            if step.branches {
                cost.live = cost.live.saturating_add(locals).saturating_add(step.height);
            }
            // The rest of a function that is refused need not be read.
            if cost.is_beyond(self.limits) {
                break;
            }
        }
        Ok(())
    }
}

/// What a loop takes by itself, where guests can be interrupted: a look at the time, and at the fuel, of 20 KB. 20,000 of
/// them in one function took a compiler a minute, whose time grows faster than their number. Real programs have up to 442
/// in one function, these and the instructions below together, and the default bound lets 4,096 through.
const LOOP: u64 = 64;

/// Is it a loop, or an instruction for which compiled code calls the engine, with all that is alive kept aside? That takes
/// as much: 8,000 that grow a table took a compiler 15 s and 197 MB.
fn is_like_a_loop(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Loop { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::DataDrop { .. }
            | Operator::TableGrow { .. }
            | Operator::TableInit { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::ElemDrop { .. }
            | Operator::MemoryAtomicNotify { .. }
            | Operator::MemoryAtomicWait32 { .. }
            | Operator::MemoryAtomicWait64 { .. }
            | Operator::RefFunc { .. }
    )
}

const VALUES: &str = "values that its instructions take and give";
const PASSED: &str = "values that go along its control flow";
const LIVE: &str = "values alive where control flow branches";

fn within(
    place: impl Fn() -> CostPlace,
    count: u64,
    what: &'static str,
    bound: &'static str,
    most: u64,
) -> Result<(), Costly> {
    if count <= most { Ok(()) } else { Err(Costly { place: place(), what, bound, most }) }
}
