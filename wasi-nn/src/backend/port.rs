//! The inputs and outputs of a model: names, types and shapes, and what fits them.

use crate::{ElementType, Error, Printable, TensorType};
use std::fmt::{self, Display};

/// An input or an output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// Its name in the model; may be empty.
    pub name: String,
    /// What one element is.
    pub element: PortType,
    /// The dimensions, outermost first, with `None` for those that the model leaves open; `None` as a whole
    /// if even their number is open.
    pub shape: Option<Vec<Option<u32>>>,
}

/// What the elements of a [`Port`] are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortType {
    /// A type that guests can name.
    Known(ElementType),
    /// A truth value of one byte. Guests set such inputs as `u8`, where all but zero is true, and get such outputs as
    /// bytes that are 0 or 1.
    Bool,
    /// Signed, 8 bits. Guests set such inputs as `u8` of the same bytes, and get such outputs as bytes.
    I8,
    /// Another, by the backend's name for it: guests cannot set such inputs, and get such outputs as bytes.
    Other(String),
}

impl PortType {
    /// The type as which guests set an input, if they can.
    #[must_use]
    pub const fn as_set(&self) -> Option<ElementType> {
        match self {
            PortType::Known(element) => Some(*element),
            PortType::Bool | PortType::I8 => Some(ElementType::U8),
            PortType::Other(_) => None,
        }
    }
}

impl Port {
    /// A port with a name, a type, and a shape.
    #[must_use]
    pub fn new(name: impl Into<String>, element: PortType, shape: Option<Vec<Option<u32>>>) -> Self {
        Port { name: name.into(), element, shape }
    }

    /// Whether its shape is known.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.iter().all(Option::is_some))
    }

    /// Checks that a tensor fits, and gives it as the backend is to see it: a tensor of shape `[1]` stands for
    /// a scalar too, since some bindings have no other way to write one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if its type or its shape is another.
    pub fn fit<'a>(&self, tensor: TensorType<'a>) -> Result<TensorType<'a>, Error> {
        if self.element.as_set() != Some(tensor.element()) {
            let through = match self.element {
                PortType::Bool | PortType::I8 => " as u8",
                PortType::Known(_) | PortType::Other(_) => "",
            };
            return Err(Error::invalid_argument(format!(
                "input `{}` takes {}{through}, not {}",
                Printable::at_most(&self.name, 64),
                self.element,
                tensor.element()
            )));
        }
        let Some(shape) = &self.shape else { return Ok(tensor) };
        if shape.is_empty() && tensor.dimensions() == [1] {
            return TensorType::new(tensor.element(), &[]);
        }
        let allows = |(wanted, given): (&Option<u32>, &u32)| wanted.is_none_or(|wanted| wanted == *given);
        if shape.len() == tensor.dimensions().len() && shape.iter().zip(tensor.dimensions()).all(allows) {
            return Ok(tensor);
        }
        Err(Error::invalid_argument(format!(
            "input `{}` has the shape {}, not {:?}",
            Printable::at_most(&self.name, 64),
            self.shape_text(),
            tensor.dimensions()
        )))
    }

    /// Checks that a model declares an output as the library found it, as far as both are known. Where they differ, the
    /// library means something else by an operator than the model does.
    ///
    /// * `element`: the type that the model declares; `None` if it is open, or what was found is
    /// * `shape`: the dimensions that it declares, outermost first, likewise
    /// * `library`: who found it, as the error says it
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) with the name of the port, and with what differs.
    pub fn check_declared(
        &self,
        element: Option<&PortType>,
        shape: Option<&[Option<u32>]>,
        library: &str,
    ) -> Result<(), Error> {
        let mismatch = |said: &dyn Display, found: &dyn Display| {
            Error::unsupported(format!(
                "the model declares {said} for its output `{}`, and {library} makes {found} of it; give the model to \
                 another backend, or correct what it declares",
                Printable::at_most(&self.name, 64)
            ))
        };
        if let Some(said) = element.filter(|said| **said != self.element) {
            return Err(mismatch(said, &self.element));
        }
        let (Some(said), Some(found)) = (shape, &self.shape) else { return Ok(()) };
        let agree =
            |(said, found): (&Option<u32>, &Option<u32>)| said.is_none() || found.is_none() || said == found;
        if said.len() == found.len() && said.iter().zip(found).all(agree) {
            return Ok(());
        }
        Err(mismatch(&dimensions_text(said), &self.shape_text()))
    }

    /// The shape as text, as `[?, 3, 224, 224]`, or `[...]` if even the number of dimensions is open.
    #[must_use]
    pub fn shape_text(&self) -> String {
        self.shape.as_deref().map_or_else(|| "[...]".to_owned(), dimensions_text)
    }
}

fn dimensions_text(dimensions: &[Option<u32>]) -> String {
    let text = |size: &Option<u32>| size.map_or_else(|| "?".to_owned(), |size| size.to_string());
    format!("[{}]", dimensions.iter().map(text).collect::<Vec<_>>().join(", "))
}

impl Display for PortType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortType::Known(element) => element.fmt(f),
            PortType::Bool => f.write_str("bool"),
            PortType::I8 => f.write_str("i8"),
            PortType::Other(name) => Printable::at_most(name, 64).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Port, PortType};
    use crate::{ElementType, TensorType};

    fn port(shape: Option<&[Option<u32>]>) -> Port {
        Port::new("x", PortType::Known(ElementType::F32), shape.map(<[_]>::to_vec))
    }

    fn fitted(port: &Port, dimensions: &[u32]) -> Result<Vec<u32>, String> {
        let tensor = TensorType::new(ElementType::F32, dimensions).unwrap();
        port.fit(tensor).map(|tensor| tensor.dimensions().to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn open_dimensions_take_anything_and_closed_ones_do_not() {
        let port = port(Some(&[None, Some(3)]));
        assert_eq!(fitted(&port, &[7, 3]), Ok(vec![7, 3]));
        assert_eq!(fitted(&port, &[0, 3]), Ok(vec![0, 3]));
        assert_eq!(fitted(&port, &[7, 4]), Err("input `x` has the shape [?, 3], not [7, 4]".to_owned()));
        assert!(fitted(&port, &[7]).is_err());
        assert!(fitted(&port, &[7, 3, 1]).is_err());
    }

    #[test]
    fn an_open_rank_takes_any_shape() {
        let port = port(None);
        assert_eq!(fitted(&port, &[1, 2, 3]), Ok(vec![1, 2, 3]));
        assert_eq!(fitted(&port, &[]), Ok(vec![]));
        assert_eq!(port.shape_text(), "[...]");
    }

    #[test]
    fn a_scalar_may_be_written_as_one_dimension_of_one() {
        let port = port(Some(&[]));
        assert_eq!(fitted(&port, &[]), Ok(vec![]));
        assert_eq!(fitted(&port, &[1]), Ok(vec![]));
        assert!(fitted(&port, &[2]).is_err());
    }

    #[test]
    fn what_is_declared_has_to_be_what_was_found() {
        let text = |result: Result<(), crate::Error>| result.map_err(|error| error.to_string());
        let check = |found: Option<&[Option<u32>]>, said: &[Option<u32>]| {
            text(port(found).check_declared(None, Some(said), "it"))
        };
        let found = [None, Some(3)];
        for said in [[Some(7), Some(3)], [None, Some(3)], [None, None]] {
            assert_eq!(check(Some(&found), &said), Ok(()));
        }
        assert_eq!(check(None, &[Some(1)]), Ok(()));
        let wrong = |said: &str| {
            Err(format!(
                "the model declares {said} for its output `x`, and it makes [?, 3] of it; give the model to another \
                 backend, or correct what it declares"
            ))
        };
        assert_eq!(check(Some(&found), &[None, Some(4)]), wrong("[?, 4]"));
        assert_eq!(check(Some(&found), &[None]), wrong("[?]"));
        assert_eq!(check(Some(&found), &[]), wrong("[]"));
        let element = |said| text(port(None).check_declared(Some(&said), None, "it"));
        assert_eq!(element(PortType::Known(ElementType::F32)), Ok(()));
        let error = element(PortType::Bool).unwrap_err();
        assert!(error.contains("declares bool for its output `x`, and it makes f32 of it"), "{error}");
    }

    #[test]
    fn names_in_errors_are_bounded_and_escaped() {
        let names = Port::new("\u{1b}".repeat(1000), PortType::Other("\n".repeat(1000)), None);
        let error = names.fit(TensorType::new(ElementType::I32, &[1]).unwrap()).unwrap_err().to_string();
        assert!(error.len() < 1000 && !error.contains(char::is_control), "{error}");
    }

    #[test]
    fn another_type_does_not_fit() {
        let tensor = TensorType::new(ElementType::I32, &[1]).unwrap();
        let error = port(None).fit(tensor).unwrap_err().to_string();
        assert_eq!(error, "input `x` takes f32, not i32");
        for (narrow, expected) in [(PortType::Bool, "bool"), (PortType::I8, "i8")] {
            let port = Port::new("m", narrow, None);
            let expected = format!("input `m` takes {expected} as u8, not i32");
            assert_eq!(port.fit(tensor).unwrap_err().to_string(), expected);
            assert!(port.fit(TensorType::new(ElementType::U8, &[1]).unwrap()).is_ok());
        }
        let strings = Port::new("s", PortType::Other("string".to_owned()), None);
        assert_eq!(strings.fit(tensor).unwrap_err().to_string(), "input `s` takes string, not i32");
    }
}
