//! The declared inputs and outputs of an ONNX model, and their comparison with those that OpenVINO found.

use super::quoted;
use crate::element;
use std::collections::HashSet;
use wasi_nn::Error;
use wasi_nn::backend::{Port, PortType};
use wasi_nn::onnx_scan::view::{Declared, Graph};

/// The inputs and outputs of a model, as it declares them.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    inputs: Vec<Claim>,
    outputs: Vec<Claim>,
}

/// An input or an output.
#[derive(Debug)]
struct Claim {
    name: String,
    /// Nothing for what is no tensor, and for types that OpenVINO lacks.
    element: Option<PortType>,
    shape: Option<Vec<Option<u32>>>,
    /// Whether the answer does not depend on it.
    is_idle: bool,
}

/// Where OpenVINO has each input of a model; nothing for those that it does not ask for.
pub(crate) type Places = Vec<Option<usize>>;

impl Claims {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let mut used: HashSet<&str> = graph.outputs.iter().map(|output| output.name).collect();
        find_used(graph, &mut used);
        let constants: HashSet<&str> = graph.constants.iter().map(|tensor| tensor.name).collect();
        let claim = |declared: &Declared<'_>| Claim::new(declared, !used.contains(declared.name));
        let inputs = graph.inputs.iter().filter(|input| !constants.contains(input.name));
        Claims { inputs: inputs.map(claim).collect(), outputs: graph.outputs.iter().map(claim).collect() }
    }

    /// The outputs that OpenVINO `found`, by the model's names: it gives a value that is several outputs, or an input too,
    /// the name of either. Their types and shapes have to be those that the model declares.
    pub(crate) fn outputs(&self, found: Vec<Port>) -> Result<Vec<Port>, Error> {
        if found.len() != self.outputs.len() {
            return Err(Error::unsupported(format!(
                "the model has {} outputs, and OpenVINO makes {} of them; give the model to another backend, such as the \
                 embedded ONNX engine",
                self.outputs.len(),
                found.len()
            )));
        }
        let output = |(claim, mut port): (&Claim, Port)| {
            port.name.clone_from(&claim.name);
            port.check_declared(claim.element.as_ref(), claim.shape.as_deref(), "OpenVINO")?;
            Ok(port)
        };
        self.outputs.iter().zip(found).map(output).collect()
    }

    /// The inputs in the model's order, of which OpenVINO has `found`, and their places there. OpenVINO has no place for an
    /// input whose value it does not ask for. That is right for one without elements and for one that nothing uses, and
    /// otherwise it ignores what the model says.
    pub(crate) fn inputs(&self, found: Vec<Port>) -> Result<(Vec<Port>, Places), Error> {
        let place = |claim: &Claim| found.iter().position(|port| port.name == claim.name);
        let mut places: Places = self.inputs.iter().map(place).collect();
        if places.iter().flatten().count() != found.len() {
            // An input that is an output too has the name of either.
            let asked = self.inputs.iter().filter(|claim| !claim.is_unasked()).count();
            let mut order = 0..found.len();
            let next = |claim: &Claim| if claim.is_unasked() { None } else { order.next() };
            if asked != found.len() {
                return Ok((found, order.map(Some).collect()));
            }
            places = self.inputs.iter().map(next).collect();
        }
        let port = |(claim, place): (&Claim, &Option<usize>)| {
            if let Some(port) = place.and_then(|place| found.get(place)) {
                return Ok(port.clone());
            }
            match &claim.element {
                Some(element) if claim.is_unasked() => {
                    Ok(Port::new(&claim.name, element.clone(), claim.shape.clone()))
                }
                _ => Err(Error::unsupported(format!(
                    "OpenVINO ignores the input {} of the model; give the model to another backend, or put the value \
                     into the model as a constant",
                    quoted(&claim.name)
                ))),
            }
        };
        let inputs = self.inputs.iter().zip(&places).map(port).collect::<Result<_, _>>()?;
        Ok((inputs, places))
    }
}

impl Claim {
    fn new(declared: &Declared<'_>, is_idle: bool) -> Self {
        let size = |size: &Option<i64>| size.and_then(|size| u32::try_from(size).ok());
        Claim {
            name: declared.name.to_owned(),
            element: element::onnx_type(declared.element),
            shape: declared.shape.as_ref().map(|shape| shape.iter().map(size).collect()),
            is_idle,
        }
    }

    /// Whether its value says nothing: there is none, or the answer does not depend on it.
    fn is_unasked(&self) -> bool {
        self.is_idle || self.shape.as_ref().is_some_and(|shape| shape.contains(&Some(0)))
    }
}

/// Adds the values that nodes take. How many values `Dropout` drops does not matter where nothing is trained.
fn find_used<'a>(graph: &Graph<'a>, used: &mut HashSet<&'a str>) {
    for node in &graph.nodes {
        let inputs = node.inputs.iter().enumerate();
        let matters = |(index, _): &(usize, &&str)| node.operator != "Dropout" || *index != 1;
        used.extend(inputs.filter(matters).map(|(_, name)| *name));
        for attribute in &node.attributes {
            for body in &attribute.graphs {
                used.extend(body.outputs.iter().map(|output| output.name));
                find_used(body, used);
            }
        }
    }
}
