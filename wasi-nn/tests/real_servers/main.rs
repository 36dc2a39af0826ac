//! Guests infer on real servers, which `cargo xtask remote` starts: the same guest, with the same outputs as NVIDIA's client
//! gets and as the local backends compute.

#[path = "../common/wasm_guest.rs"]
mod guest;

use guest::{Guest, Numbering, registry};
use nn_models::{Element, Tensor, packages};
use std::env;
use std::fs;
use std::process::Command;
use std::time::Instant;
use wasi_nn::{NamedGraph, Registry, Source};
use wasi_nn_remote::Remote;

/// A server of `cargo xtask remote`.
struct Served {
    name: String,
    url: String,
}

/// The servers that are there, as `NAME=URL NAME=URL`.
fn servers() -> Vec<Served> {
    let servers =
        env::var("WASI_NN_TEST_SERVERS").expect("`cargo xtask remote` starts servers, and runs this test");
    let server = |text: &str| {
        let (name, url) = text.split_once('=').unwrap();
        Served { name: name.to_owned(), url: url.to_owned() }
    };
    servers.split(' ').map(server).collect()
}

impl Served {
    /// A registry with a model of the server's.
    fn registry(&self, model: &str) -> Registry {
        let remote = Remote::http(&self.url).build().unwrap();
        let graph = remote.graph(model, model).unwrap();
        Registry::builder().backend(remote).graph(graph).build().unwrap()
    }

    fn infer(&self, model: &str, inputs: &[Tensor], outputs: usize) -> Vec<Vec<u8>> {
        let registry = self.registry(model);
        let mut guest = Guest::new(&registry);
        guest.load_by_name(model);
        let begin = Instant::now();
        let outputs = guest.infer(inputs, Numbering::New, outputs).unwrap();
        println!("{} {model}: {:?}", self.name, begin.elapsed());
        outputs
    }

    /// What NVIDIA's client gets for inputs with these names and types.
    fn asked(&self, model: &str, inputs: &[(&str, &str, &Tensor)], outputs: usize) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let client = env::var("WASI_NN_TEST_CLIENT").unwrap();
        let (python, script) = client.split_once(' ').unwrap();
        let mut command = Command::new(python);
        command.arg(script).arg(self.url.strip_prefix("http://").unwrap()).arg(model);
        for (name, kind, tensor) in inputs {
            let file = folder.path().join(name);
            fs::write(&file, &tensor.bytes).unwrap();
            let sizes: Vec<_> = tensor.dims.iter().map(u32::to_string).collect();
            command.args([name, kind, sizes.join(",").as_str()]).arg(file);
        }
        let output = command.arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (0..outputs).map(|at| fs::read(folder.path().join(at.to_string())).unwrap()).collect()
    }

    /// Whether NVIDIA's client can speak to it, which always sends bytes.
    fn has_binary(&self) -> bool {
        self.name != "mlserver"
    }
}

#[test]
fn floats() {
    let numbers: Vec<f32> = (0..1500_u16).map(|number| f32::from(number) * 0.37 - 250.0).collect();
    let tensor = Tensor::f32(&[2, 750], &numbers);
    let expected: Vec<u8> = numbers.iter().flat_map(|number| number.max(0.0).to_le_bytes()).collect();
    for server in servers() {
        assert_eq!(
            server.infer("relu", std::slice::from_ref(&tensor), 1),
            [expected.as_slice()],
            "{}",
            server.name
        );
        if server.has_binary() {
            assert_eq!(server.asked("relu", &[("x", "FP32", &tensor)], 1), [expected.as_slice()]);
        }
    }
}

#[test]
fn every_type() {
    let raw = |element, bytes: Vec<u8>| Tensor { element, dims: vec![1, 2], bytes };
    let tensors = [
        ("FP32", Tensor::f32(&[1, 2], &[0.1, f32::MIN])),
        ("FP64", raw(Element::F64, [1e-300_f64, -2.5].map(f64::to_le_bytes).concat())),
        ("UINT8", raw(Element::U8, vec![0, 255])),
        ("INT32", raw(Element::I32, [i32::MIN, 7].map(i32::to_le_bytes).concat())),
        ("INT64", Tensor::i64(&[1, 2], &[i64::MIN, i64::MAX])),
        ("BOOL", raw(Element::U8, vec![0, 1])),
        ("INT8", raw(Element::U8, vec![128, 127])),
        ("FP16", raw(Element::F16, vec![0, 60, 1, 188])),
    ];
    for server in servers() {
        // JSON has no FP16.
        let count = if server.has_binary() { tensors.len() } else { tensors.len() - 1 };
        let inputs: Vec<_> = tensors[..count].iter().map(|(_, tensor)| tensor.clone()).collect();
        let names: Vec<_> = (0..count).map(|at| format!("in{at}")).collect();
        let named: Vec<_> =
            names.iter().zip(&tensors).map(|(name, (kind, tensor))| (name.as_str(), *kind, tensor)).collect();
        let registry = binary(&server, "echo");
        let mut guest = Guest::new(&registry);
        guest.load_by_name("echo");
        let outputs = guest.infer(&inputs, Numbering::New, count).unwrap();
        for (output, input) in outputs.iter().zip(&inputs) {
            assert_eq!(output, &input.bytes, "{}", server.name);
        }
        if server.has_binary() {
            assert_eq!(server.asked("echo", &named, count), outputs, "{}", server.name);
        }
    }
}

/// A registry for a model with numbers of 16 bits: KServe has binary tensors, and does not say so.
fn binary(server: &Served, model: &str) -> Registry {
    let remote = Remote::http(&server.url).build().unwrap();
    let mut graph = remote.graph(model, model).unwrap();
    if server.name == "kserve" {
        graph = graph.property("remote", "binary", "true");
    }
    Registry::builder().backend(remote).graph(graph).build().unwrap()
}

#[test]
fn a_real_model() {
    let Some(model) = packages::or_skip(packages::magika_model()) else { return };
    let bytes: Vec<u8> = (0..2048_i32).flat_map(|at| (at * 7 % 257).to_le_bytes()).collect();
    let tensor = Tensor { element: Element::I32, dims: vec![1, 2048], bytes };
    let local = NamedGraph::new("magika", wasi_nn::GraphEncoding::Onnx, Source::Files(vec![model]));
    let registry = registry([local]).unwrap();
    let mut guest = Guest::new(&registry);
    guest.load_by_name("magika");
    let here = guest.infer(std::slice::from_ref(&tensor), Numbering::New, 1).unwrap();
    let server = servers().into_iter().find(|server| server.name == "triton").unwrap();
    let there = server.infer("magika", std::slice::from_ref(&tensor), 1);
    assert_eq!(there, server.asked("magika", &[("bytes", "INT32", &tensor)], 1));
    let numbers = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    };
    for (here, there) in numbers(&here[0]).into_iter().zip(numbers(&there[0])) {
        assert!((here - there).abs() <= 1e-4 + 1e-3 * there.abs(), "{here} {there}");
    }
}
