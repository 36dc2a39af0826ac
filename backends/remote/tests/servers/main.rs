//! Tests of the backend with servers of our own on the loopback: an honest one, and those that lie, hang or end.

mod bounds;
mod honest;
mod lying;
mod support;
mod talk;
#[cfg(feature = "tls")]
mod tls;

use nn_models::Tensor;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Execution, Graph};
use wasi_nn::{Control, Device, Error, ExecutionTarget, GraphEncoding, LoadOptions, Model, Origin, Source};
use wasi_nn_remote::Remote;

/// A model of a server's, with properties of the graph.
fn load_with(
    remote: &Remote,
    url: &str,
    model: &str,
    properties: &[(&str, &str)],
) -> Result<Arc<dyn Graph>, Error> {
    let source = Source::Served(format!("{url}/v2/models/{model}"));
    let model = Model { encoding: GraphEncoding::Autodetect, source, origin: Origin::Host };
    let mut options = LoadOptions::new(Device::Target(ExecutionTarget::Cpu));
    options.properties =
        properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    remote.load(Arc::new(model), &options, &Control::unbounded())
}

fn load(remote: &Remote, url: &str, model: &str) -> Result<Arc<dyn Graph>, Error> {
    load_with(remote, url, model, &[])
}

fn execution(graph: &Arc<dyn Graph>) -> Box<dyn Execution> {
    Arc::clone(graph).execution(&Control::unbounded()).unwrap()
}

/// What `relu` makes of two numbers.
fn relu(execution: &mut dyn Execution, control: &Control) -> Result<Vec<u8>, Error> {
    backend_tests::set(execution, 0, &Tensor::f32(&[1, 2], &[-1.5, 2.5])).unwrap();
    execution.compute(control)?;
    execution.output(0).map(<[u8]>::to_vec)
}

/// What it has to make of them.
fn expected() -> Vec<u8> {
    [0.0_f32, 2.5].map(f32::to_le_bytes).concat()
}
