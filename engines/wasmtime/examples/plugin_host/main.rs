//! A host of plugins as extism 1.41 builds one on Wasmtime, over `wasi-snapshot` and without tokio.
//!
//! | extism | here |
//! |---|---|
//! | `Manifest`: `allowed_paths`, `config`, `timeout_ms`, `memory.max_pages` | `Manifest` |
//! | `Function`s in `extism:host/user`; its kernel for input and output | three functions beside WASI's |
//! | `Plugin::call`; the thread `Timer` | `Plugin::call`; a [`Watch`], which has one thread for all plugins, too |
//! | `CancelHandle` | [`InterruptHandle`], which ends what waits in a call of WASI as well |

use std::time::{Duration, Instant};
use std::{env, fs, mem, path::PathBuf, process, sync::Arc, thread};
use wasi_engine_wasmtime::{MemorySlot, bind, one_instance};
use wasi_policy::{Flags, Gate, InterruptHandle, Linker as _, Proposal, Trap, Watch};
use wasi_snapshot::{Perms, Snapshot, WasiCtx};
use wasmtime::{Config, Engine, Error, Instance, InstancePre, Linker, Module, Result, Store};
use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// What a plugin may do. A folder has the guest's name for it, and extism's `ro:` is [`Perms::read_only`].
struct Manifest {
    allowed_paths: Vec<(PathBuf, &'static str, Perms)>,
    config: Vec<(&'static str, &'static str)>,
    timeout: Duration,
    max_pages: usize,
}

struct State {
    wasi: WasiCtx,
    memory: MemorySlot,
    limits: StoreLimits,
    input: Vec<u8>,
    output: Vec<u8>,
}

struct Plugin {
    manifest: Manifest,
    linked: InstancePre<State>,
    store: Store<State>,
    /// Made by the first call, so that no code of the plugin runs outside of one, and kept for the next ones.
    instance: Option<Instance>,
}

impl Plugin {
    fn new(wasm: &[u8], manifest: Manifest) -> Result<Self> {
        let engine = Engine::new(Config::new().epoch_interruption(true))?;
        let mut linker = Linker::new(&engine);
        let mut adapter = one_instance(&mut linker, |state: &mut State| &mut state.memory);
        Snapshot::register(Gate::new(Flags::none()).permit()?, &mut adapter, |state| &mut state.wasi)?;
        // The adapter hands functions of the host's own the plugin's memory, too.
        adapter.func("extism:host/user", "input", |state, mut memory, (at, room): (u32, u32)| {
            let fits = &state.input[..state.input.len().min(room as usize)];
            memory.write_slice(at, fits).map_err(Trap::Memory)?;
            Ok(fits.len() as u32)
        })?;
        adapter.func("extism:host/user", "output", |state, memory, (at, len): (u32, u32)| {
            state.output.extend_from_slice(&memory.bytes(at, len).map_err(Trap::Memory)?);
            Ok(())
        })?;
        linker.func_wrap("extism:host/user", "twice", |number: i32| number * 2)?;
        let linked = linker.instantiate_pre(&Module::new(&engine, wasm)?)?;
        Ok(Plugin { store: new_store(&engine, &manifest)?, manifest, linked, instance: None })
    }

    /// A handle that ends the call that goes on, or else the next one, and no later one.
    fn cancel_handle(&self) -> InterruptHandle {
        self.store.data().wasi.interrupt_handle()
    }

    /// The result and the output of a function. After one that had to be ended, the plugin starts anew.
    fn call(&mut self, name: &str, input: &[u8]) -> Result<(i32, Vec<u8>)> {
        let (interrupt, due) = (self.cancel_handle(), Instant::now() + self.manifest.timeout);
        let (engine, waits) = (self.store.engine().clone(), interrupt.clone());
        // The epoch ends what computes, and the interrupt what waits. The watch does this again and again.
        let end = move || _ = (engine.increment_epoch(), waits.interrupt());
        let watch = Watch::new(Some(due), &interrupt, Arc::new(end))?;
        self.store.set_epoch_deadline(1);
        self.store.data_mut().input = input.to_vec();
        let called = self.enter(name);
        drop(watch);
        let output = mem::take(&mut self.store.data_mut().output);
        let is_ended = called.is_err() && interrupt.is_raised();
        if is_ended || self.instance.is_none() {
            (self.store, self.instance) = (new_store(self.store.engine(), &self.manifest)?, None);
        }
        match called {
            Err(_) if is_ended => Err(Error::msg(if Instant::now() < due { "cancelled" } else { "timeout" })),
            called => Ok((called?, output)),
        }
    }

    fn enter(&mut self, name: &str) -> Result<i32> {
        let store = &mut self.store;
        let instance = match self.instance {
            Some(instance) => instance,
            None => {
                let instance = self.linked.instantiate(&mut *store)?;
                bind(&mut *store, &instance, |state| &mut state.memory)?;
                if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
                    initialize.call(&mut *store, ())?;
                }
                *self.instance.insert(instance)
            }
        };
        instance.get_typed_func::<(), i32>(&mut *store, name)?.call(store, ())
    }
}

fn new_store(engine: &Engine, manifest: &Manifest) -> Result<Store<State>> {
    let mut wasi = WasiCtx::builder().envs(manifest.config.iter().copied());
    for (host, guest, perms) in &manifest.allowed_paths {
        wasi = wasi.preopen_dir(host, *guest, *perms);
    }
    let limits = StoreLimitsBuilder::new().memory_size(manifest.max_pages << 16).trap_on_grow_failure(true);
    let (wasi, memory, limits) = (wasi.build()?, MemorySlot::new(), limits.build());
    let mut store = Store::new(engine, State { wasi, memory, limits, input: vec![], output: vec![] });
    store.limiter(|state| &mut state.limits);
    Ok(store)
}

fn main() -> Result<()> {
    let folder = env::temp_dir().join(format!("plugin-host-{}", process::id()));
    fs::create_dir(&folder)?;
    fs::write(folder.join("note"), "a note of the host's")?;
    let allowed_paths = vec![(folder.clone(), "/notes", Perms::read_only())];
    let (config, timeout) = (vec![("GREETING", "salut")], Duration::from_secs(3600));
    let wasm = wat::parse_str(include_str!("plugin.wat"))?;
    let mut plugin = Plugin::new(&wasm, Manifest { allowed_paths, config, timeout, max_pages: 4 })?;
    for name in ["Ada", "Grace", "Edsger"] {
        assert_eq!(plugin.call("greet", name.as_bytes())?, (2, format!("GREETING=salut{name}").into()));
    }
    assert_eq!(plugin.call("read", &[])?, (0, "a note of the host's".into()));
    assert_eq!(plugin.call("write", &[])?.0, 63, "EPERM");
    assert!(plugin.call("grow", &[]).is_err(), "eight more pages are too many");
    for busy in ["spin", "sleep"] {
        let cancel = plugin.cancel_handle();
        thread::spawn(move || cancel.interrupt());
        assert_eq!(plugin.call(busy, &[]).unwrap_err().to_string(), "cancelled");
        plugin.manifest.timeout = Duration::from_millis(20);
        assert_eq!(plugin.call(busy, &[]).unwrap_err().to_string(), "timeout");
        plugin.manifest.timeout = timeout;
        assert_eq!(plugin.call("greet", &[])?.0, 2, "it was started anew");
        println!("{busy}: cancelled, and ended after its time");
    }
    Ok(fs::remove_dir_all(folder)?)
}

#[test]
fn it_does_what_it_says() {
    main().unwrap();
}
