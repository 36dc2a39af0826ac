//! Views of a model's nodes, attributes, constants and declarations, for backends whose library reads the model itself.
//!
//! A view borrows from the model's bytes. What is wrong with the model is found by whoever decodes it; here, what
//! decoders could read in two ways is an error.

mod tensor;

use super::wire::{self, Reader, Value, signed};
use crate::{Error, ErrorKind, Printable};
pub use tensor::Tensor;

/// Graphs inside each other, at most. Models in use have up to five.
const MAX_DEPTH: u32 = 64;

/// A model.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Model<'a> {
    /// The graph that is computed.
    pub graph: Graph<'a>,
    /// Functions of the model's own, which its nodes may call.
    pub functions: Vec<Function<'a>>,
    /// The versions of operators, by their domain.
    pub opsets: Vec<(&'a str, u64)>,
}

/// A graph: that of the model, or one in an attribute, such as a branch.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Graph<'a> {
    /// The operations.
    pub nodes: Vec<Node<'a>>,
    /// The constants that have a name.
    pub constants: Vec<Tensor<'a>>,
    /// What is declared of its inputs.
    pub inputs: Vec<Declared<'a>>,
    /// What is declared of its outputs.
    pub outputs: Vec<Declared<'a>>,
    /// What is declared of other values.
    pub values: Vec<Declared<'a>>,
}

/// A function of the model's own.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Function<'a> {
    /// The domain of its name; empty for that of ONNX.
    pub domain: &'a str,
    /// Its name, which nodes have as their operator.
    pub name: &'a str,
    /// Names of values that it takes.
    pub inputs: Vec<&'a str>,
    /// Names of values that it gives.
    pub outputs: Vec<&'a str>,
    /// The operations.
    pub nodes: Vec<Node<'a>>,
    /// The versions of operators in it, by their domain.
    pub opsets: Vec<(&'a str, u64)>,
}

/// An operation.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Node<'a> {
    /// Its own name, which may be empty.
    pub name: &'a str,
    /// The operator.
    pub operator: &'a str,
    /// The domain of the operator; empty for that of ONNX.
    pub domain: &'a str,
    /// Names of values; empty for an optional one that is left out.
    pub inputs: Vec<&'a str>,
    /// Names of values, likewise.
    pub outputs: Vec<&'a str>,
    /// The attributes.
    pub attributes: Vec<Attribute<'a>>,
}

/// An attribute of an operation. It has one value of one kind; the others are empty.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// The attribute of the function around it whose value it has; empty if it has a value itself.
    pub refers_to: &'a str,
    /// An integer.
    pub int: i64,
    /// A float.
    pub float: f32,
    /// A text.
    pub text: &'a [u8],
    /// Integers.
    pub ints: Vec<i64>,
    /// Texts.
    pub texts: Vec<&'a [u8]>,
    /// Floats.
    pub floats: Vec<f32>,
    /// A tensor.
    pub tensor: Option<Tensor<'a>>,
    /// One graph or several.
    pub graphs: Vec<Graph<'a>>,
}

/// What is declared of a value.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Declared<'a> {
    /// Its name.
    pub name: &'a str,
    /// The type of an element, by ONNX's number; zero for what is no tensor, and if it is left out.
    pub element: u64,
    /// The sizes, outermost first, without a value for those that are open; nothing if their number is open too.
    pub shape: Option<Vec<Option<i64>>>,
}

impl<'a> Model<'a> {
    /// Looks at all of a model.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`] for what is no model, and [`ErrorKind::TooLarge`] for graphs that lie too deep inside each
    /// other.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut model = Model::default();
        let mut graph = None;
        each(bytes, |field, value| {
            match field {
                7 => once(&mut graph, value.bytes()?)?,
                8 => model.opsets.push(opset(value.bytes()?)?),
                25 => model.functions.push(Function::new(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        model.graph = Graph::new(graph.unwrap_or_default(), 1)?;
        Ok(model)
    }

    /// Refuses a function with a name in the domain of ONNX's own operators. ONNX leaves it to whoever runs the model whether such
    /// a function or the operator of its name is meant (`ModelProto.functions`), so checks of either could miss what runs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`] for such a function.
    pub fn check_functions(&self) -> Result<(), Error> {
        match self.functions.iter().find(|function| is_onnx(function.domain)) {
            None => Ok(()),
            Some(function) => Err(Error::unsupported(format!(
                "the model's function `{}` is in the domain of ONNX's own operators, where it may stand for one of them or \
                 not; give it a domain of its own",
                Printable::at_most(function.name, 64)
            ))),
        }
    }
}

/// Whether a domain is that of ONNX's own operators.
#[must_use]
pub fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

impl<'a> Function<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut function = Function::default();
        each(bytes, |field, value| {
            match field {
                1 => function.name = value.text()?,
                4 => function.inputs.push(value.text()?),
                5 => function.outputs.push(value.text()?),
                7 => function.nodes.push(Node::new(value.bytes()?, 1)?),
                9 => function.opsets.push(opset(value.bytes()?)?),
                10 => function.domain = value.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(function)
    }
}

impl<'a> Graph<'a> {
    /// `depth` is how many graphs it is in, with itself.
    fn new(bytes: &'a [u8], depth: u32) -> Result<Self, Error> {
        if depth > MAX_DEPTH {
            let text = format!("the ONNX model has more than {MAX_DEPTH} graphs inside each other");
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        let mut graph = Graph::default();
        each(bytes, |field, value| {
            match field {
                1 => graph.nodes.push(Node::new(value.bytes()?, depth)?),
                5 => graph.constants.push(Tensor::new(value.bytes()?)?),
                11 => graph.inputs.push(Declared::new(value.bytes()?)?),
                12 => graph.outputs.push(Declared::new(value.bytes()?)?),
                13 => graph.values.push(Declared::new(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(graph)
    }
}

impl<'a> Node<'a> {
    fn new(bytes: &'a [u8], depth: u32) -> Result<Self, Error> {
        let mut node = Node::default();
        each(bytes, |field, value| {
            match field {
                1 => node.inputs.push(value.text()?),
                2 => node.outputs.push(value.text()?),
                3 => node.name = value.text()?,
                4 => node.operator = value.text()?,
                5 => node.attributes.push(Attribute::new(value.bytes()?, depth)?),
                7 => node.domain = value.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(node)
    }

    /// An attribute by its name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The name of the value at an input; nothing if it is left out.
    #[must_use]
    pub fn input(&self, index: usize) -> Option<&'a str> {
        self.inputs.get(index).copied().filter(|name| !name.is_empty())
    }

    /// The name of the value at an output; nothing if it is not wanted.
    #[must_use]
    pub fn output(&self, index: usize) -> Option<&'a str> {
        self.outputs.get(index).copied().filter(|name| !name.is_empty())
    }
}

impl<'a> Attribute<'a> {
    fn new(bytes: &'a [u8], depth: u32) -> Result<Self, Error> {
        let mut attribute = Attribute::default();
        let mut tensor = None;
        each(bytes, |field, value| {
            match field {
                1 => attribute.name = value.text()?,
                2 => attribute.float = value.float()?,
                3 => attribute.int = signed(value.varint()?),
                4 => attribute.text = value.bytes()?,
                5 => once(&mut tensor, value.bytes()?)?,
                6 | 11 => attribute.graphs.push(Graph::new(value.bytes()?, depth.saturating_add(1))?),
                7 => value.floats(|number| attribute.floats.push(number))?,
                8 => value.varints(|number| attribute.ints.push(signed(number)))?,
                9 => attribute.texts.push(value.bytes()?),
                21 => attribute.refers_to = value.text()?,
                _ => {}
            }
            Ok(())
        })?;
        attribute.tensor = tensor.map(Tensor::new).transpose()?;
        Ok(attribute)
    }
}

impl<'a> Declared<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let (mut declared, mut kind, mut tensor) = (Declared::default(), None, None);
        each(bytes, |field, value| {
            match field {
                1 => declared.name = value.text()?,
                2 => once(&mut kind, value.bytes()?)?,
                _ => {}
            }
            Ok(())
        })?;
        each(
            kind.unwrap_or_default(),
            |field, value| {
                if field == 1 { once(&mut tensor, value.bytes()?) } else { Ok(()) }
            },
        )?;
        each(tensor.unwrap_or_default(), |field, value| {
            match field {
                1 => declared.element = value.varint()?,
                2 => once(&mut declared.shape, shape(value.bytes()?)?)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(declared)
    }
}

fn shape(bytes: &[u8]) -> Result<Vec<Option<i64>>, Error> {
    let mut sizes = Vec::new();
    each(bytes, |field, value| {
        if field == 1 {
            let mut size = None;
            each(value.bytes()?, |field, value| {
                // The last of a number and a name is the one that counts.
                match field {
                    1 => size = Some(signed(value.varint()?)),
                    2 => size = None,
                    _ => {}
                }
                Ok(())
            })?;
            sizes.push(size);
        }
        Ok(())
    })?;
    Ok(sizes)
}

/// An entry of the operators' versions (`OperatorSetIdProto`).
fn opset(bytes: &[u8]) -> Result<(&str, u64), Error> {
    let mut opset = ("", 0);
    each(bytes, |field, value| {
        match field {
            1 => opset.0 = value.text()?,
            2 => opset.1 = value.varint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(opset)
}

/// Gives each field of a message.
fn each<'a>(bytes: &'a [u8], mut take: impl FnMut(u32, Value<'a>) -> Result<(), Error>) -> Result<(), Error> {
    let mut reader = Reader::new(bytes);
    while let Some((field, value)) = reader.next()? {
        take(field, value)?;
    }
    Ok(())
}

/// Keeps a message that can be there once. Decoders merge several, or take the last.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Error> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(wire::malformed("a field is there twice")),
    }
}

#[cfg(test)]
mod tests;
