//! A guest whose models the tests' backend runs.

use super::errno::SUCCESS;
use super::guest::Guest;
use super::toy::Toy;
use std::ops::{Deref, DerefMut};
use wasi_nn::{
    Device, ElementType, ExecutionTarget, GraphEncoding, Limits, NamedGraph, NnCtx, ProcessLimits, Registry,
    Source,
};

/// Two inputs, their sum, and a copy of the first.
pub(crate) const SUM: &str =
    "in x f32 [?]\nin y f32 [?]\nout sum f32 [?] = sum x y\nout same f32 [?] = copy x";

/// The handles of a fixture: the graph of [`SUM`], a context of it without inputs, and one that has computed.
pub(crate) const GRAPH: u32 = 0;
pub(crate) const FRESH: u32 = 0;
pub(crate) const READY: u32 = 1;
/// A handle that means nothing yet.
pub(crate) const STALE: u32 = 7;

/// What [`READY`] was given, and what it computed.
pub(crate) const X: [f32; 2] = [1.0, 2.0];
pub(crate) const Y: [f32; 2] = [0.25, -2.5];
pub(crate) const X_PLUS_Y: [f32; 2] = [1.25, -0.5];

/// The names that the registry knows, and their models.
const NAMED: &[(&str, &str)] = &[
    ("sum", SUM),
    ("ä", SUM),
    ("broken", "on load fail"),
    ("lazy", "on load wait"),
    ("forever", "on compute wait"),
    ("double", "in x u8 [1000]\nout y u8 [1000] = sum x x"),
];

pub(crate) struct Fixture {
    guest: Guest,
    pub(crate) toy: Toy,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Fixture::limited(|_| {})
    }

    /// With other limits of the guest's.
    pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = Limits::default();
        change(&mut limits);
        Fixture::over(ProcessLimits::default(), &limits)
    }

    pub(crate) fn over(process: ProcessLimits, limits: &Limits) -> Self {
        let toy = Toy::default();
        let ctx = NnCtx::builder(registry(&toy, process)).limits(limits.clone()).build();
        Fixture { guest: Guest::new(ctx), toy }
    }

    /// With [`GRAPH`], [`FRESH`] and [`READY`].
    pub(crate) fn ready() -> Self {
        let mut f = Fixture::new();
        f.make_ready();
        f
    }

    pub(crate) fn make_ready(&mut self) {
        assert_eq!(self.load(SUM), Ok(GRAPH));
        assert_eq!(self.init(GRAPH), Ok(FRESH));
        assert_eq!(self.init(GRAPH), Ok(READY));
        assert_eq!(self.set_floats(READY, 0, &X), SUCCESS);
        assert_eq!(self.set_floats(READY, 1, &Y), SUCCESS);
        assert_eq!(self.compute(READY), SUCCESS);
        self.mask();
    }
}

impl Deref for Fixture {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.guest
    }
}

impl DerefMut for Fixture {
    fn deref_mut(&mut self) -> &mut Guest {
        &mut self.guest
    }
}

/// A registry with the tests' backend, which takes guests' models as `pytorch` and `openvino`.
pub(crate) fn registry(toy: &Toy, limits: ProcessLimits) -> Registry {
    let mut builder = Registry::builder().backend(toy.clone()).limits(limits);
    builder = builder.route(GraphEncoding::PyTorch, "toy").route(GraphEncoding::OpenVino, "toy");
    for (name, model) in NAMED {
        builder = builder.graph(named(name, model));
    }
    for element in ElementType::ALL {
        let name = element.name();
        builder = builder.graph(named(name, &format!("in x {name} [1, 3]\nout y {name} [1, 3] = copy x")));
    }
    builder.graph(named("elsewhere", SUM).device(Device::Target(ExecutionTarget::Tpu))).build().unwrap()
}

fn named(name: &str, model: &str) -> NamedGraph {
    NamedGraph::new(name, GraphEncoding::PyTorch, Source::Bytes(vec![model.as_bytes().to_vec()]))
}
