//! Tests of what guests' operators may get: networks that pass, and the same with one thing else.

use crate::refusal as refused_by;
use nn_models::ir::{Network, Port};
use nn_models::{Element, Tensor};
use wasi_nn::{GraphEncoding, Origin};

/// Why a network with floats `x` of 2 by 3, integers `i` of the same shape and what `build` adds is refused.
fn refusal(build: impl FnOnce(&mut Network, &Port, &Port) -> Port) -> Option<String> {
    let mut network = Network::new("guarded");
    let x = network.parameter("x", Element::F32, &[2, 3]);
    let i = network.parameter("i", Element::I64, &[2, 3]);
    let made = build(&mut network, &x, &i);
    network.result(&made);
    let files = network.finish();
    of_guest(files.xml, files.weights)
}

pub(crate) fn of_guest(xml: String, weights: Vec<u8>) -> Option<String> {
    refused_by(GraphEncoding::OpenVino, vec![xml.into_bytes(), weights], Origin::Guest)
}

fn ints(network: &mut Network, values: &[i64]) -> Port {
    let len = u32::try_from(values.len()).unwrap();
    network.constant("c", &Tensor::i64(&[len], values))
}

#[track_caller]
fn refused(why: &str, build: impl FnOnce(&mut Network, &Port, &Port) -> Port) {
    let reason = refusal(build).expect("it was let through");
    assert!(reason.contains(why), "{reason}");
}

#[track_caller]
fn taken(build: impl FnOnce(&mut Network, &Port, &Port) -> Port) {
    assert_eq!(refusal(build), None);
}

#[test]
fn integers_are_divided_by_constants_other_than_zero() {
    for kind in ["Divide", "Mod", "FloorMod"] {
        taken(|network, x, _| network.layer(kind, "d", &[x, x], &[], x));
        refused("divide integers", |network, _, i| network.layer(kind, "d", &[i, i], &[], i));
        let by = |values: [i64; 3]| {
            move |network: &mut Network, _: &Port, i: &Port| {
                let divisor = ints(network, &values);
                network.layer(kind, "d", &[i, &divisor], &[], i)
            }
        };
        taken(by([2, 3, -5]));
        refused("divide integers", by([2, 0, 4]));
        refused("divide integers", by([2, -1, 4]));
    }
}

#[test]
fn a_type_is_what_inputs_and_conversions_say() {
    let through = |kind: &'static str, attributes: &'static [(&str, &str)]| {
        move |network: &mut Network, x: &Port, i: &Port| {
            let from = if kind == "Convert" { i } else { x };
            let made = network.layer(kind, "t", &[from, from], attributes, from);
            network.layer("Divide", "d", &[&made, &made], &[], &made)
        }
    };
    taken(through("Add", &[]));
    refused("divide integers", through("Equal", &[]));
    refused("divide integers", through("ShapeOf", &[]));
    taken(through("Convert", &[("destination_type", "f32")]));
    refused("divide integers", through("Convert", &[("destination_type", "i32")]));
    refused("divide integers", through("Convert", &[("destination_type", "F32")]));
    // What a port says of itself does not count.
    refused("divide integers", |network, _, i| {
        let lie = i.of_type(Element::F32);
        network.layer("Divide", "d", &[&lie, &lie], &[], &lie)
    });
}

#[test]
fn padding_is_constant_and_not_negative() {
    let pad = |begin: [i64; 2], end: [i64; 2]| {
        move |network: &mut Network, x: &Port, _: &Port| {
            let (begin, end) = (ints(network, &begin), ints(network, &end));
            network.layer("Pad", "p", &[x, &begin, &end], &[("pad_mode", "constant")], x)
        }
    };
    taken(pad([0, 1], [2, 0]));
    refused("negative", pad([0, -1], [2, 0]));
    refused("negative", pad([0, 1], [-2, 0]));
    refused("too much", pad([1 << 11, 1 << 11], [0, 0]));
    // Beyond 32 bits.
    refused("no constant", pad([1 << 40, 0], [0, 0]));
    refused("no constant", |network, x, i| network.layer("Pad", "p", &[x, i, i], &[], x));
}

#[test]
fn ranges_have_an_end() {
    let range = |bounds: [i64; 3]| {
        move |network: &mut Network, _: &Port, i: &Port| {
            let [start, stop, step] = bounds.map(|bound| ints(network, &[bound]));
            network.layer("Range", "r", &[&start, &stop, &step], &[("output_type", "i64")], i)
        }
    };
    taken(range([0, 100, 1]));
    taken(range([100, 0, -2]));
    refused("zero", range([0, 1, 0]));
    refused("too many", range([0, 1 << 30, 1]));
    let to = |kind: &'static str| {
        move |network: &mut Network, x: &Port, i: &Port| {
            let (start, step) = (ints(network, &[0]), ints(network, &[1]));
            let from = if kind == "ShapeOf" { x } else { i };
            let size = network.layer(kind, "s", &[from], &[], i);
            let stop = network.layer("Add", "a", &[&size, &step], &[], i);
            network.layer("Range", "r", &[&start, &stop, &step], &[("output_type", "i64")], i)
        }
    };
    taken(to("ShapeOf"));
    refused("size of a tensor", to("Abs"));
    refused("no constant", |network, _, i| network.layer("Range", "r", &[i, i, i], &[], i));
}

#[test]
fn repeats_are_constant() {
    taken(|network, x, _| {
        let repeats = ints(network, &[2, 2]);
        network.layer("Tile", "t", &[x, &repeats], &[], x)
    });
    refused("no constant", |network, x, i| network.layer("Tile", "t", &[x, i], &[], x));
}

#[test]
fn weights_of_recurrent_operators_fit_their_size() {
    let lstm = |hidden: &'static str, [w, r, b]: [&'static [u32]; 3]| {
        move |network: &mut Network, x: &Port, _: &Port| {
            let mut constant = |dims: &[u32]| {
                let values = vec![0.5; dims.iter().map(|size| usize::try_from(*size).unwrap()).product()];
                network.constant("w", &Tensor::f32(dims, &values))
            };
            let (h, w, r, b) = (constant(&[2, 1, 3]), constant(w), constant(r), constant(b));
            let lengths = ints(network, &[4, 4]);
            let operands = [x, &h, &h, &lengths, &w, &r, &b];
            network.layer(
                "LSTMSequence",
                "l",
                &operands,
                &[("hidden_size", hidden), ("direction", "forward")],
                x,
            )
        }
    };
    let right: [&'static [u32]; 3] = [&[1, 12, 5], &[1, 12, 3], &[1, 12]];
    taken(lstm("3", right));
    refused("do not fit", lstm("2", right));
    refused("size", lstm("0", right));
    refused("size", lstm("-3", right));
    refused("directions", lstm("3", [&[2, 12, 5], &[2, 12, 3], &[2, 12]]));
    refused("do not fit", lstm("3", [&[1, 12, 5], &[1, 12, 2], &[1, 12]]));
    refused("do not fit", lstm("3", [&[1, 12, 5], &[1, 12, 3], &[1, 9]]));
    refused("not made of constants", |network, x, _| {
        let lengths = ints(network, &[4, 4]);
        let attributes = [("hidden_size", "3"), ("direction", "forward")];
        network.layer("GRUSequence", "g", &[x, x, &lengths, x, x, x], &attributes, x)
    });
}

#[test]
fn edges_lead_from_one_output_to_one_input() {
    let mut network = Network::new("edges");
    let x = network.parameter("x", Element::F32, &[2]);
    let y = network.layer("Divide", "y", &[&x, &x], &[], &x);
    network.result(&y);
    let files = network.finish();
    let refusal = |xml: String| of_guest(xml, files.weights.clone());
    assert_eq!(refusal(files.xml.clone()), None);
    let edge = r#"<edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>"#;
    for (from, to, why) in [
        (edge, &format!("{edge}{edge}"), "two edges"),
        (edge, &edge.replace("from-layer=\"0\"", "from-layer=\"9\""), "begins nowhere"),
        (edge, &edge.replace("to-port=\"0\"", "to-port=\"7\""), "ends nowhere"),
        (edge, &edge.replace("from-port=\"0\"", "from-port=\"0x0\""), "joins nothing"),
        ("layer id=\"1\"", &"layer id=\"0\"".to_owned(), "one number"),
    ] {
        assert!(files.xml.contains(from));
        let reason = refusal(files.xml.replacen(from, to, 1)).unwrap_or_default();
        assert!(reason.contains(why), "{why}: {reason}");
    }
}
