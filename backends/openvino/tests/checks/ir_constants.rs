//! Tests of numbers that OpenVINO would take for others: constants of IR, from guests and from the host.

use crate::ir::of_guest;
use crate::{refusal as refused_by, refusal_in as refused_in};
use nn_models::ir::Network;
use nn_models::{Element, Tensor};
use std::fs;
use wasi_nn::{GraphEncoding, Origin, Source};

/// A network in which a constant goes through `through`, by whose data it may be known, and then to the input `at` of `kind`.
fn with_constant(constant: &Tensor, through: &[(&str, &str)], kind: &str, at: usize) -> (String, Vec<u8>) {
    let mut network = Network::new("constants");
    let x = network.parameter("x", Element::I64, &[1, 2, 2]);
    let mut made = network.constant("far", constant);
    for (kind, to) in through {
        let data = [("destination_type", *to)];
        let data: &[_] = if to.is_empty() { &[] } else { &data };
        made = network.layer(kind, "through", &[&made, &x], data, &made);
    }
    let mut operands = [&x; 4];
    operands[at] = &made;
    let y = network.layer(kind, "y", &operands, &[], &x);
    network.result(&y);
    let files = network.finish();
    (files.xml, files.weights)
}

/// What is said of a model of the host's in memory, and of one in files.
fn of_host((xml, weights): (String, Vec<u8>)) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let [main, beside] = ["model.xml", "model.bin"].map(|name| folder.path().join(name));
    fs::write(&main, &xml).unwrap();
    fs::write(&beside, &weights).unwrap();
    let in_files = refused_in(GraphEncoding::OpenVino, Source::Files(vec![main.clone()]), Origin::Host);
    let named = refused_in(GraphEncoding::OpenVino, Source::Files(vec![main, beside]), Origin::Host);
    let in_memory = refused_by(GraphEncoding::OpenVino, vec![xml.into_bytes(), weights], Origin::Host);
    assert_eq!((&in_files, &named), (&in_memory, &in_memory));
    in_memory
}

fn i64s(values: &[i64]) -> Tensor {
    Tensor::i64(&[u32::try_from(values.len()).unwrap()], values)
}

/// A constant of a type that the writer of tensors has no name for, as `renamed` says it.
fn renamed((xml, weights): (String, Vec<u8>), element: &str) -> (String, Vec<u8>) {
    let from = "<data element_type=\"i64\" shape=\"";
    let at = xml.find(&format!("{from}1\" offset")).unwrap();
    let (before, after) = xml.split_at(at);
    (format!("{before}{}", after.replacen("i64", element, 1)), weights)
}

#[test]
fn constants_fit_32_bits() {
    let both = |network: (String, Vec<u8>)| {
        let (xml, weights) = network.clone();
        let guest = of_guest(xml, weights);
        assert_eq!(guest, of_host(network));
        guest
    };
    for (numbers, number) in [
        (&[1, 1 << 40][..], "1099511627776"),
        (&[i64::MIN], "-9223372036854775808"),
        (&[0, -1, 1 << 31, 1 << 40], "2147483648"),
    ] {
        let reason = both(with_constant(&i64s(numbers), &[], "Add", 1)).expect("it was let through");
        let expected = format!(
            "the constant `far` of the model has {number}, which does not fit 32 bits, in which OpenVINO computes; give the \
             model as ONNX to the embedded ONNX engine"
        );
        assert_eq!(reason, expected);
    }
    assert_eq!(both(with_constant(&i64s(&[i32::MIN.into(), i32::MAX.into()]), &[], "Add", 1)), None);
    // Behind what is read at once.
    let mut many = vec![7; 20_000];
    assert_eq!(both(with_constant(&i64s(&many), &[], "Add", 1)), None);
    many[19_999] = -1 << 31;
    assert_eq!(both(with_constant(&i64s(&many), &[], "Add", 1)), None);
    many[19_999] -= 1;
    assert!(both(with_constant(&i64s(&many), &[], "Add", 1)).unwrap().contains("-2147483649"));
    let typed = |element, bits: u64| {
        let number = i64s(&[bits.cast_signed()]);
        both(renamed(with_constant(&number, &[], "Add", 1), element))
    };
    for (element, bits, number) in [
        ("u64", u64::MAX, "18446744073709551615"),
        ("u64", 1 << 31, "2147483648"),
        ("u32", 0x8000_0000, "2147483648"),
        ("f64", 1e39_f64.to_bits(), "1e39"),
        ("f64", f64::MIN.to_bits(), "-1.7976931348623157e308"),
    ] {
        let reason = typed(element, bits).unwrap_or_default();
        assert!(reason.contains(&format!("has {number}, which")), "{element}: {reason}");
    }
    // Of a constant of 32 bits, only what it has is looked at.
    for (element, bits) in [
        ("u64", 0x7fff_ffff),
        ("u32", 0xffff_ffff_7fff_ffff),
        ("f64", f64::NEG_INFINITY.to_bits()),
        ("f64", f64::NAN.to_bits()),
        ("f64", f64::from(f32::MAX).to_bits()),
    ] {
        assert_eq!(typed(element, bits), None, "{element}");
    }
}

#[test]
fn bounds_need_not_fit() {
    let far = i64s(&[i64::MAX]);
    let low = i64s(&[i64::MIN]);
    let host = |constant: &Tensor, through: &[(&str, &str)], kind: &str, at| {
        of_host(with_constant(constant, through, kind, at)).is_some()
    };
    for (kind, places) in [("StridedSlice", &[1, 2][..]), ("Slice", &[1, 2]), ("NonMaxSuppression", &[2])] {
        for at in 0..4 {
            for constant in [&far, &low] {
                assert_eq!(host(constant, &[], kind, at), !places.contains(&at), "{kind} {at}");
            }
        }
    }
    // The lesser of a number and the greatest of all is the number.
    for (kind, harmless, harmful) in [("Minimum", &far, &low), ("Maximum", &low, &far)] {
        assert!(!host(harmless, &[], kind, 1) && host(harmful, &[], kind, 1), "{kind}");
    }
    let passes = [
        ("Convert", "i64"),
        ("Convert", "i32"),
        ("Concat", ""),
        ("Reshape", ""),
        ("Squeeze", ""),
        ("Unsqueeze", ""),
        ("Broadcast", ""),
        ("Gather", ""),
        ("ScatterUpdate", ""),
    ];
    assert!(!host(&far, &passes, "StridedSlice", 2) && host(&far, &passes, "Add", 1));
    for pass in passes {
        assert!(!host(&far, &[pass], "Slice", 2) && host(&far, &[pass], "Multiply", 1), "{pass:?}");
    }
    for other in [("Convert", "f32"), ("Negative", ""), ("Abs", "")] {
        assert!(host(&far, &[other], "Slice", 2), "{other:?}");
    }
    let (xml, weights) = with_constant(&far, &[("Convert", "i64"), ("Reshape", "")], "StridedSlice", 2);
    assert_eq!(of_guest(xml, weights), None);
}

#[test]
fn a_bound_that_is_an_output_too_has_to_fit() {
    let far = |results: bool| {
        let mut network = Network::new("twice");
        let x = network.parameter("x", Element::I64, &[2]);
        let end = network.constant("far", &i64s(&[i64::MAX]));
        let y = network.layer("StridedSlice", "y", &[&x, &end, &end], &[], &x);
        network.result(&y);
        if results {
            network.result(&end);
        }
        let files = network.finish();
        of_host((files.xml, files.weights)).is_some()
    };
    assert!(far(true) && !far(false));
}

#[test]
fn xml_of_the_host_may_have_what_guests_may_not() {
    let far = with_constant(&i64s(&[1 << 40]), &[], "Add", 1);
    let near = with_constant(&i64s(&[1]), &[], "Add", 1);
    let with = |(xml, weights): &(String, Vec<u8>), text: &str| {
        (xml.replacen("<layers>", &format!("{text}<layers>"), 1), weights.clone())
    };
    for text in [
        "<!-- </net> & more -->",
        "<rt_info><![CDATA[</net>]]></rt_info>",
        "<back_edges><edge from-layer='1' to-layer='0'/></back_edges>",
        "<a b='1' />",
    ] {
        assert_eq!(of_host(with(&near, text)), None, "{text}");
        assert!(of_host(with(&far, text)).is_some(), "{text}");
    }
    // Nobody here can read these; OpenVINO may.
    for text in ["<!DOCTYPE net>", "<\u{e4}/>", "<!--"] {
        assert_eq!(of_host(with(&far, text)), None, "{text}");
    }
    let (xml, weights) = with(&near, "<!-- -->");
    assert!(of_guest(xml, weights).unwrap().contains("comments"));
}

#[test]
fn constants_in_branches_are_looked_at() {
    let (xml, weights) = with_constant(&i64s(&[1 << 40]), &[], "Add", 1);
    let (head, rest) = xml.split_once("<layers>").unwrap();
    let (inner, tail) = rest.split_once("</net>").unwrap();
    let nested = format!(
        "{head}<layers><layer id=\"0\" name=\"if\" type=\"If\" version=\"opset8\"><then_body><layers>{inner}</then_body>\
         </layer></layers></net>{tail}"
    );
    let reason = of_host((nested.clone(), weights.clone())).unwrap();
    assert!(reason.contains("the constant `far` of the model has 1099511627776"), "{reason}");
    assert_eq!(of_guest(nested, weights), Some(reason));
}

#[test]
fn constants_share_so_many_weights() {
    let mut network = Network::new("shared");
    let bytes = vec![0; 1 << 17];
    let x = network.parameter("x", Element::I64, &[1 << 17]);
    let constant = network.constant("c", &Tensor::i64(&[1 << 17], &bytes));
    let y = network.layer("Add", "y", &[&x, &constant], &[], &x);
    network.result(&y);
    let files = network.finish();
    let (start, end) = ("<layer id=\"1\"", "<layer id=\"2\"");
    let layer = &files.xml[files.xml.find(start).unwrap()..files.xml.find(end).unwrap()];
    let many = |count: usize| {
        let layers: String =
            (10..10 + count).map(|id| layer.replace("id=\"1\" name", &format!("id=\"{id}\" name"))).collect();
        of_guest(files.xml.replacen("</layers>", &format!("{layers}</layers>"), 1), files.weights.clone())
    };
    // Four times their bytes, and as much again.
    assert_eq!(many(4), None);
    assert!(many(5).unwrap().contains("constants of the model share too many"));
}
