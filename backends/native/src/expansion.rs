//! The number of operators that a model has once its functions are put in the place of their calls, as libraries put them when
//! they load it. A function may call another one twice, so a kilobyte can become a billion of them.

use std::collections::HashMap;
use wasi_nn::onnx_scan::view::{Function, Model, Node};
use wasi_nn::{Error, ErrorKind};

/// How deep functions of a model may call each other. Exporters nest a handful.
pub const MOST_CALLS: u32 = 16;

/// The functions of a model by domain and name. Several have the same if they differ in their overload.
pub type Functions<'a> = HashMap<(&'a str, &'a str), Vec<&'a Function<'a>>>;

/// Finds the functions of a model by domain and name, as nodes call them.
#[must_use]
pub fn functions<'a>(model: &'a Model<'a>) -> Functions<'a> {
    let mut functions = Functions::new();
    for function in &model.functions {
        functions.entry((function.domain, function.name)).or_default().push(function);
    }
    functions
}

/// Counts the operators of a model.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] for more than `most`, and for functions that call each other too deep, or themselves.
pub(super) fn operators(model: &Model<'_>, most: u64) -> Result<u64, Error> {
    let functions = functions(model);
    let mut count = Count { functions: &functions, known: HashMap::new(), most };
    let body = count.nodes(&model.graph.nodes, 0)?;
    Ok(body.operators)
}

/// What a body becomes.
#[derive(Clone, Copy, Default)]
struct Body {
    operators: u64,
    /// Calls inside each other.
    calls: u32,
}

struct Count<'a> {
    functions: &'a Functions<'a>,
    /// The bodies of functions, by domain and name.
    known: HashMap<(&'a str, &'a str), Body>,
    most: u64,
}

impl<'a> Count<'a> {
    /// Counts nodes, of which so many calls are around.
    fn nodes(&mut self, nodes: &[Node<'a>], calls: u32) -> Result<Body, Error> {
        let mut whole = Body::default();
        for node in nodes {
            let mut parts = vec![self.node(node, calls)?];
            for graph in node.attributes.iter().flat_map(|attribute| &attribute.graphs) {
                parts.push(self.nodes(&graph.nodes, calls)?);
            }
            for part in parts {
                whole.operators = whole.operators.saturating_add(part.operators);
                whole.calls = whole.calls.max(part.calls);
            }
            if whole.operators > self.most {
                let text = format!("the model's functions make more than {} operators of it", self.most);
                return Err(Error::new(ErrorKind::TooLarge, text));
            }
        }
        Ok(whole)
    }

    fn node(&mut self, node: &Node<'a>, calls: u32) -> Result<Body, Error> {
        let name = (node.domain, node.operator);
        let Some(all) = self.functions.get(&name) else { return Ok(Body { operators: 1, calls: 0 }) };
        let body = match self.known.get(&name) {
            Some(body) => *body,
            None if calls >= MOST_CALLS => return Err(too_deep()),
            None => {
                let mut largest = Body::default();
                for function in all {
                    let body = self.nodes(&function.nodes, calls.saturating_add(1))?;
                    largest.operators = largest.operators.max(body.operators);
                    largest.calls = largest.calls.max(body.calls.saturating_add(1));
                }
                self.known.insert(name, largest);
                largest
            }
        };
        if calls.saturating_add(body.calls) > MOST_CALLS {
            return Err(too_deep());
        }
        Ok(body)
    }
}

#[cold]
fn too_deep() -> Error {
    let text = format!("the model's functions call each other deeper than {MOST_CALLS}, or themselves");
    Error::new(ErrorKind::TooLarge, text)
}

#[cfg(test)]
mod tests {
    use super::operators;
    use nn_models::onnx::{FunctionProto, GraphProto, ModelProto, NodeProto};
    use wasi_nn::onnx_scan::view::Model;

    fn call(name: &str) -> NodeProto {
        NodeProto::new(name, &["v"], &["w"]).domain("own")
    }

    /// A call of `f0`, where each function has `width` calls of the next, and the last is an operator.
    fn chain(depth: u32, width: usize) -> Vec<u8> {
        let mut model = ModelProto::new(GraphProto::new("g").node(call("f0")));
        for number in 0..depth {
            let function = FunctionProto::new("own", &format!("f{number}"), &["v"], &["w"]);
            let next = format!("f{}", number + 1);
            let inner =
                (0..width).map(|_| if number + 1 < depth { call(&next) } else { call("Op").domain("") });
            model = model.function(inner.fold(function, FunctionProto::node));
        }
        model.into_bytes()
    }

    fn counted(bytes: &[u8], most: u64) -> Result<u64, String> {
        operators(&Model::new(bytes).unwrap(), most).map_err(|error| error.to_string())
    }

    #[test]
    fn calls_are_what_they_call() {
        assert_eq!(counted(&chain(1, 3), 3), Ok(3));
        assert_eq!(counted(&chain(10, 2), 1 << 10), Ok(1 << 10));
        assert!(counted(&chain(10, 2), 1023).unwrap_err().contains("more than 1023 operators"));
        assert!(counted(&chain(16, 100), 1 << 40).is_err());
        let inner =
            NodeProto::new("If", &["c"], &["w"]).graph("then_branch", GraphProto::new("b").node(call("f0")));
        let function = FunctionProto::new("own", "f0", &["v"], &["w"]).node(call("Op").domain(""));
        let model = ModelProto::new(GraphProto::new("g").node(inner)).function(function).into_bytes();
        assert_eq!(counted(&model, 10), Ok(2));
    }

    #[test]
    fn calls_have_an_end() {
        assert_eq!(counted(&chain(16, 1), 10), Ok(1));
        assert!(counted(&chain(17, 1), 10).unwrap_err().contains("deeper than 16"));
        assert!(counted(&chain(100_000, 1), 10).unwrap_err().contains("deeper than 16"));
        let circle = FunctionProto::new("own", "f0", &["v"], &["w"]).node(call("f0"));
        let model = ModelProto::new(GraphProto::new("g").node(call("f0"))).function(circle).into_bytes();
        assert!(counted(&model, 10).unwrap_err().contains("or themselves"));
    }
}
