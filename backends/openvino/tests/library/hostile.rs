//! Tests of guests' models that are damaged or hostile.

use crate::support::{builder, bytes, ir, load, openvino, refusal};
use backend_tests::guests;
use nn_models::hostile::external::{self, Reference};
use nn_models::hostile::{broken, greedy};
use nn_models::ir::Network;
use nn_models::{Element, Tensor, golden, models};
use wasi_nn::{ErrorKind, GraphEncoding, Origin};

#[test]
fn damaged_models_are_errors() {
    let Some(openvino) = openvino() else { return };
    for broken in broken::ir_files() {
        for origin in [Origin::Guest, Origin::Host] {
            // What of a host's model may crash OpenVINO is the host's to know.
            if origin == Origin::Host && broken.name.contains("wrap") {
                continue;
            }
            let loaded = load(&openvino, ir(broken.model.clone(), origin));
            assert!(loaded.is_err(), "{}", broken.name);
        }
    }
}

#[test]
fn parts_are_as_many_as_they_should_be() {
    let Some(openvino) = openvino() else { return };
    let files = models::dynamic_batch().ir();
    let (xml, weights) = (files.xml.into_bytes(), files.weights);
    for parts in [vec![], vec![xml.clone()], vec![xml.clone(), weights.clone(), vec![]]] {
        let (kind, _) = refusal(&openvino, bytes(GraphEncoding::OpenVino, parts, Origin::Guest));
        assert_eq!(kind, ErrorKind::InvalidArgument);
    }
    // More weights than are used do no harm.
    let more = [weights, vec![0; 100]].concat();
    load(&openvino, bytes(GraphEncoding::OpenVino, vec![xml, more], Origin::Guest)).unwrap();
}

#[test]
fn mutants_are_errors_or_models() {
    let Some(openvino) = openvino() else { return };
    let files = models::dynamic_batch().ir();
    let mut loaded = 0;
    for xml in broken::mutants(files.xml.as_bytes(), 3).take(300) {
        let model = bytes(GraphEncoding::OpenVino, vec![xml, files.weights.clone()], Origin::Guest);
        loaded += usize::from(load(&openvino, model).is_ok());
    }
    assert!(loaded < 300);
    for xml in broken::beginnings(files.xml.as_bytes()).step_by(7) {
        let model = bytes(GraphEncoding::OpenVino, vec![xml.to_vec(), files.weights.clone()], Origin::Guest);
        assert!(load(&openvino, model).is_err(), "{}", xml.len());
    }
}

/// OpenVINO would read them: it looks for every format that it knows.
#[test]
fn other_formats_do_not_pass_for_openvino_s() {
    let Some(openvino) = openvino() else { return };
    let reference = Reference { location: external::MEMORY, offset: 4096, length: 16 };
    let mut models: Vec<Vec<u8>> = golden::cases().iter().map(|case| case.model.onnx()).collect();
    models.extend(external::everywhere(&reference).into_iter().map(|named| named.model));
    models.extend([vec![], b"\n".to_vec(), b"<html>".to_vec(), b"\xff\xfe<\0n\0e\0t\0".to_vec()]);
    for model in models {
        for origin in [Origin::Guest, Origin::Host] {
            let parts = vec![model.clone(), vec![]];
            let (kind, _) = refusal(&openvino, bytes(GraphEncoding::OpenVino, parts, origin));
            assert_eq!(kind, ErrorKind::InvalidEncoding);
        }
    }
}

#[test]
fn onnx_of_guests_is_refused_unless_the_host_takes_it() {
    let Some(mut builder) = builder() else { return };
    let model = || bytes(GraphEncoding::Onnx, vec![models::scalar().onnx()], Origin::Guest);
    let (kind, _) = refusal(&builder.build().unwrap(), model());
    assert_eq!(kind, ErrorKind::InvalidEncoding);
    let taking = builder.guest_onnx(true).build().unwrap();
    load(&taking, model()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    guests::nothing_that_onnx_names_is_read(&taking, dir.path());
}

#[test]
fn guests_can_be_refused_altogether() {
    let Some(mut builder) = builder() else { return };
    let openvino = builder.guest_ir(false).build().unwrap();
    let (kind, _) = refusal(&openvino, ir(models::scalar().ir(), Origin::Guest));
    assert_eq!(kind, ErrorKind::InvalidEncoding);
    load(&openvino, ir(models::scalar().ir(), Origin::Host)).unwrap();
}

/// One byte of weights whose shape has 2^61 + 1 elements: in bits, that is 8 modulo 2^64. OpenVINO takes it,
/// and a slice of it is the host's memory.
#[test]
fn constants_do_not_reach_beyond_their_bytes() {
    let Some(openvino) = openvino() else { return };
    let mut network = Network::new("overread");
    let x = network.parameter("x", Element::U8, &[64]);
    let constant = network.constant("c", &Tensor::small(Element::U8, &[1], &[65]));
    let bounds: Vec<_> = [0_i64, 64, 1, 0]
        .iter()
        .enumerate()
        .map(|(index, value)| network.constant(&format!("b{index}"), &Tensor::i64(&[1], &[*value])))
        .collect();
    let [start, stop, step, axis] = &bounds[..] else { unreachable!() };
    let slice = network.layer("Slice", "s", &[&constant, start, stop, step, axis], &[], &x);
    let y = network.layer("Add", "y", &[&x, &slice], &[("auto_broadcast", "numpy")], &x);
    network.result(&y);
    let mut files = network.finish();
    files.xml = files.xml.replace("type=\"Slice\" version=\"opset1\"", "type=\"Slice\" version=\"opset8\"");
    files.xml = files.xml.replace("shape=\"1\" offset=\"0\"", "shape=\"2305843009213693953\" offset=\"0\"");
    assert!(files.xml.contains("2305843009213693953"));
    let (kind, _) = refusal(&openvino, ir(files, Origin::Guest));
    assert_eq!(kind, ErrorKind::InvalidEncoding);
}

#[test]
fn what_asks_for_too_much_memory_is_an_error() {
    let Some(openvino) = openvino() else { return };
    assert!(load(&openvino, ir(greedy::huge_constant_ir(), Origin::Guest)).is_err());
    let mut files = models::small_relu().ir();
    files.xml = files.xml.replace("shape=\"1,16\"", "shape=\"1,1099511627776\"");
    assert!(load(&openvino, ir(files, Origin::Guest)).is_err());
}

#[test]
fn errors_are_short_and_name_no_folders() {
    let Some(openvino) = openvino() else { return };
    for broken in broken::ir_files() {
        let Err(error) = load(&openvino, ir(broken.model, Origin::Guest)) else { continue };
        let text = error.to_string();
        assert!(text.len() < 500 && !text.contains('\n') && !text.contains("src/"), "{text}");
    }
}
