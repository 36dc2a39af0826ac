//! The engine wasmi, which interprets modules.

mod ending;
mod limiter;
mod live;
mod meter;
mod start;
mod value;

pub(in crate::host) use live::Live;

use super::data::Data;
use crate::Suite;
use crate::host::bounds::Checks;
use crate::host::engine::kind::Engine;
use crate::host::error::{Reason, one_line};
use crate::host::look;
use crate::host::options::Options;
use crate::host::own::{self, OwnFunc};
use crate::host::shape::{Import, Shape};
use std::collections::HashSet;
use std::sync::Arc;
use wasi_engine_wasmi as adapter;
use wasi_policy::{Gate, Trap};
use wasmi::errors::LinkerError;
use wasmi::{CompilationMode, Config, ExternType, Linker, Module};

type DataOf<S> = Data<<S as Suite>::Contexts, wasmi::Memory>;

/// A translated module, and the export that is its start function.
pub(in crate::host) struct Loaded {
    module: Module,
    start: Option<String>,
}

impl Loaded {
    pub(super) fn compile(options: &Options, binary: &[u8], shape: &Shape) -> Result<Self, Reason> {
        look::check(binary, &options.compile)?;
        let stack = options.stack.unwrap_or(Engine::DEFAULT_STACK);
        let checks = Checks::of(options);
        let is_metered = checks.fuel || checks.time;
        let mut config = Config::default();
        config
            // wasmi's stack lives on the heap and its frames are wider than native ones, so the same
            // program needs more of it than it needs in Wasmtime.
            .set_max_stack_height(stack.saturating_mul(4))
            .set_max_recursion_depth(stack / 64)
            .consume_fuel(is_metered);
        if is_metered {
            // Otherwise wasmi translates a function when it is first called, and charges the guest for it; a guest whose
            // slice of fuel ends there cannot be resumed.
            config.compilation_mode(CompilationMode::Eager);
        }
        let start::Startless { binary, start } = match shape.has_start {
            true => start::take_out(binary),
            false => start::Startless { binary: binary.into(), start: None },
        };
        let module = Module::new(&wasmi::Engine::new(&config), &binary);
        let module = module.map_err(|error| Reason::NotForInterpreter(one_line(&error)))?;
        // wasmi would have looked at it in the start section.
        let is_nullary =
            |ty: ExternType| ty.func().is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty());
        if let Some(start) = &start
            && !module.get_export(start).is_some_and(is_nullary)
        {
            return Err(Reason::Invalid("its start function has parameters or results".to_owned()));
        }
        Ok(Loaded { module, start })
    }
}

/// A module with the linker that resolves its imports.
pub(in crate::host) struct Linked<S: Suite> {
    module: Module,
    linker: Linker<DataOf<S>>,
    start: Option<String>,
}

impl<S: Suite> Linked<S> {
    pub(super) fn new(
        loaded: Loaded,
        imports: &[Import],
        gate: &Gate,
        own: &[OwnFunc],
    ) -> Result<Self, Reason> {
        let Loaded { module, start } = loaded;
        let mut linker = Linker::new(module.engine());
        let mut adapter = adapter::one_instance(&mut linker, |data: &mut DataOf<S>| &mut data.memory);
        let (own, names) = own::needed(own, imports);
        for function in own {
            let call = Arc::clone(&function.call);
            adapter
                .func_of_slots(&function.import, move |_, memory, slots| call(memory, slots))
                .map_err(Reason::Link)?;
        }
        let others =
            S::register_needed(gate, &mut adapter, &names, |data: &mut DataOf<S>| &mut data.contexts)?;
        trap_others(&mut linker, &module, others.into_iter().collect())
            .map_err(|error| Reason::Engine(one_line(&error)))?;
        Ok(Linked { module, linker, start })
    }
}

/// Has the functions that nobody offers trap when they are called. The host has refused the module already if it may not
/// have any.
fn trap_others<'m, T: 'static>(
    linker: &mut Linker<T>,
    module: &'m Module,
    mut others: HashSet<(&'m str, &'m str)>,
) -> Result<(), LinkerError> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if let ExternType::Func(ty) = import.ty()
            && others.remove(&(from, name))
        {
            let names = (from.to_owned(), name.to_owned());
            let trap = move || adapter::error(Trap::unknown_import(&names.0, &names.1));
            linker.func_new(from, name, ty.clone(), move |_, _, _| Err(trap()))?;
        }
    }
    Ok(())
}
