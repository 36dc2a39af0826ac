//! Tests that a model in a worker computes what it computes in this process.

use crate::{isolated, limits, load, run, serving};
use backend_tests::{control, set};
use nn_models::{Element, Tensor, golden, models};
use std::sync::Arc;
use std::time::Duration;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, ElementType, ErrorKind, TensorType};
use wasi_nn_onnx::Onnx;

#[test]
fn outputs_are_those_that_were_worked_out_by_hand() {
    let backend = isolated();
    for case in golden::cases() {
        let graph =
            load(&backend, case.model.onnx()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let mut execution = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        for expected in case.runs {
            let outputs =
                backend_tests::run(execution.as_mut(), &expected.inputs, graph.outputs().len()).unwrap();
            let wanted: Vec<_> = expected.outputs.into_iter().map(|tensor| tensor.bytes).collect();
            assert!(outputs == wanted, "{}", case.name);
        }
    }
}

#[test]
fn a_graph_is_described_as_in_this_process() {
    for case in golden::cases() {
        let (there, here) =
            (load(&isolated(), case.model.onnx()).unwrap(), load(&Onnx::new(), case.model.onnx()).unwrap());
        assert_eq!((there.inputs(), there.outputs()), (here.inputs(), here.outputs()), "{}", case.name);
        assert_eq!(there.held_bytes(), here.held_bytes());
        assert_eq!(there.device(), "CPU, in a process of its own");
        assert_eq!(there.compiled().compiles.done, here.compiled().compiles.done);
    }
}

/// The ways of a guest's call with a plain memory, and of any other caller.
#[test]
fn large_tensors_are_copied_either_way() {
    let graph = load(&isolated(), models::large_relu().onnx()).unwrap();
    let shape = [1, 3, 224, 224];
    let values: Vec<f32> =
        (0..150_528_u32).map(|index| f32::from(u16::try_from(index % 1000).unwrap()) - 500.0).collect();
    let tensor = Tensor::f32(&shape, &values);
    let expected = Tensor::f32(&shape, &values.iter().map(|value| value.max(0.0)).collect::<Vec<_>>()).bytes;
    let kind = TensorType::new(ElementType::F32, &shape).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    for is_direct in [true, false, true] {
        match is_direct {
            true => execution.write_input(0, kind, &tensor.bytes, &Control::unbounded()).unwrap(),
            false => set(execution.as_mut(), 0, &tensor).unwrap(),
        }
        execution.compute(&Control::unbounded()).unwrap();
        let mut output = vec![0; execution.output_len(0).unwrap()];
        execution.read_output(0, &mut output).unwrap();
        assert!(output == expected && execution.output(0).unwrap() == expected);
        assert!(execution.read_output(0, &mut output[1..]).is_err());
        assert!(execution.output(1).is_err());
    }
    // The input stays.
    execution.compute(&Control::unbounded()).unwrap();
    assert!(execution.output(0).unwrap() == expected);
}

#[test]
fn executions_of_a_graph_do_not_disturb_each_other() {
    let graph = load(&isolated(), models::dynamic_batch().onnx()).unwrap();
    // Small ones in the message, and large ones in the file.
    for rows in [2, 1000] {
        let input = |value: f32| Tensor::f32(&[rows, 4], &vec![value; usize::try_from(rows).unwrap() * 4]);
        let first = |bytes: &[u8]| f32::from_le_bytes(bytes[..4].try_into().unwrap());
        let mut executions: Vec<_> =
            (0..3).map(|_| Arc::clone(&graph).execution(&Control::unbounded()).unwrap()).collect();
        for (execution, value) in executions.iter_mut().zip([1.0, 2.0, 3.0]) {
            set(execution.as_mut(), 0, &input(value)).unwrap();
        }
        for execution in &mut executions {
            execution.compute(&Control::unbounded()).unwrap();
        }
        let gone = executions.remove(1);
        drop(gone);
        let mut other = Arc::clone(&graph).execution(&Control::unbounded()).unwrap();
        set(other.as_mut(), 0, &input(5.0)).unwrap();
        other.compute(&Control::unbounded()).unwrap();
        let outputs: Vec<_> =
            executions.iter().chain([&other]).map(|execution| first(execution.output(0).unwrap())).collect();
        assert_eq!(outputs, [11.0, 13.0, 15.0]);
    }
}

#[test]
fn what_the_backend_refuses_is_told_with_its_kind() {
    let error = load(&isolated(), b"no model".to_vec()).map(drop).unwrap_err();
    let here = load(&Onnx::new(), b"no model".to_vec()).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (here.kind(), here.to_string()));
}

/// The error of an input comes when it is set, and the worker goes on.
#[test]
fn inputs_are_looked_at_when_they_are_set() {
    let load = |deed: &[u8]| {
        load(&serving("wild", limits(), b""), deed.to_vec())
            .unwrap()
            .execution(&Control::unbounded())
            .unwrap()
    };
    for len in [2, 5000, 100_000] {
        let mut execution = load(b"");
        let mut put = |value: u8| {
            let mut bytes = vec![1; usize::try_from(len).unwrap()];
            bytes[1] = value;
            let kind = TensorType::new(ElementType::U8, std::slice::from_ref(&len)).unwrap();
            let written = execution.write_input(0, kind, &bytes, &Control::unbounded());
            (written.map_err(|error| error.kind()), bytes)
        };
        assert_eq!(put(13).0, Err(ErrorKind::InvalidArgument));
        let (outcome, bytes) = put(7);
        assert_eq!(outcome, Ok(()));
        execution.compute(&Control::unbounded()).unwrap();
        assert!(execution.output(0).unwrap() == bytes);
    }
    // Of an input that no backend looks at, nobody asks the worker before it computes.
    let mut execution = load(b"indifferent");
    set(execution.as_mut(), 0, &Tensor::small(Element::U8, &[2], &[13, 1])).unwrap();
    execution.check_input(0, &Control::unbounded()).unwrap();
    assert_eq!(execution.compute(&Control::unbounded()).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// The look is bounded as the call is in which the guest sets the input.
#[test]
fn a_look_ends_when_its_time_is_up_and_when_the_guest_has_to_end() {
    control::ends_when_told(Duration::from_millis(100), |control| {
        let graph = load(&serving("wild", limits(), b""), b"hang at look".to_vec()).unwrap();
        let mut execution = graph.execution(&Control::unbounded()).unwrap();
        set(execution.as_mut(), 0, &Tensor::small(Element::U8, &[1], &[1])).unwrap();
        execution.check_input(0, control).unwrap_err().kind()
    });
}

/// What cannot be had is an error of that output, with as much of the worker's words as may be shown.
#[test]
fn outputs_that_are_no_numbers_leave_the_others() {
    let graph = load(&serving("wild", limits(), b""), b"with texts".to_vec()).unwrap();
    let mut execution = graph.execution(&Control::unbounded()).unwrap();
    for byte in [1, 2] {
        set(execution.as_mut(), 0, &Tensor::small(Element::U8, &[1], &[byte])).unwrap();
        execution.compute(&Control::unbounded()).unwrap();
        assert_eq!((execution.output_len(1).unwrap(), execution.output(1).unwrap()), (1, &[byte][..]));
        for index in [0, 2] {
            for error in [
                execution.output(index).unwrap_err(),
                execution.output_len(index).unwrap_err(),
                execution.read_output(index, &mut []).unwrap_err(),
            ] {
                let text = error.to_string();
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(text.starts_with(r"no\u{1b}numbers") && !text.contains('\u{1b}'), "{text}");
                assert!(text.len() < 8 << 10, "{}", text.len());
            }
        }
    }
}

#[test]
fn outputs_of_open_shapes_are_told_as_in_this_process() {
    let model = || models::dynamic_batch().onnx();
    let (there, here) = (load(&isolated(), model()).unwrap(), load(&Onnx::new(), model()).unwrap());
    for rows in [1, 7] {
        let shape = [rows, 4];
        let inputs = [TensorType::new(ElementType::F32, &shape).unwrap()];
        let outputs =
            |graph: &Arc<dyn Graph>| Arc::clone(graph).outputs_for(&inputs, &Control::unbounded()).unwrap();
        assert_eq!(outputs(&there), outputs(&here));
    }
    let shape = [1, 5];
    let wrong = [TensorType::new(ElementType::F32, &shape).unwrap()];
    let refused =
        |graph: Arc<dyn Graph>| graph.outputs_for(&wrong, &Control::unbounded()).unwrap_err().to_string();
    assert_eq!(refused(there), refused(here));
}

#[test]
fn a_worker_that_is_asked_for_outputs_may_end_too() {
    let shape = [3];
    let inputs = [TensorType::new(ElementType::U8, &shape).unwrap()];
    for (deed, kind) in [
        ("abort", ErrorKind::Runtime),
        ("hang", ErrorKind::TimedOut),
        ("panic", ErrorKind::Runtime),
        // More outputs than the graph has.
        ("more", ErrorKind::Runtime),
    ] {
        let graph = load(&serving("wild", limits(), b""), deed.into()).unwrap();
        let control = crate::within(Duration::from_millis(100));
        assert_eq!(graph.outputs_for(&inputs, &control).map(drop).unwrap_err().kind(), kind, "{deed}");
    }
}

#[test]
fn an_input_that_is_not_set_is_an_error() {
    let mut execution =
        load(&isolated(), models::scalar().onnx()).unwrap().execution(&Control::unbounded()).unwrap();
    assert_eq!(execution.compute(&Control::unbounded()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    set(execution.as_mut(), 0, &Tensor::f32(&[], &[4.0])).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(execution.output(0).unwrap(), 8_f32.to_le_bytes());
}

#[test]
fn the_service_is_configured_by_the_host() {
    let one = serving("onnx", limits(), b"one operation");
    assert!(run(&one, models::small_relu().onnx(), &[Tensor::f32(&[1, 16], &[1.0; 16])]).is_ok());
    assert!(load(&one, models::difference_and_product(Element::F32).onnx()).is_err());
    let error = load(&serving("onnx", limits(), b"other"), models::scalar().onnx()).map(drop).unwrap_err();
    assert!(error.to_string().contains("it knows no such configuration"), "{error}");
}

#[test]
fn models_of_guests_are_taken_in_the_encodings_that_the_host_says() {
    use wasi_nn::{GraphEncoding, Origin};
    let backend = isolated();
    assert!(backend.is_isolated() && backend.name() == "onnx-isolated");
    assert!(backend.accepts(GraphEncoding::Onnx, Origin::Guest));
    assert!(!backend.accepts(GraphEncoding::Onnx, Origin::Host));
    assert!(!backend.accepts(GraphEncoding::OpenVino, Origin::Guest));
}
