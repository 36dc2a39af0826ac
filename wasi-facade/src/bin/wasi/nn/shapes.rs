//! The parser of `--shape`, and the shapes of all inputs that it makes with those that a model fixes.

use crate::failure::printable;
use wasi_facade::nn::backend::Port;
use wasi_facade::nn::{Error, TensorType};

/// The shape of one input, which is known by its name or by its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    input: String,
    dimensions: Vec<u32>,
}

pub(super) fn shape(text: &str) -> Result<Shape, String> {
    let form = "write INPUT=SHAPE, as in `x=1x3x224x224`, with the name or the number of an input";
    // Names of inputs have any character, and sizes do not.
    let (input, sizes) = text.rsplit_once('=').filter(|(input, _)| !input.is_empty()).ok_or(form)?;
    let dimensions = sizes.split('x').map(str::parse).collect::<Result<_, _>>().map_err(|_| form)?;
    Ok(Shape { input: input.to_owned(), dimensions })
}

/// The shapes of all inputs.
pub(super) fn of_inputs(inputs: &[Port], given: &[Shape]) -> Result<Vec<Vec<u32>>, String> {
    let mut shapes: Vec<_> = inputs.iter().map(|_| None).collect();
    for Shape { input, dimensions } in given {
        let found = inputs.iter().position(|port| port.name == *input).or_else(|| input.parse().ok());
        let place = found.and_then(|index| shapes.get_mut(index)).ok_or_else(|| no_such(inputs, input))?;
        if place.replace(dimensions.clone()).is_some() {
            return Err(format!("the input `{input}` has two shapes; leave one of both out"));
        }
    }
    let fixed = |port: &Port| port.shape.iter().flatten().copied().collect::<Option<Vec<u32>>>();
    let shape = |(given, port): (Option<Vec<u32>>, &Port)| {
        given.or_else(|| port.shape.as_ref().and_then(|_| fixed(port))).ok_or_else(|| {
            let (name, shape) = (&port.name, port.shape_text());
            format!("the input `{name}` has the shape {shape}; say which with `--shape`")
        })
    };
    shapes.into_iter().zip(inputs).map(shape).collect()
}

/// The types of tensors of these shapes, for the inputs.
pub(super) fn tensors<'a>(inputs: &[Port], shapes: &'a [Vec<u32>]) -> Result<Vec<TensorType<'a>>, Error> {
    let tensor = |(port, shape): (&Port, &'a Vec<u32>)| {
        let element = port.element.as_set().ok_or_else(|| {
            Error::unsupported(format!(
                "the input `{}` takes {}, which no guest can set",
                port.name, port.element
            ))
        })?;
        TensorType::new(element, shape)
    };
    inputs.iter().zip(shapes).map(tensor).collect()
}

fn no_such(inputs: &[Port], input: &str) -> String {
    let names: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, port)| format!("{index} `{}`", printable(&port.name)))
        .collect();
    format!("the model has no input `{input}`; it has {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{of_inputs, shape};
    use wasi_facade::nn::ElementType;
    use wasi_facade::nn::backend::{Port, PortType};

    #[test]
    fn shapes_are_read() {
        let read = shape("a=b=1x3x224x224").unwrap();
        assert_eq!((read.input.as_str(), read.dimensions), ("a=b", vec![1, 3, 224, 224]));
        assert_eq!(shape("0=7").unwrap().dimensions, [7]);
        for wrong in ["", "x", "x=", "=1", "x=1x", "x=-1", "x=1,3", "x=4294967296", "x=1X3"] {
            assert!(shape(wrong).unwrap_err().starts_with("write INPUT=SHAPE"), "{wrong}");
        }
    }

    #[test]
    fn inputs_have_the_shapes_that_are_given_or_fixed() {
        let port = |name: &str, shape: Option<&[Option<u32>]>| {
            Port::new(name, PortType::Known(ElementType::F32), shape.map(<[_]>::to_vec))
        };
        let inputs = [port("a", Some(&[None, Some(4)])), port("0", Some(&[Some(2)])), port("c", None)];
        let shapes = |given: &[&str]| {
            of_inputs(&inputs, &given.iter().map(|text| shape(text).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(shapes(&["a=7x4", "2=1"]), Ok(vec![vec![7, 4], vec![2], vec![1]]));
        // A name comes before a number.
        assert_eq!(shapes(&["a=7x4", "0=3", "c=1"]), Ok(vec![vec![7, 4], vec![3], vec![1]]));
        for (given, error) in [
            (&["a=7x4"][..], "the input `c` has the shape [...]; say which with `--shape`"),
            (&["c=1"], "the input `a` has the shape [?, 4]; say which with `--shape`"),
            (&["d=1"], "the model has no input `d`; it has 0 `a`, 1 `0`, 2 `c`"),
            (&["3=1"], "the model has no input `3`; it has 0 `a`, 1 `0`, 2 `c`"),
            (&["c=1", "2=1"], "the input `2` has two shapes; leave one of both out"),
        ] {
            assert_eq!(shapes(given), Err(error.to_owned()));
        }
    }
}
