//! A backend that does what a test says, and counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use wasi_nn::backend::{Backend, Compiled, Execution, Graph, Port, PortType};
use wasi_nn::{
    Control, Device, ElementType, Error, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin,
    Registry, RegistryBuilder, Source, TensorType,
};

/// What a load does before it succeeds.
type Script = dyn Fn(&Model, &Device, &Control) -> Result<(), Error> + Send + Sync;

/// The backend. Clones share what they count.
#[derive(Clone)]
pub(crate) struct Scripted {
    name: String,
    accepted: Vec<(GraphEncoding, Origin)>,
    script: Arc<Script>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    loads: Mutex<Vec<(GraphEncoding, String)>>,
    options: Mutex<Vec<LoadOptions>>,
    alive: AtomicUsize,
}

impl Scripted {
    /// A backend that loads everything.
    pub(crate) fn new(name: &str) -> Self {
        let everything = GraphEncoding::ALL.into_iter();
        let everything =
            everything.flat_map(|encoding| [(encoding, Origin::Guest), (encoding, Origin::Host)]);
        Scripted {
            name: name.to_owned(),
            accepted: everything.collect(),
            script: Arc::new(|_, _, _| Ok(())),
            counts: Arc::default(),
        }
    }

    /// The same under another name.
    pub(crate) fn renamed(&self, name: &str) -> Self {
        Scripted { name: name.to_owned(), ..self.clone() }
    }

    /// Accepts nothing but these.
    pub(crate) fn accepting(mut self, accepted: &[(GraphEncoding, Origin)]) -> Self {
        self.accepted = accepted.to_vec();
        self
    }

    /// Runs `script` in each load.
    pub(crate) fn script(
        mut self,
        script: impl Fn(&Model, &Device, &Control) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        self.script = Arc::new(script);
        self
    }

    /// Says in each load that it has begun, waits until it may go on, and ends as `then` does.
    pub(crate) fn gated(
        self,
        then: impl Fn(&Control) -> Result<(), Error> + Send + Sync + 'static,
    ) -> (Self, Event, Event) {
        let (begun, go_on) = (Event::default(), Event::default());
        let gate = (begun.clone(), go_on.clone());
        let backend = self.script(move |_, _, control| {
            gate.0.happen();
            gate.1.wait();
            then(control)
        });
        (backend, begun, go_on)
    }

    /// A registry that has this backend, and lets guests bring ONNX for it.
    pub(crate) fn registry(&self) -> Registry {
        self.registry_with(|builder| builder)
    }

    pub(crate) fn registry_with(&self, more: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> Registry {
        let builder = Registry::builder().backend(self.clone()).route(GraphEncoding::Onnx, &self.name);
        more(builder).build().unwrap()
    }

    /// How many loads have begun.
    pub(crate) fn loads(&self) -> usize {
        self.counts.loads.lock().unwrap().len()
    }

    /// What they were of, and for which device.
    pub(crate) fn loaded(&self) -> Vec<(GraphEncoding, String)> {
        self.counts.loads.lock().unwrap().clone()
    }

    /// What they were told.
    pub(crate) fn told(&self) -> Vec<LoadOptions> {
        self.counts.options.lock().unwrap().clone()
    }

    /// How many graphs are alive.
    pub(crate) fn alive(&self) -> usize {
        self.counts.alive.load(Ordering::SeqCst)
    }
}

impl Backend for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, encoding: GraphEncoding, origin: Origin) -> bool {
        self.accepted.contains(&(encoding, origin))
    }

    fn load(
        &self,
        model: Arc<Model>,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<Arc<dyn Graph>, Error> {
        let device = &options.device;
        self.counts.loads.lock().unwrap().push((model.encoding, device.to_string()));
        self.counts.options.lock().unwrap().push(options.clone());
        (self.script)(&model, device, control)?;
        self.counts.alive.fetch_add(1, Ordering::SeqCst);
        let port = |name: &str| [Port::new(name, PortType::Known(ElementType::U8), Some(vec![Some(1)]))];
        let counts = Arc::clone(&self.counts);
        Ok(Arc::new(Identity {
            input: port("in"),
            output: port("out"),
            device: format!("{device}!"),
            counts,
        }))
    }
}

/// A graph that gives back the byte that it gets.
struct Identity {
    input: [Port; 1],
    output: [Port; 1],
    device: String,
    counts: Arc<Counts>,
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.counts.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Graph for Identity {
    fn inputs(&self) -> &[Port] {
        &self.input
    }

    fn outputs(&self) -> &[Port] {
        &self.output
    }

    fn device(&self) -> &str {
        &self.device
    }

    fn compiled(&self) -> Compiled {
        let mut compiled = Compiled::default();
        compiled.compiles.done = 1;
        compiled
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(Byte([0])))
    }
}

struct Byte([u8; 1]);

impl Execution for Byte {
    fn input(&mut self, _: usize, _: TensorType<'_>) -> Result<&mut [u8], Error> {
        Ok(&mut self.0)
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        control.check()
    }

    fn output(&self, _: usize) -> Result<&[u8], Error> {
        Ok(&self.0)
    }
}

/// Something that happens once, and that threads wait for.
#[derive(Clone, Default)]
pub(crate) struct Event(Arc<(Mutex<bool>, Condvar)>);

impl Event {
    pub(crate) fn happen(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn wait(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |happened| !*happened).unwrap());
    }
}

/// A model of a guest's.
pub(crate) fn model(encoding: GraphEncoding, parts: &[&[u8]]) -> Model {
    let parts = parts.iter().map(|part| part.to_vec()).collect();
    Model { encoding, source: Source::Bytes(parts), origin: Origin::Guest }
}

/// Loads one part, called ONNX, for the processor, as a guest without limits does.
pub(crate) fn load(registry: &Registry, bytes: &[u8]) -> Result<Arc<dyn Graph>, Error> {
    load_within(registry, bytes, &Control::unbounded())
}

pub(crate) fn load_within(
    registry: &Registry,
    bytes: &[u8],
    control: &Control,
) -> Result<Arc<dyn Graph>, Error> {
    registry.load(model(GraphEncoding::Onnx, &[bytes]), ExecutionTarget::Cpu, control)
}

/// The error of what must not succeed.
#[track_caller]
pub(crate) fn error<T>(result: Result<T, Error>) -> Error {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error,
    }
}
