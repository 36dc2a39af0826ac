//! Tests of the rules, each with a model that breaks it and with its neighbours, which do not.

use crate::refusal;
use nn_models::onnx::{FunctionProto, GraphProto, Message, ModelProto, NodeProto, TensorProto};
use nn_models::{Element, Tensor};
use wasi_nn::{GraphEncoding, Origin};

/// The refusal of a model that the host names.
pub(crate) fn refusal_of(model: ModelProto) -> Option<String> {
    refusal(GraphEncoding::Onnx, vec![model.into_bytes()], Origin::Host)
}

/// The refusal of a model of one node, which has the inputs `x`, of 2 by 3 by 4 by 4, `i` of 4 integers, and constants.
pub(crate) fn refusal_at(opset: u64, node: NodeProto) -> Option<String> {
    let whole = Tensor::f32(&[4], &[1.0, 1.0, 2.0, 3.0]);
    let half = Tensor::f32(&[4], &[1.0, 1.0, 0.5, 0.5]);
    let graph = GraphProto::new("g")
        .input("x", Element::F32, &[2, 3, 4, 4])
        .input("bytes", Element::U8, &[4])
        .input("i", Element::I64, &[4])
        .input("none", Element::F32, &[2, 0])
        .initializer(TensorProto::new("whole", &whole))
        .initializer(TensorProto::new("half", &half))
        .initializer(TensorProto::new("zero", &Tensor::f32(&[1], &[0.0])))
        .initializer(TensorProto::new("axes", &Tensor::i64(&[1], &[1])))
        .node(node)
        .output("y", Element::F32, &[]);
    refusal_of(ModelProto::with_opset(graph, opset))
}

#[track_caller]
pub(crate) fn refused(node: NodeProto, why: &str) {
    let reason = refusal_at(21, node).expect("it was let through");
    assert!(reason.contains(why) && reason.starts_with("OpenVINO computes the operator"), "{reason}");
}

#[track_caller]
pub(crate) fn taken(node: NodeProto) {
    assert_eq!(refusal_at(21, node), None);
}

pub(crate) fn node(operator: &str, inputs: &[&str]) -> NodeProto {
    NodeProto::new(operator, inputs, &["y"])
}

pub(crate) fn text(node: NodeProto, name: &str, text: &str) -> NodeProto {
    node.attribute(name, 3, Message::new().bytes(4, text))
}

#[test]
fn what_recurrent_operators_ignore() {
    let inputs = ["x", "w", "r", "", "", "", "", "p"];
    for operator in ["RNN", "GRU", "LSTM"] {
        refused(node(operator, &inputs[..3]).int("layout", 1), "`layout`");
        taken(node(operator, &inputs[..3]).int("layout", 0));
        taken(text(node(operator, &inputs[..3]), "direction", "reverse"));
        let both = |activations: &[&str]| {
            let texts = activations.iter().fold(Message::new(), |texts, name| texts.bytes(9, name));
            text(node(operator, &inputs[..3]), "direction", "bidirectional").attribute(
                "activations",
                8,
                texts,
            )
        };
        refused(both(&["Tanh", "Relu"]), "first direction");
        refused(both(&["Sigmoid", "Tanh", "Sigmoid", "Relu"]), "first direction");
        taken(both(&["Sigmoid", "Tanh", "sigmoid", "tanh"]));
    }
    refused(node("LSTM", &inputs), "`P`");
    refused(node("LSTM", &inputs[..3]).int("input_forget", 1), "`input_forget`");
}

#[test]
fn attention_with_windows_and_with_a_past() {
    let plain = ["x", "x", "x"];
    refused(node("Attention", &plain).int("left_window_size", 2), "`left_window_size`");
    refused(node("Attention", &plain).int("right_window_size", 0), "`right_window_size`");
    taken(node("Attention", &plain).int("left_window_size", -1));
    let past = ["x", "x", "x", "", "x", "x"];
    taken(node("Attention", &past).int("is_causal", 1));
    refused(node("Attention", &["x", "unknown", "x", "", "x", "x"]).int("is_causal", 1), "past");
    taken(node("Attention", &["x", "unknown", "x", "", "x", "x"]));
    let scores = |mode| {
        let node =
            NodeProto::new("Attention", &plain, &["y", "", "", "s"]).int("qk_matmul_output_mode", mode);
        node.attribute("softcap", 1, Message::new().float(2, 2.0))
    };
    refused(scores(0), "`softcap`");
    taken(scores(2));
}

#[test]
fn shifts_lose_bits_unless_to_the_right_of_small_numbers() {
    taken(text(node("BitShift", &["bytes", "bytes"]), "direction", "RIGHT"));
    refused(text(node("BitShift", &["bytes", "bytes"]), "direction", "LEFT"), "shifts");
    refused(text(node("BitShift", &["i", "i"]), "direction", "RIGHT"), "shifts");
    refused(text(node("BitShift", &["unknown", "bytes"]), "direction", "RIGHT"), "shifts");
}

#[test]
fn reductions_of_nothing() {
    for operator in ["ReduceL1", "ReduceL2", "ReduceLogSum"] {
        refused(node(operator, &["x"]).int("noop_with_empty_axes", 1), "no axes");
        refused(node(operator, &["x", "unknown"]).int("noop_with_empty_axes", 1), "no axes");
        taken(node(operator, &["x", "axes"]).int("noop_with_empty_axes", 1));
        taken(node(operator, &["x"]));
    }
    taken(node("ReduceSum", &["x"]).int("noop_with_empty_axes", 1));
    refused(node("ReduceLogSum", &["i", "axes"]), "integers");
    refused(node("ReduceMax", &["none", "axes"]), "no elements");
    taken(node("ReduceMax", &["x", "axes"]));
}

#[test]
fn windows_behind_the_input() {
    let pool = |kernel: &[i64], strides: &[i64], pads: &[i64]| {
        let node = node("MaxPool", &["x"]).ints("kernel_shape", kernel).ints("strides", strides);
        node.ints("pads", pads).int("ceil_mode", 1)
    };
    // What SqueezeNet and GoogLeNet have.
    taken(pool(&[3, 3], &[2, 2], &[0, 0, 0, 0]));
    taken(pool(&[3, 3], &[2, 2], &[1, 1, 1, 1]));
    refused(pool(&[2, 2], &[2, 2], &[1, 1, 1, 1]), "`ceil_mode`");
    refused(pool(&[1, 1], &[2, 2], &[]), "`ceil_mode`");
    taken(pool(&[2, 2], &[3, 3], &[]).ints("dilations", &[2, 2]));
}

#[test]
fn other_pools() {
    let average = node("AveragePool", &["x"]).ints("kernel_shape", &[3, 3]).int("ceil_mode", 1);
    taken(average.clone().int("count_include_pad", 1));
    taken(average.clone().ints("pads", &[1, 1, 1, 1]));
    refused(average.int("count_include_pad", 1).ints("pads", &[1, 1, 1, 1]), "padding");
    refused(node("LpPool", &["x"]).int("ceil_mode", 1), "last windows");
    let indices = NodeProto::new("MaxPool", &["x"], &["y", "indices"]).int("storage_order", 1);
    refused(indices, "indices");
    taken(node("MaxPool", &["x"]).int("storage_order", 1));
    let align = || node("RoiAlign", &["x", "r", "b"]).int("sampling_ratio", 2);
    refused(text(align(), "mode", "max"), "interpolated");
    taken(text(align(), "mode", "avg"));
}

#[test]
fn what_resizing_ignores() {
    let resize = |inputs: &[&str]| node("Resize", inputs);
    let sizes = ["x", "", "", "i"];
    taken(resize(&sizes));
    refused(resize(&sizes).int("antialias", 1), "`antialias`");
    refused(resize(&sizes).int("exclude_outside", 1), "`exclude_outside`");
    refused(text(resize(&sizes), "keep_aspect_ratio_policy", "not_larger"), "`keep_aspect_ratio_policy`");
    taken(text(resize(&sizes), "keep_aspect_ratio_policy", "stretch"));
    let corners = |inputs: &[&str]| text(resize(inputs), "coordinate_transformation_mode", "align_corners");
    taken(corners(&sizes));
    taken(corners(&["x", "", "whole"]));
    refused(corners(&["x", "", "half"]), "`align_corners`");
    refused(corners(&["x", "", "unknown"]), "`align_corners`");
    refused(text(resize(&["bytes", "", "half"]), "mode", "linear"), "integers");
    taken(text(resize(&["bytes", "", "half"]), "mode", "nearest"));
}

#[test]
fn other_operators() {
    refused(node("LRN", &["x"]).int("size", 4), "`size`");
    taken(node("LRN", &["x"]).int("size", 5));
    refused(text(node("SpaceToDepth", &["x"]), "mode", "CRD"), "`mode`");
    taken(text(node("DepthToSpace", &["x"]), "mode", "CRD"));
    refused(node("NonMaxSuppression", &["x", "x", "i"]), "`iou_threshold`");
    refused(node("NonMaxSuppression", &["x", "x", "i", "zero"]), "`iou_threshold`");
    taken(node("NonMaxSuppression", &["x", "x", "i", "half"]));
    refused(node("Tile", &["x", "i"]), "repeats");
    taken(node("Tile", &["x", "axes"]));
    taken(node("Tile", &["bytes", "i"]));
}

#[test]
fn rules_are_about_onnx_s_operators_wherever_they_are() {
    let bad = || node("GRU", &["x", "w", "r"]).int("layout", 1);
    taken(bad().domain("com.microsoft"));
    refused(bad().domain("ai.onnx"), "`layout`");
    let body = || GraphProto::new("b").node(bad());
    refused(NodeProto::new("If", &["x"], &["z"]).graph("then_branch", body()), "`layout`");
    let graph = |node| ModelProto::new(GraphProto::new("g").node(node));
    let function = |name: &str| FunctionProto::new("own", name, &["x"], &["y"]);
    // A function's own name is no operator of ONNX's, and what is in it may be.
    let own = graph(node("GRU", &["x"]).domain("own").int("layout", 1)).function(function("GRU"));
    assert_eq!(refusal_of(own), None);
    for domain in ["", "ai.onnx"] {
        let function = FunctionProto::new(domain, "GRU", &["x"], &["y"]);
        let said = refusal_of(graph(bad().domain(domain)).function(function)).unwrap();
        assert!(said.contains("the model's function `GRU` is in the domain"), "{said}");
    }
    let inner = graph(node("F", &["x"]).domain("own")).function(function("F").node(bad()));
    assert!(refusal_of(inner).unwrap().contains("`layout`"));
    let from_caller = bad().attribute("input_forget", 2, Message::new().bytes(21, "forget"));
    refused(
        NodeProto::new("If", &["x"], &["z"]).graph("b", GraphProto::new("b").node(from_caller)),
        "`layout`",
    );
}

#[test]
fn names_are_fit_for_one_line() {
    let node = NodeProto::new("GRU", &["x"], &["a\n\u{1b}[31m"]).int("layout", 1);
    let reason = refusal_at(21, node).unwrap();
    assert!(reason.contains(r"`a\n\u{1b}[31m`") && !reason.contains('\n'), "{reason}");
}

#[test]
fn constants_fit_32_bits_unless_they_are_bounds() {
    let with = |value: i64, nodes: Vec<NodeProto>| {
        let graph = GraphProto::new("g")
            .input("x", Element::I64, &[4])
            .initializer(TensorProto::new("c", &Tensor::i64(&[1], &[value])))
            .initializer(TensorProto::new("zero", &Tensor::i64(&[1], &[0])));
        let graph = nodes.into_iter().fold(graph, GraphProto::node).output("y", Element::I64, &[4]);
        refusal_of(ModelProto::new(graph))
    };
    let add = || vec![node("Add", &["x", "c"])];
    assert_eq!(with(i32::MAX.into(), add()), None);
    assert_eq!(with(i32::MIN.into(), add()), None);
    for value in [1 << 31, i64::MIN, i64::MAX] {
        assert!(with(value, add()).unwrap().contains("constant `c`"), "{value}");
        assert_eq!(with(value, vec![node("Slice", &["x", "zero", "c"])]), None);
        assert_eq!(with(value, vec![node("Slice", &["x", "c", "c"])]), None);
        assert!(with(value, vec![node("Slice", &["x", "zero", "c", "c"])]).is_some());
        // A bound counts on its own side only.
        for (is_harmless, node) in [
            (value > 0, node("Clip", &["x", "", "c"])),
            (value < 0, node("Clip", &["x", "c"])),
            (value > 0, node("Min", &["x", "c"])),
            (value < 0, node("Max", &["c", "x"])),
            (false, node("Slice", &["c", "zero", "zero"])),
        ] {
            assert_eq!(with(value, vec![node.clone()]).is_none(), is_harmless, "{value} {node:?}");
        }
        let cast = |to| {
            vec![NodeProto::new("Cast", &["c"], &["to"]).int("to", to), node("Slice", &["x", "to", "to"])]
        };
        assert!(
            with(value, cast(7)).is_none()
                && with(value, cast(6)).is_some()
                && with(value, cast(1)).is_some()
        );
        // As exporters write it.
        let joined = || NodeProto::new("Concat", &["c", "zero"], &["ends"]).int("axis", 0);
        assert_eq!(with(value, vec![joined(), node("Slice", &["x", "zero", "ends"])]), None);
        let both = vec![
            joined(),
            node("Slice", &["x", "zero", "ends"]),
            NodeProto::new("Add", &["x", "ends"], &["z"]),
        ];
        assert!(with(value, both).is_some());
        let made = NodeProto::new("Constant", &[], &["made"]).int("value_int", value);
        let unused = NodeProto::new("Constant", &[], &["unused"]).int("value_int", value);
        assert!(with(0, vec![made.clone(), node("Add", &["x", "made"])]).unwrap().contains("`made`"));
        assert_eq!(with(0, vec![made, unused, node("Slice", &["x", "zero", "made"])]), None);
    }
}

#[test]
fn constants_of_all_types_fit_32_bits() {
    let with = |element: u64, bytes: &[u8]| {
        let raw = Message::new().varint(1, 1).varint(2, element).bytes(8, "c").bytes(9, bytes);
        let graph = GraphProto::new("g")
            .input("x", Element::I64, &[1])
            .initializer(TensorProto::empty().raw(raw))
            .node(node("Add", &["x", "c"]))
            .output("y", Element::I64, &[1]);
        refusal_of(ModelProto::new(graph))
    };
    for (element, bytes, number) in [
        (11, 1e39_f64.to_le_bytes().to_vec(), "1e39"),
        (12, u32::MAX.to_le_bytes().to_vec(), "4294967295"),
        (13, u64::MAX.to_le_bytes().to_vec(), "18446744073709551615"),
        (7, i64::MIN.to_le_bytes().to_vec(), "-9223372036854775808"),
    ] {
        let reason = with(element, &bytes).unwrap_or_default();
        assert!(reason.contains(&format!("the constant `c` of the model has {number}, which")), "{reason}");
    }
    for (element, bytes) in [
        (11, f64::from(f32::MAX).to_le_bytes().to_vec()),
        (11, f64::INFINITY.to_le_bytes().to_vec()),
        (12, 0x7fff_ffff_u32.to_le_bytes().to_vec()),
        (13, 7_u64.to_le_bytes().to_vec()),
        (1, f32::MAX.to_le_bytes().to_vec()),
    ] {
        assert_eq!(with(element, &bytes), None, "{element}");
    }
}
