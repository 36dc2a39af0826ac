//! A writer of OpenVINO's intermediate representation: an XML text for the graph, and a file of weights.
//!
//! ```
//! use nn_models::{Element, ir::Network};
//!
//! let mut network = Network::new("double");
//! let x = network.parameter("x", Element::F32, &[1, 4]);
//! let y = network.layer("Add", "y", &[&x, &x], &[("auto_broadcast", "numpy")], &x);
//! network.result(&y);
//! let files = network.finish();
//! assert!(files.xml.starts_with("<?xml") && files.weights.is_empty());
//! ```

use crate::{Element, Tensor};
use std::fmt::Write;

/// The two files of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The graph, usually `NAME.xml`.
    pub xml: String,
    /// The constants one after the other, usually `NAME.bin`.
    pub weights: Vec<u8>,
}

/// What a layer puts out: its place in the graph, and its type and shape.
#[derive(Clone, Debug)]
pub struct Port {
    layer: usize,
    index: usize,
    element: Element,
    shape: Vec<i64>,
}

impl Port {
    const fn new(element: Element, shape: Vec<i64>) -> Self {
        Self { layer: 0, index: 0, element, shape }
    }

    /// The same place with another type, as after a conversion.
    #[must_use]
    pub fn of_type(&self, element: Element) -> Self {
        Self { element, ..self.clone() }
    }

    /// The same place with another shape; -1 leaves a size open.
    #[must_use]
    pub fn of_shape(&self, shape: &[i64]) -> Self {
        Self { shape: shape.to_vec(), ..self.clone() }
    }

    fn write(&self, index: usize, name: &str, into: &mut String) {
        let names = if name.is_empty() { String::new() } else { format!(" names=\"{name}\"") };
        let dims: String = self.shape.iter().map(|size| format!("<dim>{size}</dim>")).collect();
        let precision = precision(self.element);
        line(into, format_args!("<port id=\"{index}\" precision=\"{precision}\"{names}>{dims}</port>"));
    }
}

/// A graph that is being written. Nothing is checked: OpenVINO does that, or does not.
#[derive(Debug, Default)]
pub struct Network {
    name: String,
    layers: String,
    edges: String,
    weights: Vec<u8>,
    count: usize,
}

impl Network {
    /// An empty graph.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds an input; -1 leaves a size open.
    pub fn parameter(&mut self, name: &str, element: Element, shape: &[i64]) -> Port {
        let sizes = join(shape.iter().map(|size| if *size < 0 { "?".to_owned() } else { size.to_string() }));
        let attributes = [("shape", sizes.as_str()), ("element_type", element.name())];
        self.layer("Parameter", name, &[], &attributes, &Port::new(element, shape.to_vec()))
    }

    /// Adds a constant, whose elements go to the weights.
    pub fn constant(&mut self, name: &str, tensor: &Tensor) -> Port {
        let offset = self.weights.len().to_string();
        let size = tensor.bytes.len().to_string();
        self.weights.extend_from_slice(&tensor.bytes);
        let attributes = [
            ("element_type", tensor.element.name()),
            ("shape", &join(tensor.dims.iter().map(u32::to_string))),
            ("offset", &offset),
            ("size", &size),
        ];
        let shape = tensor.dims.iter().map(|size| i64::from(*size)).collect();
        self.layer("Const", name, &[], &attributes, &Port::new(tensor.element, shape))
    }

    /// Adds an operation of opset 1 whose output has the type and shape of `like`.
    pub fn layer(
        &mut self,
        kind: &str,
        name: &str,
        operands: &[&Port],
        attributes: &[(&str, &str)],
        like: &Port,
    ) -> Port {
        let made = Port { layer: self.count, index: operands.len(), ..like.clone() };
        self.open(kind, name, operands, attributes);
        line(&mut self.layers, format_args!("<output>"));
        made.write(made.index, name, &mut self.layers);
        line(&mut self.layers, format_args!("</output>\n</layer>"));
        made
    }

    /// Adds an output.
    pub fn result(&mut self, port: &Port) {
        let name = format!("result{}", self.count);
        self.open("Result", &name, &[port], &[]);
        line(&mut self.layers, format_args!("</layer>"));
    }

    /// The finished files.
    #[must_use]
    pub fn finish(self) -> Files {
        let Self { name, layers, edges, weights, .. } = self;
        let xml = format!(
            "<?xml version=\"1.0\"?>\n<net name=\"{name}\" version=\"11\">\n\
             <layers>\n{layers}</layers>\n<edges>\n{edges}</edges>\n</net>\n"
        );
        Files { xml, weights }
    }

    /// Begins a layer: all but its output.
    fn open(&mut self, kind: &str, name: &str, operands: &[&Port], attributes: &[(&str, &str)]) {
        let id = self.count;
        self.count += 1;
        let into = &mut self.layers;
        line(into, format_args!("<layer id=\"{id}\" name=\"{name}\" type=\"{kind}\" version=\"opset1\">"));
        if !attributes.is_empty() {
            let pairs: String = attributes.iter().map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
            line(into, format_args!("<data{pairs}/>"));
        }
        if operands.is_empty() {
            return;
        }
        line(into, format_args!("<input>"));
        for (index, operand) in operands.iter().enumerate() {
            operand.write(index, "", into);
            let Port { layer, index: port, .. } = operand;
            line(
                &mut self.edges,
                format_args!(
                    "<edge from-layer=\"{layer}\" from-port=\"{port}\" to-layer=\"{id}\" to-port=\"{index}\"/>"
                ),
            );
        }
        line(into, format_args!("</input>"));
    }
}

const fn precision(element: Element) -> &'static str {
    match element {
        Element::F16 => "FP16",
        Element::F32 => "FP32",
        Element::F64 => "FP64",
        Element::U8 => "U8",
        Element::I32 => "I32",
        Element::I64 => "I64",
    }
}

fn join(sizes: impl Iterator<Item = String>) -> String {
    sizes.collect::<Vec<_>>().join(",")
}

/// Writing to a string cannot fail.
fn line(into: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(into, "{text}");
}
