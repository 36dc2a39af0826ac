//! The metadata of a server and of a model, and the ports that follow from it.

use crate::bounded::Bounded;
use crate::datatype::Datatype;
use crate::trouble::{Trouble, json};
use serde::Deserialize;
use std::borrow::Cow;
use wasi_nn::backend::Port;
use wasi_nn::{Error, MAX_RANK, Printable};

/// Bytes of an answer about a server or a model.
pub(crate) const MAX_LEN: u64 = 1 << 20;

/// Inputs or outputs of a model.
pub(crate) const MAX_PORTS: usize = 1024;

/// Characters of a name that guests and errors see.
const SHOWN: usize = 256;

/// The extension by which tensors follow the JSON as bytes.
const BINARY: &str = "binary_tensor_data";

/// An input or an output: as guests see it, and as the server calls it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) port: Port,
    pub(crate) name: String,
    pub(crate) datatype: Datatype,
}

/// What is known of a model.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    pub(crate) inputs: Vec<Place>,
    pub(crate) outputs: Vec<Place>,
}

#[derive(Deserialize)]
struct Server<'a> {
    #[serde(borrow, default)]
    extensions: Bounded<Cow<'a, str>, 256>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default)]
    inputs: Bounded<Tensor<'a>, MAX_PORTS>,
    #[serde(borrow, default)]
    outputs: Bounded<Tensor<'a>, MAX_PORTS>,
}

#[derive(Deserialize)]
struct Tensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    shape: Bounded<i64, MAX_RANK>,
}

/// Whether a server says that it has binary tensors.
pub(crate) fn has_binary(body: &[u8]) -> Result<bool, Trouble> {
    let server: Server<'_> = serde_json::from_slice(body).map_err(|error| json(&error))?;
    Ok(server.extensions.0.iter().any(|extension| extension == BINARY))
}

impl Ports {
    /// Reads what a server says of a model.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Trouble> {
        let model: Model<'_> = serde_json::from_slice(body).map_err(|error| json(&error))?;
        let places = |tensors: Vec<Tensor<'_>>| tensors.iter().map(Tensor::place).collect::<Result<_, _>>();
        Ok(Ports { inputs: places(model.inputs.0)?, outputs: places(model.outputs.0)? })
    }
}

impl Tensor<'_> {
    fn place(&self) -> Result<Place, Trouble> {
        let name = Printable::at_most(&self.name, SHOWN);
        let datatype = Datatype::named(&self.datatype).ok_or_else(|| {
            Trouble::protocol(format!(
                "`{name}` has elements of the type `{}`, which guests cannot have",
                Printable::at_most(&self.datatype, 32)
            ))
        })?;
        let size = |size: &i64| match u32::try_from(*size) {
            Ok(size) => Ok(Some(size)),
            Err(_) if *size == -1 => Ok(None),
            Err(_) => Err(Trouble::protocol(format!("`{name}` has a dimension of {size}"))),
        };
        let shape = self.shape.0.iter().map(size).collect::<Result<_, _>>()?;
        Ok(Place {
            port: Port::new(name.to_string(), datatype.port(), Some(shape)),
            name: self.name.clone().into_owned(),
            datatype,
        })
    }
}

/// Reads ports that the host declares, as `x:FP32[-1,3];mask:BOOL[]`, for a server that says nothing of them.
pub(crate) fn declared(text: &str) -> Result<Vec<Place>, Error> {
    let wrong = |part: &str| {
        Error::invalid_argument(format!(
            "`{}` is not an input or an output; write NAME:TYPE[SIZES], as x:FP32[-1,3], with `;` between several",
            Printable::at_most(part, SHOWN)
        ))
    };
    let place = |part: &str| {
        let (name, kind) = part.rsplit_once(':')?;
        let (datatype, sizes) = kind.strip_suffix(']')?.split_once('[')?;
        let sizes = if sizes.is_empty() { Vec::new() } else { sizes.split(',').collect() };
        let shape = sizes.iter().map(|size| size.trim().parse().ok()).collect::<Option<_>>()?;
        let tensor = Tensor { name: name.into(), datatype: datatype.into(), shape: Bounded(shape) };
        (!name.is_empty() && sizes.len() <= MAX_RANK).then(|| tensor.place().ok())?
    };
    text.split(';').map(|part| place(part).ok_or_else(|| wrong(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Ports, declared, has_binary};
    use crate::datatype::Datatype;

    #[test]
    fn servers_say_whether_they_have_binary_tensors() {
        let has = |text: &str| has_binary(text.as_bytes()).ok();
        assert_eq!(
            has(r#"{"name":"triton","version":"2","extensions":["a","binary_tensor_data"]}"#),
            Some(true)
        );
        assert_eq!(has(r#"{"name":"mlserver","extensions":[]}"#), Some(false));
        assert_eq!(has(r#"{"name":"x","extensions":null}"#), Some(false));
        assert_eq!(has("{}"), Some(false));
        assert_eq!(has(r#"{"extensions":[1]}"#), None);
        let many = format!(r#"{{"extensions":[{}""]}}"#, r#""","#.repeat(256));
        assert_eq!(has(&many), None);
    }

    #[test]
    fn models_have_ports() {
        let read = |inputs: &str| {
            Ports::read(format!(r#"{{"name":"m","inputs":{inputs},"outputs":null}}"#).as_bytes())
        };
        let ports = read(
            r#"[{"name":"a\u0007","datatype":"FP32","shape":[-1,3]},{"name":"b","datatype":"BF16","shape":[]}]"#,
        );
        let inputs = ports.unwrap().inputs;
        assert_eq!(inputs[0].port.shape_text(), "[?, 3]");
        assert!(inputs[0].name == "a\u{7}" && !inputs[0].port.name.contains('\u{7}'));
        assert_eq!(
            (inputs[1].datatype, inputs[1].port.element.to_string()),
            (Datatype::Bf16, "bf16".to_owned())
        );
        for wrong in [
            r#"[{"name":"a","datatype":"BYTES","shape":[1]}]"#,
            r#"[{"name":"a","datatype":"fp32","shape":[1]}]"#,
            r#"[{"name":"a","datatype":"FP32","shape":[-2]}]"#,
            r#"[{"name":"a","datatype":"FP32","shape":[4294967296]}]"#,
            r#"[{"name":"a","datatype":"FP32","shape":[1.5]}]"#,
            r#"[{"name":"a","datatype":"FP32"}]"#,
            r#"[{"datatype":"FP32","shape":[1]}]"#,
            r#"{"a":1}"#,
            "7",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).is_err());
        let long = format!(r#"[{{"name":"a","datatype":"FP32","shape":[{}1]}}]"#, "1,".repeat(1000));
        assert!(read(&long).is_err());
    }

    #[test]
    fn hosts_declare_ports() {
        let ports = declared("x:FP32[-1, 3];a:b:BOOL[]").unwrap();
        assert_eq!((ports[0].name.as_str(), ports[0].port.shape_text()), ("x", "[?, 3]".to_owned()));
        assert_eq!((ports[1].name.as_str(), ports[1].datatype), ("a:b", Datatype::Bool));
        for wrong in
            ["", "x", "x:FP32", "x:FP32[", "x:FP32[a]", ":FP32[1]", "x:FP33[1]", "x:FP32[1];", "x:FP32[-2]"]
        {
            assert!(declared(wrong).is_err(), "{wrong}");
        }
    }
}
