//! The checks on a model's operators before ONNX Runtime reads it: code that is in files, what ONNX Runtime 1.32 computes in
//! another way than ONNX says, and loops that it does not end early. A wrong answer is worse than none, so such a model is
//! refused.

use super::integers::Sums;
use super::scope::{Functions, Scope};
use wasi_nn::onnx_scan::view::{Model, Node, is_onnx};
use wasi_nn::{Error, Origin, Printable};

/// What is asked of a model.
struct Rules {
    /// Whose model it is. Guests bring no compiled code.
    origin: Origin,
    /// What was found out so far about sums of products of integers of 8 bits.
    sums: Sums,
}

/// Turns of a loop that take a tenth of a second at most if they have nothing to run.
const FEW_TURNS: i64 = 1 << 16;

/// Checks all operators of a model, and gives `sums` back with what they need.
pub(super) fn check(model: &Model<'_>, origin: Origin, sums: Sums) -> Result<Sums, Error> {
    model.check_functions()?;
    let functions = Functions::new(model);
    let mut rules = Rules { origin, sums: sums.of(model) };
    rules.nodes(&model.graph.nodes, &Scope::outermost(&functions, &model.graph))?;
    let mut all = model.functions.iter();
    all.try_for_each(|function| rules.nodes(&function.nodes, &Scope::of_function(&functions, function)))?;
    Ok(rules.sums)
}

impl Rules {
    fn nodes(&mut self, nodes: &[Node<'_>], scope: &Scope<'_>) -> Result<(), Error> {
        nodes.iter().try_for_each(|node| self.node(node, scope))
    }

    fn node(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Result<(), Error> {
        let is_onnx = is_onnx(node.domain);
        match node.operator {
            "EPContext" => self.compiled(node)?,
            "MaxUnpool" if is_onnx && node.input(2).is_some() => {
                return Err(differs(
                    node,
                    "with an output shape it puts elements where they are without one",
                ));
            }
            "Resize" if is_onnx && corners_are_rounded(node, scope) => {
                return Err(differs(
                    node,
                    "with `align_corners` it takes rounded sizes where ONNX multiplies by scales that are no integers",
                ));
            }
            _ => {}
        }
        self.sums.look_at(node, scope)?;
        for graph in node.attributes.iter().flat_map(|attribute| &attribute.graphs) {
            let inside = scope.inside(graph);
            if is_onnx && may_be_long(node, scope) && !inside.runs(graph) {
                return Err(endless(node));
            }
            self.nodes(&graph.nodes, &inside)?;
        }
        Ok(())
    }

    /// Checks a node that is compiled code, which a device runs as it is.
    fn compiled(&self, node: &Node<'_>) -> Result<(), Error> {
        let why = match self.origin {
            Origin::Guest => {
                "is compiled code, which guests cannot bring; give the model that it was made of"
            }
            Origin::Host if !is_embedded(node) => "has its code in a file; have the code put into the model",
            // From there, devices take the weights that the code lacks.
            Origin::Host if names_model(node) => {
                "names the file that it was made of; have the code compiled with the weights in it"
            }
            Origin::Host => return Ok(()),
        };
        Err(Error::unsupported(format!("the operator `EPContext` of the node `{}` {why}", name(node))))
    }
}

fn corners_are_rounded(node: &Node<'_>, scope: &Scope<'_>) -> bool {
    let Some(mode) = node.attribute("coordinate_transformation_mode") else { return false };
    // What an attribute of a function's body has is known where the function is called.
    let is_usual = mode.text != b"align_corners" && mode.refers_to.is_empty();
    if is_usual || node.input(3).is_some() {
        return false;
    }
    let scales = node.input(2).and_then(|name| scope.constant(name)?.floats().ok()?);
    !scales.is_some_and(|scales| scales.iter().all(|scale| scale.fract() == 0.0))
}

/// Whether a node is a loop, unless it has a few turns only.
fn may_be_long(node: &Node<'_>, scope: &Scope<'_>) -> bool {
    let turns = || node.input(0).and_then(|name| scope.constant(name)?.integers().ok()?);
    match node.operator {
        "Loop" => !turns().is_some_and(|turns| turns.iter().all(|count| *count <= FEW_TURNS)),
        "Scan" => true,
        _ => false,
    }
}

/// ONNX Runtime looks whether it shall stop before it runs an operator, and at no other time.
#[cold]
fn endless(node: &Node<'_>) -> Error {
    Error::unsupported(format!(
        "a turn of the loop `{}` has nothing to compute, and ONNX Runtime would stop it before its last turn for no time limit; \
         take the loop out, or give the model to another backend",
        name(node)
    ))
}

/// Whether an operator of compiled code has the code in itself, as it has if it says nothing.
fn is_embedded(node: &Node<'_>) -> bool {
    node.attribute("embed_mode").is_none_or(|mode| mode.int == 1 && mode.refers_to.is_empty())
}

fn names_model(node: &Node<'_>) -> bool {
    let name = node.attribute("onnx_model_filename");
    name.is_some_and(|name| !name.text.is_empty() || !name.refers_to.is_empty())
}

fn differs(node: &Node<'_>, why: &str) -> Error {
    Error::unsupported(format!(
        "ONNX Runtime computes the operator `{}` of the node `{}` in another way than the model says: {why}; give the model to \
         another backend",
        node.operator,
        name(node)
    ))
}

/// The name of a node, or of its first output if it has none.
pub(super) fn name<'a>(node: &Node<'a>) -> Printable<'a> {
    let mut names = [node.name].into_iter().chain(node.outputs.iter().copied());
    Printable::at_most(names.find(|name| !name.is_empty()).unwrap_or_default(), 64)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::integers::Sums;
    use nn_models::onnx::{DataType, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto};
    use nn_models::{Element, Tensor};
    use wasi_nn::onnx_scan::view::Model;
    use wasi_nn::{Origin, Precision};

    fn refusal(model: ModelProto) -> Option<String> {
        let (bytes, sums) = (model.into_bytes(), Sums::on(Precision::Accurate, None, false));
        check(&Model::new(&bytes).unwrap(), Origin::Host, sums).err().map(|error| error.to_string())
    }

    /// An output that is not wanted is no input that is left out.
    #[test]
    fn values_without_a_name_are_none() {
        let body = GraphProto::new("body")
            .input("i", Element::I64, &[])
            .input("c", DataType::BOOL, &[])
            .input("v", Element::F32, &[1])
            .initializer(TensorProto::new("one", &Tensor::f32(&[1], &[1.0])))
            .node(NodeProto::new("Dropout", &["v"], &["unused", ""]))
            .node(NodeProto::new("Clip", &["one", "", "one"], &["w"]))
            .output("c", DataType::BOOL, &[])
            .output("w", Element::F32, &[1]);
        let node = NodeProto::new("Loop", &["", "", "x"], &["y"]).graph("body", body);
        let graph = GraphProto::new("g").input("x", Element::F32, &[1]).node(node);
        let said = refusal(ModelProto::new(graph)).unwrap();
        assert!(said.starts_with("a turn of the loop `y` has nothing to compute"), "{said}");
    }

    /// Each calls the next twice, so that the last is called a billion times; and one that calls itself.
    #[test]
    fn functions_that_call_each_other_have_an_end() {
        let call = |name: &str, out: &str| NodeProto::new(name, &["v"], &[out]).domain("own");
        let function = |name: &str, next: &str| {
            let function = FunctionProto::new("own", name, &["v"], &["w"]);
            function.node(call(next, "u")).node(call(next, "w"))
        };
        let body = GraphProto::new("body")
            .input("i", Element::I64, &[])
            .input("c", DataType::BOOL, &[])
            .input("v", Element::F32, &[])
            .node(call("f0", "w"))
            .output("c", DataType::BOOL, &[])
            .output("w", Element::F32, &[]);
        let graph = || {
            let node = NodeProto::new("Loop", &["", "", "x"], &["y"]).graph("body", body.clone());
            GraphProto::new("g").input("x", Element::F32, &[]).node(node)
        };
        let names: Vec<_> = (0..=30).map(|number| format!("f{number}")).collect();
        let doubling = names
            .windows(2)
            .fold(ModelProto::new(graph()), |model, pair| model.function(function(&pair[0], &pair[1])));
        let circle = ModelProto::new(graph()).function(function("f0", "f0"));
        for model in [doubling, circle] {
            let said = refusal(model).unwrap();
            assert!(said.starts_with("a turn of the loop `y` has nothing to compute"), "{said}");
        }
    }
}
