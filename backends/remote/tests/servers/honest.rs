//! An honest server of the protocol: the model `echo` gives each input as the output of the same number, and `relu` what is
//! above zero.

use crate::support::{Line, Request, answer};
use serde_json::{Value, json};

/// How a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    /// It says that it has binary tensors.
    Binary,
    /// It does not say so, and has them.
    Silent,
    /// It has JSON only, as MLServer.
    Json,
}

pub(crate) const TYPES: [(&str, usize); 9] = [
    ("FP16", 2),
    ("FP32", 4),
    ("FP64", 8),
    ("UINT8", 1),
    ("INT32", 4),
    ("INT64", 8),
    ("BOOL", 1),
    ("INT8", 1),
    ("UINT16", 2),
];

/// The inputs and outputs of a model, by name.
fn metadata(model: &str) -> Option<Value> {
    let tensors = |prefix: &str, types: &[&str]| {
        let tensor = |(at, datatype): (usize, &&str)| json!({ "name": format!("{prefix}{at}"), "datatype": datatype, "shape": [-1, 2] });
        types.iter().enumerate().map(tensor).collect::<Vec<_>>()
    };
    let types: &[&str] = match model {
        "relu" => &["FP32"],
        // All that JSON has, and guests can set.
        "echo" => &["FP32", "FP64", "UINT8", "INT32", "INT64", "BOOL", "INT8"],
        "half" => &["FP16"],
        _ => return None,
    };
    Some(json!({
        "name": model, "versions": ["1"], "platform": "test",
        "inputs": tensors("in", types), "outputs": tensors("out", types),
    }))
}

/// Answers as the protocol says.
pub(crate) fn handle(speech: Speech, request: &Request, line: &mut dyn Line) -> bool {
    line.write_all(&reply(speech, request)).is_ok()
}

pub(crate) fn reply(speech: Speech, request: &Request) -> Vec<u8> {
    let fail = |status: &str, why: &str| answer(status, "", json!({ "error": why }).to_string().as_bytes());
    if request.path == "/v2" {
        let extensions = match speech {
            Speech::Binary => json!(["model_repository", "binary_tensor_data"]),
            Speech::Silent => json!(["model_repository"]),
            Speech::Json => json!([]),
        };
        let body = json!({ "name": "test", "version": "1", "extensions": extensions });
        return answer("200 OK", "Content-Type: application/json\r\n", body.to_string().as_bytes());
    }
    let path = request.path.strip_prefix("/v2/models/").unwrap();
    let model = path.trim_end_matches("/infer");
    let Some(metadata) = metadata(model) else { return fail("404 Not Found", "there is no such model") };
    if request.method == "GET" {
        return answer("200 OK", "", metadata.to_string().as_bytes());
    }
    infer(speech, model, request).unwrap_or_else(|why| fail("400 Bad Request", &why))
}

/// Gives each input back.
fn infer(speech: Speech, model: &str, request: &Request) -> Result<Vec<u8>, String> {
    let (json, mut bytes) = request.parts();
    let is_binary = request.header("inference-header-content-length").is_some();
    if is_binary && speech == Speech::Json {
        return Err("this server has JSON only".to_owned());
    }
    let wants_binary =
        json["outputs"][0]["parameters"]["binary_data"] == json!(true) && speech != Speech::Json;
    let (mut outputs, mut tensors) = (Vec::new(), Vec::new());
    for (at, input) in json["inputs"].as_array().unwrap().iter().enumerate() {
        assert_eq!(input["name"], json!(format!("in{at}")));
        assert_eq!(json["outputs"][at]["name"], json!(format!("out{at}")));
        let datatype = input["datatype"].as_str().unwrap();
        let size = TYPES.iter().find(|(name, _)| *name == datatype).unwrap().1;
        let mut output = json!({ "name": format!("out{at}"), "datatype": datatype, "shape": input["shape"] });
        let mut tensor = if is_binary {
            let len = usize::try_from(input["parameters"]["binary_data_size"].as_u64().unwrap()).unwrap();
            let (tensor, rest) = bytes.split_at(len);
            bytes = rest;
            tensor.to_vec()
        } else {
            from_json(datatype, &input["data"])
        };
        let count: u64 =
            input["shape"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).product();
        assert_eq!(u64::try_from(tensor.len() / size).unwrap(), count);
        if model == "relu" {
            for number in tensor.chunks_exact_mut(4) {
                let value = f32::from_le_bytes(number.try_into().unwrap()).max(0.0);
                number.copy_from_slice(&value.to_le_bytes());
            }
        }
        if wants_binary {
            output["parameters"] = json!({ "binary_data_size": tensor.len() });
            tensors.append(&mut tensor);
        } else {
            output["data"] = to_json(datatype, &tensor);
        }
        outputs.push(output);
    }
    assert!(bytes.is_empty());
    let json = json!({ "model_name": model, "outputs": outputs }).to_string();
    let header = format!("Inference-Header-Content-Length: {}\r\n", json.len());
    let header = if wants_binary { header } else { String::new() };
    Ok(answer("200 OK", &header, &[json.as_bytes(), &tensors].concat()))
}

fn from_json(datatype: &str, data: &Value) -> Vec<u8> {
    let items = data.as_array().unwrap().iter();
    let bytes = |value: &Value| match datatype {
        "FP32" => value.to_string().parse::<f32>().unwrap().to_le_bytes().to_vec(),
        "FP64" => value.as_f64().unwrap().to_le_bytes().to_vec(),
        "UINT8" => vec![u8::try_from(value.as_u64().unwrap()).unwrap()],
        "INT8" => i8::try_from(value.as_i64().unwrap()).unwrap().to_le_bytes().to_vec(),
        "INT32" => i32::try_from(value.as_i64().unwrap()).unwrap().to_le_bytes().to_vec(),
        "INT64" => value.as_i64().unwrap().to_le_bytes().to_vec(),
        "BOOL" => vec![u8::from(value.as_bool().unwrap())],
        other => panic!("{other}"),
    };
    items.flat_map(bytes).collect()
}

fn to_json(datatype: &str, bytes: &[u8]) -> Value {
    let size = TYPES.iter().find(|(name, _)| *name == datatype).unwrap().1;
    let value = |bytes: &[u8]| match datatype {
        "FP32" => json!(f32::from_le_bytes(bytes.try_into().unwrap())),
        "FP64" => json!(f64::from_le_bytes(bytes.try_into().unwrap())),
        "UINT8" => json!(bytes[0]),
        "INT8" => json!(bytes[0].cast_signed()),
        "INT32" => json!(i32::from_le_bytes(bytes.try_into().unwrap())),
        "INT64" => json!(i64::from_le_bytes(bytes.try_into().unwrap())),
        "BOOL" => json!(bytes[0] == 1),
        other => panic!("{other}"),
    };
    bytes.chunks_exact(size).map(value).collect()
}
