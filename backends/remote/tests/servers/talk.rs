//! Tests of what is said to an honest server, and understood of it.

use crate::honest::{Speech, handle};
use crate::support::Server;
use crate::{execution, expected, load, load_with, relu};
use nn_models::{Element, Tensor};
use serde_json::json;
use std::fs;
use std::num::NonZeroUsize;
use wasi_nn::{Control, ErrorKind};
use wasi_nn_remote::Remote;

fn raw(element: Element, dims: &[u32], bytes: Vec<u8>) -> Tensor {
    Tensor { element, dims: dims.to_vec(), bytes }
}

fn honest(speech: Speech) -> Server {
    Server::start(move |request, line| handle(speech, request, line))
}

#[test]
fn requests_are_as_the_protocol_says() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "s3cret\n").unwrap();
    let server = honest(Speech::Binary);
    let remote = Remote::http(server.url()).token_file(&token).build().unwrap();
    assert!(!format!("{remote:?}").contains("s3cret"));
    let graph = load(&remote, &server.url(), "relu").unwrap();
    assert_eq!(graph.device(), format!("{}/v2/models/relu", server.url()));
    let mut execution = execution(&graph);
    for _ in 0..5 {
        assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
    }
    assert_eq!(server.connections(), 1);
    let requests = server.requests();
    let paths: Vec<_> =
        requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
    assert_eq!(paths[..2], [("GET", "/v2/models/relu"), ("GET", "/v2")]);
    assert_eq!(paths[2..], [("POST", "/v2/models/relu/infer"); 5]);
    for request in &requests {
        assert_eq!(request.header("host"), Some(server.address().to_string().as_str()));
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
    }
    let (json, bytes) = requests[6].parts();
    let expected = json!({
        "inputs": [{ "name": "in0", "shape": [1, 2], "datatype": "FP32", "parameters": { "binary_data_size": 8 } }],
        "outputs": [{ "name": "out0", "parameters": { "binary_data": true } }],
    });
    assert_eq!((json, bytes), (expected, &[-1.5_f32, 2.5].map(f32::to_le_bytes).concat()[..]));
}

#[test]
fn tensors_of_all_types_go_there_and_back() {
    let tensors = [
        Tensor::f32(&[2, 2], &[0.1, -0.0, f32::MAX, f32::from_bits(1)]),
        raw(Element::F64, &[1, 2], [1e300_f64, -2.5].map(f64::to_le_bytes).concat()),
        raw(Element::U8, &[1, 2], vec![0, 255]),
        raw(Element::I32, &[1, 2], [i32::MIN, 7].map(i32::to_le_bytes).concat()),
        Tensor::i64(&[1, 2], &[i64::MIN, i64::MAX]),
        raw(Element::U8, &[1, 2], vec![0, 1]),
        raw(Element::U8, &[3, 2], vec![128, 255, 0, 1, 2, 127]),
    ];
    for speech in [Speech::Binary, Speech::Silent, Speech::Json] {
        let server = honest(speech);
        let remote = Remote::http(server.url()).build().unwrap();
        let graph = load(&remote, &server.url(), "echo").unwrap();
        let mut execution = execution(&graph);
        for _ in 0..2 {
            let outputs = backend_tests::run(execution.as_mut(), &tensors, tensors.len()).unwrap();
            for (output, tensor) in outputs.iter().zip(&tensors) {
                assert_eq!(output, &tensor.bytes, "{speech:?}");
            }
        }
        // A server that answers with bytes is sent bytes from then on.
        let requests = server.requests();
        let has_bytes =
            requests[2..].iter().map(|request| request.header("inference-header-content-length").is_some());
        let expected = match speech {
            Speech::Binary => [true, true],
            Speech::Silent => [false, true],
            Speech::Json => [false, false],
        };
        assert_eq!(has_bytes.collect::<Vec<_>>(), expected, "{speech:?}");
    }
}

#[test]
fn large_tensors_go_in_one_piece() {
    let server = honest(Speech::Binary);
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let mut execution = execution(&graph);
    for rows in [1_u16, 1 << 10, 1 << 12, 3, 0] {
        let numbers: Vec<f32> = (0..rows).flat_map(|row| [f32::from(row), -1.0]).collect();
        let tensor = Tensor::f32(&[rows.into(), 2], &numbers);
        let outputs = backend_tests::run(execution.as_mut(), &[tensor], 1).unwrap();
        let expected: Vec<u8> = numbers.iter().flat_map(|number| number.max(0.0).to_le_bytes()).collect();
        assert_eq!(outputs[0], expected);
    }
}

#[test]
fn numbers_of_16_bits_need_bytes() {
    let half = raw(Element::F16, &[1, 2], vec![0, 60, 1, 188]);
    let server = honest(Speech::Silent);
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "half").unwrap();
    let error = backend_tests::run(execution(&graph).as_mut(), std::slice::from_ref(&half), 1).unwrap_err();
    assert!(
        error.kind() == ErrorKind::Unsupported && error.to_string().contains("remote.binary=true"),
        "{error}"
    );
    let graph = load_with(&remote, &server.url(), "half", &[("binary", "true")]).unwrap();
    let outputs = backend_tests::run(execution(&graph).as_mut(), std::slice::from_ref(&half), 1).unwrap();
    assert_eq!(outputs[0], half.bytes);
}

#[test]
fn json_has_no_nan() {
    let server = honest(Speech::Json);
    let remote = Remote::http(server.url()).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    let tensor = Tensor::f32(&[1, 2], &[f32::NAN, 1.0]);
    let error = backend_tests::run(execution(&graph).as_mut(), &[tensor], 1).unwrap_err();
    assert!(
        error.kind() == ErrorKind::InvalidArgument && error.to_string().contains("input `in0` has NaN"),
        "{error}"
    );
}

#[test]
fn hosts_declare_what_a_server_does_not_say() {
    let server = Server::start(|request, line| {
        if request.path == "/v2/models/relu" {
            return line.write_all(&crate::support::answer("200 OK", "", br#"{"name":"relu"}"#)).is_ok();
        }
        handle(Speech::Json, request, line)
    });
    let remote = Remote::http(server.url()).build().unwrap();
    let error = load(&remote, &server.url(), "relu").err().unwrap().to_string();
    assert!(error.contains("does not say what inputs and outputs the model has"), "{error}");
    let properties = [("inputs", "in0:FP32[-1,2]"), ("outputs", "out0:FP32[-1,2]")];
    let graph = load_with(&remote, &server.url(), "relu", &properties).unwrap();
    assert_eq!(relu(execution(&graph).as_mut(), &Control::unbounded()).unwrap(), expected());
    for (properties, part) in [
        (&[("inputs", "in0")][..], "is not an input or an output"),
        (&[("binary", "yes")], "true or false"),
        (&[("batch", "7")], "no property `batch`"),
    ] {
        let error = load_with(&remote, &server.url(), "relu", properties).err().unwrap();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_server_is_one_server() {
    let (one, other) = (honest(Speech::Binary), honest(Speech::Binary));
    let remote = Remote::http(one.url()).build().unwrap();
    let error = load(&remote, &other.url(), "relu").err().unwrap();
    assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains(&other.url()), "{error}");
    assert_eq!(other.connections(), 0);
}

#[test]
fn calls_share_connections() {
    let server = honest(Speech::Binary);
    let one = NonZeroUsize::new(1).unwrap();
    let remote = Remote::http(server.url()).connections(one).build().unwrap();
    let graph = load(&remote, &server.url(), "relu").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut execution = execution(&graph);
                for _ in 0..20 {
                    assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
                }
            });
        }
    });
    assert_eq!(server.connections(), 1);
}

#[test]
fn tokens_are_words() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    for text in ["", "\n", "two words", "a\r\nX: b", "\u{fc}"] {
        fs::write(&token, text).unwrap();
        let error = Remote::http("http://127.0.0.1").token_file(&token).build().unwrap_err().to_string();
        assert!(error.contains("no token can be read from"), "{error}");
    }
    let missing = folder.path().join("missing");
    assert!(Remote::http("http://127.0.0.1").token_file(missing).build().is_err());
}
