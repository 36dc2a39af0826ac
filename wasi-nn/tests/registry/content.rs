//! Tests of the detection of a model's encoding from its content.

use crate::scripted::{Scripted, error, model};
use proptest::prelude::*;
use std::fs;
use wasi_nn::{
    Control, Error, ErrorKind, ExecutionTarget, GraphEncoding, NamedGraph, Registry, RegistryBuilder, Source,
};

fn everything(backend: &Scripted) -> Registry {
    let builder = Registry::builder().backend(backend.clone());
    let routed = |builder: RegistryBuilder, encoding| builder.route(encoding, "any");
    GraphEncoding::ALL.into_iter().fold(builder, routed).build().unwrap()
}

/// What the encoding of `parts` is taken for when a guest says `encoding`.
fn taken_for(encoding: GraphEncoding, parts: &[&[u8]]) -> Result<GraphEncoding, Error> {
    let backend = Scripted::new("any");
    let registry = everything(&backend);
    registry.load(model(encoding, parts), ExecutionTarget::Cpu, &Control::unbounded())?;
    Ok(backend.loaded()[0].0)
}

fn detected(parts: &[&[u8]]) -> Result<GraphEncoding, ErrorKind> {
    taken_for(GraphEncoding::Autodetect, parts).map_err(|error| error.kind())
}

/// A field of protobuf: its number, its wire type, and its value.
fn field(number: u64, wire_type: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = varint(number << 3 | wire_type);
    if wire_type == 2 {
        bytes.extend(varint(value.len() as u64));
    }
    bytes.extend(value);
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Fields that a `ModelProto` may have beside the two that it must, and unknown ones.
fn other_field() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        (prop::sample::select(vec![2_u64, 3, 4, 6, 8, 14, 20, 25, 26, 1000]), text)
            .prop_map(|(number, text)| field(number, 2, &text)),
        any::<u64>().prop_map(|version| field(5, 0, &varint(version))),
        any::<[u8; 8]>().prop_map(|value| field(2000, 1, &value)),
        any::<[u8; 4]>().prop_map(|value| field(3000, 5, &value)),
    ]
}

fn onnx() -> impl Strategy<Value = Vec<u8>> {
    let graph = prop::collection::vec(any::<u8>(), 0..300);
    let parts = (1..20_u64, graph, prop::collection::vec(other_field(), 0..6));
    let fields = parts.prop_flat_map(|(version, graph, mut others)| {
        others.extend([field(1, 0, &varint(version)), field(7, 2, &graph)]);
        Just(others).prop_shuffle()
    });
    fields.prop_map(|fields| fields.concat())
}

proptest! {
    #[test]
    fn models_in_onnx_are_known(bytes in onnx()) {
        prop_assert_eq!(detected(&[&bytes]), Ok(GraphEncoding::Onnx));
    }

    #[test]
    fn half_of_one_is_not(bytes in onnx(), at in any::<prop::sample::Index>()) {
        // A cut between two fields may leave a whole model; one within the last of the two does not.
        let cut = &bytes[..at.index(bytes.len())];
        if let Ok(encoding) = detected(&[cut]) {
            prop_assert_eq!(encoding, GraphEncoding::Onnx);
            prop_assert_eq!(detected(&[&[cut, &field(9, 2, b"x")].concat()]), Ok(GraphEncoding::Onnx));
        }
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = detected(&[&bytes]);
        let _ = detected(&[&bytes, &bytes]);
        let _ = taken_for(GraphEncoding::OpenVino, &[&bytes, &bytes]);
    }

    /// Whatever OpenVINO would take for protobuf never passes for its own format.
    #[test]
    fn what_passes_for_xml_is_no_protobuf(
        front in prop::collection::vec(prop::sample::select(b" \n\r\t\xef\xbb\xbf<?xmlnet>".to_vec()), 0..16),
        bytes in onnx(),
    ) {
        let mixed = [front, bytes].concat();
        if taken_for(GraphEncoding::OpenVino, &[&mixed, b""]).is_ok() {
            // Type 4 ends a group that was not begun, and type 7 does not exist.
            prop_assert!(matches!(mixed[0] & 7, 4 | 7), "{mixed:?}");
        }
    }
}

#[test]
fn xml_may_begin_in_few_ways() {
    let taken = |xml: &[u8]| taken_for(GraphEncoding::OpenVino, &[xml, b""]).map_err(|error| error.kind());
    for good in
        ["<?xml version=\"1.0\"?>", "\u{feff}<?xml\n?>", "<net name=\"x\">", "<net>", "\u{feff}<net\t"]
    {
        assert_eq!(taken(good.as_bytes()), Ok(GraphEncoding::OpenVino), "{good:?}");
        assert_eq!(detected(&[good.as_bytes(), b""]), Ok(GraphEncoding::OpenVino), "{good:?}");
    }
    // White space in front may begin a field of protobuf, and `TFL3` after four bytes is TensorFlow Lite's.
    for bad in
        ["", " <?xml ?>", "\n<net>", "<?xml", "<net", "<netTFL3", "<network>", "<?xmlx", "<html>", "net"]
    {
        assert_eq!(taken(bad.as_bytes()), Err(ErrorKind::InvalidEncoding), "{bad:?}");
    }
}

#[test]
fn what_is_xml_is_nothing_else() {
    for encoding in GraphEncoding::ALL {
        if matches!(encoding, GraphEncoding::OpenVino | GraphEncoding::Autodetect) {
            continue;
        }
        let refused = error(taken_for(encoding, &[b"<?xml ?>"]));
        assert_eq!(refused.kind(), ErrorKind::InvalidEncoding, "{refused}");
    }
}

#[test]
fn other_formats() {
    assert_eq!(detected(&[b"\x1c\0\0\0TFL3\x14\0\x20\0"]), Ok(GraphEncoding::TensorFlowLite));
    let one_part = detected(&[b"<?xml ?>"]);
    assert_eq!(one_part, Err(ErrorKind::InvalidArgument));
    // A frozen graph and a saved model of TensorFlow, PaddlePaddle, PyTorch, GGUF, a text, and nothing.
    let unknown: [&[u8]; 7] = [
        &field(1, 2, &field(1, 2, b"node")),
        &[field(1, 0, &varint(1)), field(2, 2, b"graph")].concat(),
        &[field(1, 2, b"block"), field(4, 2, &[])].concat(),
        b"PK\x03\x04",
        b"GGUF",
        b"a text",
        b"",
    ];
    for bytes in unknown {
        assert_eq!(detected(&[bytes]), Err(ErrorKind::InvalidEncoding), "{bytes:?}");
    }
    assert_eq!(detected(&[]), Err(ErrorKind::InvalidEncoding));
}

#[test]
fn fields_of_the_wrong_type_are_not_onnx() {
    let good = [field(1, 0, &varint(8)), field(7, 2, b"")].concat();
    assert_eq!(detected(&[&good]), Ok(GraphEncoding::Onnx));
    for bad in [
        field(1, 5, &[0; 4]),
        field(7, 0, &varint(1)),
        field(8, 1, &[0; 8]),
        // No field has the number zero, and types 3, 4, 6 and 7 are groups or nothing.
        field(0, 0, &varint(1)),
        field(1000, 3, b""),
        field(1000, 4, b""),
        field(1000, 6, b""),
        // Lengths beyond the end, and beyond all numbers.
        [varint(1000 << 3 | 2), varint(1)].concat(),
        [varint(1000 << 3 | 2), varint(u64::MAX)].concat(),
        vec![0x80; 11],
    ] {
        let bytes = [good.clone(), bad].concat();
        assert_eq!(detected(&[&bytes]), Err(ErrorKind::InvalidEncoding), "{bytes:x?}");
    }
}

#[test]
fn files_of_the_host_are_known_by_name_or_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let encoding = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let graph = NamedGraph::new("g", GraphEncoding::Autodetect, Source::Files(vec![path]));
        let registry = Registry::builder().backend(Scripted::new("any")).graph(graph).build();
        registry.and_then(|registry| registry.describe("g")).map(|described| described.encoding)
    };
    assert_eq!(encoding("model.xml", b"").unwrap(), GraphEncoding::OpenVino);
    assert_eq!(encoding("model.onnx", b"").unwrap(), GraphEncoding::Onnx);
    assert_eq!(encoding("model.tflite", b"").unwrap(), GraphEncoding::TensorFlowLite);
    assert_eq!(encoding("model.pb", b"").unwrap(), GraphEncoding::TensorFlow);
    assert_eq!(encoding("model", b"<net>").unwrap(), GraphEncoding::OpenVino);
    assert_eq!(encoding("model", b"\x08\x07\x3a\x00").unwrap(), GraphEncoding::Onnx);
    let unknown = error(encoding("model.bin", b"?"));
    assert_eq!(unknown.kind(), ErrorKind::InvalidEncoding);
    assert_eq!(
        unknown.to_string(),
        "graph `g`: neither its name nor its content tells its encoding; name that"
    );
}
