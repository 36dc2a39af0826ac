//! The shapes that a model declares of its outputs, and their comparison with what ONNX Runtime finds and makes.
//!
//! ONNX Runtime only logs where they differ, and goes on with one of both. A guest that reads as many elements as the model
//! says would take one row for another.

use super::element;
use std::collections::HashMap;
use wasi_nn::Error;
use wasi_nn::backend::Port;
use wasi_nn::onnx_scan::view::{Declared, Graph};
use wasi_nn_native::ports;

/// Who finds and makes outputs, as errors say it.
const LIBRARY: &str = "ONNX Runtime";

/// The outputs of a model by name, as the model declares them.
#[derive(Debug, Default)]
pub(super) struct Claims(HashMap<String, Claim>);

/// An output.
#[derive(Debug)]
struct Claim {
    /// The number of the type; nothing for what is no tensor.
    element: Option<i32>,
    shape: Option<Vec<Option<u32>>>,
}

impl Claims {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let of = |declared: &Declared<'_>| (declared.name.to_owned(), Claim::new(declared));
        Claims(graph.outputs.iter().map(of).collect())
    }

    /// The output that a session has, with the sizes that the model declares and the session leaves open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) where they differ.
    pub(super) fn output(&self, mut found: Port) -> Result<Port, Error> {
        let Some(Claim { element, shape }) = self.0.get(&found.name) else { return Ok(found) };
        found.check_declared(element.map(element::port_type).as_ref(), shape.as_deref(), LIBRARY)?;
        match (&mut found.shape, shape) {
            (Some(found), Some(said)) => {
                for (found, said) in found.iter_mut().zip(said) {
                    *found = found.or(*said);
                }
            }
            (found @ None, said) => found.clone_from(said),
            (Some(_), None) => {}
        }
        Ok(found)
    }
}

impl Claim {
    fn new(declared: &Declared<'_>) -> Self {
        let size = |size: &Option<i64>| size.and_then(|size| u32::try_from(size).ok());
        Claim {
            element: i32::try_from(declared.element).ok().filter(|element| *element != 0),
            shape: declared.shape.as_ref().map(|shape| shape.iter().map(size).collect()),
        }
    }
}

/// Checks the shape of what a computation made of an output.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](wasi_nn::ErrorKind::Unsupported) if the output is `declared` with another number of dimensions,
/// or with another size where it is not open.
pub(super) fn check_made(declared: &Port, made: &[i64]) -> Result<(), Error> {
    let Some(said) = declared.shape.as_deref() else { return Ok(()) };
    let fits = |(said, made): (&Option<u32>, &i64)| said.is_none_or(|said| i64::from(said) == *made);
    // The usual case, in which nothing is allocated.
    if said.len() == made.len() && said.iter().zip(made).all(fits) {
        return Ok(());
    }
    let shape = made.iter().copied().map(Some).collect();
    let made = ports::port(declared.name.clone(), declared.element.clone(), Some(shape))?;
    made.check_declared(None, Some(said), LIBRARY)
}

#[cfg(test)]
mod tests {
    use super::{Claims, check_made};
    use nn_models::onnx::{ANY, DataType, GraphProto, ModelProto};
    use wasi_nn::ElementType;
    use wasi_nn::backend::{Port, PortType};
    use wasi_nn::onnx_scan::view::Model;

    fn port(shape: Option<&[Option<u32>]>) -> Port {
        Port::new("y", PortType::Known(ElementType::F32), shape.map(<[_]>::to_vec))
    }

    #[test]
    fn sizes_are_completed_by_what_a_model_declares() {
        let bytes = ModelProto::new(GraphProto::new("g").output("y", DataType(1), &[2, ANY])).into_bytes();
        let claims = Claims::new(&Model::new(&bytes).unwrap().graph);
        for (found, whole) in [
            (None, Some(&[Some(2), None][..])),
            (Some(&[None, None][..]), Some(&[Some(2), None])),
            (Some(&[None, Some(3)]), Some(&[Some(2), Some(3)])),
        ] {
            assert_eq!(claims.output(port(found)).unwrap(), port(whole));
        }
        for other in [&[Some(3), None][..], &[None], &[]] {
            let said = claims.output(port(Some(other))).unwrap_err().to_string();
            assert!(
                said.starts_with("the model declares [2, ?] for its output `y`, and ONNX Runtime"),
                "{said}"
            );
        }
        let unknown = Port::new("z", PortType::Known(ElementType::F32), None);
        assert_eq!(claims.output(unknown.clone()).unwrap(), unknown);
    }

    #[test]
    fn what_is_made_has_the_declared_sizes() {
        let declared = port(Some(&[None, Some(4)]));
        assert!(check_made(&declared, &[0, 4]).is_ok() && check_made(&port(None), &[1, 2, 3]).is_ok());
        for made in [&[2, 5][..], &[4], &[1, 2, 4], &[]] {
            let said = check_made(&declared, made).unwrap_err().to_string();
            assert!(said.starts_with("the model declares [?, 4] for its output `y`"), "{said}");
        }
    }
}
