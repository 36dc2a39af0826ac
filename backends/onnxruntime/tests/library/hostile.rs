//! Tests of models that are damaged or greedy, though the host named them, and of those of guests.

use crate::support::{builder, file, load, of, onnx, onnx_runtime, refusal};
use backend_tests::guests;
use nn_models::hostile::{broken, greedy};
use nn_models::onnx::{FunctionProto, GraphProto, Message, ModelProto, NodeProto};
use nn_models::{Element, golden, models};
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::Execution;
use wasi_nn::{Control, ErrorKind, InterruptHandle, Model, Origin, TensorType};

#[test]
fn damaged_models_are_errors_or_models() {
    let Some(backend) = onnx_runtime() else { return };
    let whole = models::dynamic_batch().onnx();
    let mut loaded = 0;
    for mutant in broken::mutants(&whole, 3).take(400) {
        let Ok(graph) = load(&backend, onnx(mutant)) else { continue };
        loaded += 1;
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        let dims: Vec<u32> = graph.inputs()[0].shape.iter().flatten().map(|size| size.unwrap_or(2)).collect();
        let Some(element) = graph.inputs()[0].element.as_set() else { continue };
        let Ok(kind) = TensorType::new(element, &dims) else { continue };
        if kind.byte_len() < 1 << 20 && execution.input(0, kind).is_ok() {
            let control = Control::new(Some(Duration::from_secs(5)), &InterruptHandle::default());
            let _ = execution.compute(&control);
        }
    }
    assert!(loaded > 0 && loaded < 400, "{loaded}");
    for beginning in broken::beginnings(&whole).step_by(7) {
        assert!(load(&backend, onnx(beginning)).is_err(), "{}", beginning.len());
    }
}

#[test]
fn what_asks_for_too_much_memory_is_an_error() {
    let Some(backend) = onnx_runtime() else { return };
    for model in [greedy::huge_input(), greedy::claimed_constant()] {
        assert!(load(&backend, onnx(model)).is_err());
    }
    // What is not seen before is an error when it is computed.
    for (model, count) in [(greedy::huge_constant(), None), (greedy::size_from_input(), Some(greedy::HUGE))] {
        let Ok(graph) = load(&backend, onnx(model)) else { continue };
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        let mut set =
            |index, tensor: &nn_models::Tensor| crate::support::set(execution.as_mut(), index, tensor);
        set(0, &nn_models::Tensor::f32(&[], &[1.0])).unwrap();
        if let Some(count) = count {
            set(1, &nn_models::Tensor::i64(&[1], &[count])).unwrap();
        }
        assert!(execution.compute(&Control::unbounded()).is_err());
    }
}

#[test]
fn sizes_of_nothing_are_bounded() {
    let Some(backend) = onnx_runtime() else { return };
    let graph = load(&backend, onnx(models::dynamic_batch().onnx())).unwrap();
    let mut execution: Box<dyn Execution> = graph.execution(&Control::unbounded()).unwrap();
    let kind = |dims| TensorType::new(wasi_nn::ElementType::F32, dims).unwrap();
    assert!(execution.input(0, kind(&[1 << 30, 0, 1 << 30])).is_err());
    assert!(execution.input(0, kind(&[0, 4])).is_ok());
}

#[test]
fn onnx_of_guests_is_refused_unless_the_host_takes_it() {
    let Some(mut builder) = builder() else { return };
    let model = || of(models::scalar().onnx(), Origin::Guest);
    let (kind, _) = refusal(&builder.build().unwrap(), model());
    assert_eq!(kind, ErrorKind::InvalidEncoding);
    let taking = builder.guest_onnx(true).build().unwrap();
    assert!(load(&taking, model()).unwrap().held_bytes() > 0);
    assert_eq!(load(&taking, onnx(models::scalar().onnx())).unwrap().held_bytes(), 0);
    let dir = tempfile::tempdir().unwrap();
    guests::nothing_that_onnx_names_is_read(&taking, dir.path());
    let path = dir.path().join("model.onnx");
    std::fs::write(&path, models::scalar().onnx()).unwrap();
    let file = Model { origin: Origin::Guest, ..Arc::unwrap_or_clone(file(path)) };
    assert_eq!(refusal(&taking, Arc::new(file)).0, ErrorKind::InvalidArgument);
    // Graphs inside each other are bounded.
    assert!(load(&taking, of(models::nested_ifs(20), Origin::Guest)).is_err());
}

/// Empty messages of two bytes each take hundreds once they are decoded.
#[test]
fn what_a_guests_model_becomes_is_charged_and_bounded() {
    let Some(mut builder) = builder() else { return };
    let backend = builder.guest_onnx(true).build().unwrap();
    let model = |count: u32| {
        let graph = GraphProto::new("g")
            .input("x", Element::F32, &[1])
            .node(NodeProto::new("Neg", &["x"], &["y"]))
            .output("y", Element::F32, &[1])
            .raw((0..count).fold(Message::new(), |fields, _| fields.message(13, Message::new())));
        of(ModelProto::new(graph).into_bytes(), Origin::Guest)
    };
    let (kind, text) = refusal(&backend, model(8 << 20));
    assert_eq!(kind, ErrorKind::TooLarge, "{text}");
    let held = |count| load(&backend, model(count)).unwrap().held_bytes();
    assert!(held(1000) - held(0) > 1000 * 300);
}

/// A kilobyte that ONNX Runtime would make a million operators of.
#[test]
fn what_functions_make_of_a_guests_model_is_bounded() {
    let Some(mut builder) = builder() else { return };
    let backend = builder.guest_onnx(true).build().unwrap();
    let call = |number: u32, from: &str, to: &str| {
        NodeProto::new(&format!("f{number}"), &[from], &[to]).domain("own")
    };
    let model = |functions: u32| {
        let graph = GraphProto::new("g").input("x", Element::F32, &[1]).node(call(0, "x", "y")).output(
            "y",
            Element::F32,
            &[1],
        );
        let mut model = ModelProto::with_opset(graph, 15).opset("own", 1);
        for number in 0..functions {
            let function = FunctionProto::new("own", &format!("f{number}"), &["v"], &["w"]);
            // The operators of its own domain.
            let function =
                function.raw(Message::new().message(9, Message::new().bytes(1, "own").varint(2, 1)));
            model = model.function(if number + 1 < functions {
                function.node(call(number + 1, "v", "u")).node(call(number + 1, "u", "w"))
            } else {
                function.node(NodeProto::new("Neg", &["v"], &["w"]))
            });
        }
        of(model.into_bytes(), Origin::Guest)
    };
    let held = |functions| load(&backend, model(functions)).unwrap().held_bytes();
    // So many operators, of 8 KiB each.
    assert!(held(6) > held(1) + (31 << 13));
    let (kind, text) = refusal(&backend, model(20));
    assert_eq!(kind, ErrorKind::TooLarge);
    assert!(text.starts_with("the model's functions "), "{text}");
}

#[test]
fn names_in_errors_are_short_and_of_printable_characters() {
    let Some(backend) = onnx_runtime() else { return };
    let name = format!("\u{1b}[31m{}", "x".repeat(1000));
    // A sequence, which no guest can set, and a tensor that is too large for one.
    let tensor = Message::new().message(1, Message::new().varint(1, 1));
    let sequence = Message::new().message(4, Message::new().message(1, tensor));
    let input = Message::new().bytes(1, &name).message(2, sequence);
    let sequence = GraphProto::new("g")
        .raw(Message::new().message(11, input))
        .node(NodeProto::new("SequenceLength", &[&name], &["n"]))
        .output("n", Element::I64, &[]);
    let large = GraphProto::new("g")
        .input(&name, Element::F32, &[1 << 40])
        .node(NodeProto::new("Neg", &[&name], &["y"]))
        .output("y", Element::F32, &[1 << 40]);
    for graph in [sequence, large] {
        let (_, text) = refusal(&backend, onnx(ModelProto::new(graph).into_bytes()));
        assert!(text.len() < 400 && !text.contains(char::is_control), "{text}");
    }
}

#[test]
fn errors_are_short_and_name_no_folders() {
    let Some(backend) = onnx_runtime() else { return };
    for mutant in broken::mutants(&golden::cases().remove(0).model.onnx(), 9).take(200) {
        let Err(error) = load(&backend, onnx(mutant)) else { continue };
        let text = error.to_string();
        assert!(text.len() < 500 && !text.contains('\n') && !text.contains("onnxruntime/core"), "{text}");
    }
    let wrong = models::double(Element::F32).onnx();
    assert!(load(&backend, onnx(wrong)).is_ok());
}
