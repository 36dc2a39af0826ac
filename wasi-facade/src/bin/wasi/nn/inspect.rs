//! `wasi nn inspect`: prints a model's inputs and outputs.

use super::context::{openvino, registry};
use super::flags::Inspect;
use crate::failure::{Failure, printable};
use crate::log;
use crate::output::print;
use std::fmt::Write;
use wasi_facade::backend::onnx::OnnxLimits;
use wasi_facade::nn::{Description, GraphEncoding, NamedGraph, Source};

/// Loads the model as a guest's host would, and prints what it found.
pub(super) fn inspect(flags: &Inspect) -> Result<u32, Failure> {
    log::show(&flags.verbosity);
    let name = flags.model.file_name().unwrap_or_default().to_string_lossy();
    let encoding = flags.encoding.unwrap_or(GraphEncoding::Autodetect);
    let graph = NamedGraph::new(&*name, encoding, Source::Files(vec![flags.model.clone()]));
    let graph = flags.backends.iter().fold(graph.device(flags.device.clone()), NamedGraph::backend);
    let registry = registry(&openvino(&flags.library), OnnxLimits::default())?;
    let registry = registry.graph(graph).build().map_err(Failure::new)?;
    print(&text(&registry.describe(&name).map_err(Failure::new)?))?;
    Ok(0)
}

fn text(model: &Description) -> String {
    let mut text =
        format!("{} model, on {} of the backend {}\n", model.encoding, model.device, model.backend);
    for (what, ports) in [("inputs", &model.inputs), ("outputs", &model.outputs)] {
        let _ = writeln!(text, "{what}");
        let names: Vec<_> = ports.iter().map(|port| printable(&port.name)).collect();
        let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (index, (port, name)) in ports.iter().zip(&names).enumerate() {
            let element = &port.element;
            let _ = writeln!(text, "{index:>5}  {name:name_width$}  {element} {}", port.shape_text());
        }
    }
    text
}
