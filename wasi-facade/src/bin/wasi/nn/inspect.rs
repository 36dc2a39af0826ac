//! `wasi nn inspect`: prints what runs a model, its inputs and outputs, and the shapes of outputs for given inputs.

use super::context::registry;
use super::flags::{BroughtModels, Inspect};
use super::graphs::{Graph, REMOTE};
use super::limits::{NnLimits, with_flags};
use super::{remote, shapes, worker};
use crate::failure::{Failure, printable};
use crate::output::print;
use crate::{limits, log};
use std::fmt::Write;
use wasi_facade::nn::backend::Port;
use wasi_facade::nn::{Control, Description, GraphEncoding, NamedGraph, Registry, RegistryBuilder, Source};

/// Loads the model as a guest's host would, and prints what it found.
pub(super) fn inspect(flags: &Inspect) -> Result<u32, Failure> {
    log::show(&flags.verbosity);
    let given = flags.graph.clone().or_else(|| Graph::at(flags.model.as_deref()?));
    let (name, graph) = graph(flags, given.as_ref());
    let limits: NnLimits = limits::limits(&flags.nn_limits).map_err(Failure::usage)?;
    let (none, graphs) = (BroughtModels::none(), flags.graph.as_slice());
    let workers = worker::backends(&none, (graphs, &flags.backends), &limits, &flags.library)?;
    let registry = registry(&flags.library, &flags.devices, None, limits.onnx)?;
    let servers = remote::backends(&given, &flags.servers)?;
    let registry = servers.into_iter().fold(registry, RegistryBuilder::backend);
    let registry = workers.into_iter().fold(registry, RegistryBuilder::backend);
    let registry = registry.graph(graph).build().map_err(Failure::new)?;
    let model = registry.describe(&name).map_err(|error| match log::has_said(&error.to_string()) {
        true => Failure::new("no backend that was asked can run the model"),
        false => Failure::new(with_flags(&error.to_string())),
    })?;
    let mut text = text(&model);
    if !flags.shapes.is_empty() {
        text += &outputs(&registry, &name, &model, flags)?;
    }
    print(&text)?;
    Ok(0)
}

/// The name and the graph of the model, as the flags have it.
fn graph(flags: &Inspect, given: Option<&Graph>) -> (String, NamedGraph) {
    if let Some(graph) = given {
        return (graph.name.clone(), graph.named(&flags.backends));
    }
    let model = flags.model.clone().unwrap_or_default();
    let name = model.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let encoding = flags.encoding.unwrap_or(GraphEncoding::Autodetect);
    let graph = NamedGraph::new(&name, encoding, Source::Files(vec![model]));
    (name, flags.backends.iter().fold(graph.device(flags.device.clone()), NamedGraph::backend))
}

fn text(model: &Description) -> String {
    let mut text =
        format!("{} model, on {} of the backend {}\n", kind(model), model.device, backend(&model.backend));
    if !model.others.is_empty() {
        text += "other backends\n";
        let width = model.others.iter().map(|other| other.backend.len()).max().unwrap_or_default();
        for other in &model.others {
            let _ = writeln!(text, "    {:width$}  {}", other.backend, printable(with_flags(&other.reason)));
        }
    }
    text + &ports("inputs", &model.inputs) + &ports("outputs", &model.outputs)
}

/// The name of a backend, without the server that it is for, which is a part of the device too.
fn backend(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(name, _)| name)
}

/// The format of a model, or that a server has it.
fn kind(model: &Description) -> &'static str {
    match model.encoding {
        GraphEncoding::Autodetect => REMOTE,
        encoding => encoding.name(),
    }
}

fn ports(what: &str, ports: &[Port]) -> String {
    let mut text = format!("{what}\n");
    let names: Vec<_> = ports.iter().map(|port| printable(&port.name)).collect();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (index, (port, name)) in ports.iter().zip(&names).enumerate() {
        let element = &port.element;
        let _ = writeln!(text, "{index:>5}  {name:name_width$}  {element} {}", port.shape_text());
    }
    text
}

/// The outputs for inputs of the shapes that the flags have.
fn outputs(registry: &Registry, name: &str, model: &Description, flags: &Inspect) -> Result<String, Failure> {
    let unbounded = Control::unbounded();
    let shapes = shapes::of_inputs(&model.inputs, &flags.shapes).map_err(Failure::usage)?;
    let tensors = shapes::tensors(&model.inputs, &shapes).map_err(Failure::new)?;
    let graph = registry.named(name, &unbounded).map_err(Failure::new)?;
    let outputs = graph.outputs_for(&tensors, &unbounded);
    let outputs = outputs.map_err(|error| Failure::new(with_flags(&error.to_string())))?;
    let inputs = model.inputs.iter().zip(&shapes);
    let inputs = inputs.map(|(port, shape)| format!("{} {shape:?}", printable(&port.name)));
    Ok(ports(&format!("outputs for {}", inputs.collect::<Vec<_>>().join(", ")), &outputs))
}
