//! The operators that OpenVINO computes in another way than ONNX says, and when.
//!
//! Each line was found by a comparison with ONNX Runtime or with the reference of the ONNX package, or in the source
//! of [OpenVINO's reader](https://github.com/openvinotoolkit/openvino/tree/master/src/frontends/onnx/frontend/src/op).

use super::conditions;
use super::scope::Scope;
use wasi_nn::onnx_scan::view::{Attribute, Node};

/// What is wrong with an operator.
pub(super) struct Rule {
    operators: &'static [&'static str],
    /// The versions of ONNX's operators, first and last.
    opsets: (u64, u64),
    when: When,
    /// What OpenVINO does, as the end of a sentence.
    pub(super) why: &'static str,
    /// Whether the embedded engine does what the model says.
    pub(super) is_embedded: bool,
}

/// When a rule is broken.
enum When {
    /// An integer is another than these.
    Int(&'static str, &'static [i64]),
    /// A text is another than this.
    Text(&'static str, &'static str),
    /// An optional input is there.
    Input(usize),
    /// More has to be looked at.
    Found(fn(&Node<'_>, &Scope<'_, '_>) -> bool),
}

use When::{Found, Input, Int, Text};

const ANY: (u64, u64) = (1, u64::MAX);

const RULES: &[Rule] = &[
    rule(&["GRU", "LSTM", "RNN"], Int("layout", &[0]), "it ignores the attribute `layout`").embedded(),
    rule(&["LSTM"], Int("input_forget", &[0]), "it ignores the attribute `input_forget`").embedded(),
    rule(&["LSTM"], Input(7), "it ignores the input `P`, the peepholes").embedded(),
    rule(
        &["GRU", "LSTM", "RNN"],
        Found(conditions::directions_differ),
        "it takes the activations of the first direction for both",
    )
    .embedded(),
    rule(
        &["GRU", "LSTM", "RNN"],
        Found(conditions::lengths_are_lost),
        "it ignores the input `sequence_lens` where the model declares no number of steps or sequences for `X`",
    )
    .embedded(),
    rule(
        &["Loop"],
        Found(conditions::turns_are_lost),
        "where there may be no turn, it comes to no end, ends the process, or collects a turn that was not",
    ),
    rule(
        &["ConvTranspose"],
        Found(conditions::padding_is_lost),
        "it pads for `auto_pad` and `output_shape` only where the model declares all sizes of `X`, and then for one of both",
    ),
    rule(
        &["Div"],
        Found(conditions::quotient_is_rounded),
        "it rounds the quotients of integers of 8 bits, which are cut, where the model declares no sizes",
    )
    .embedded(),
    rule(&["Attention"], Int("left_window_size", &[-1]), "it ignores the attribute `left_window_size`"),
    rule(&["Attention"], Int("right_window_size", &[-1]), "it ignores the attribute `right_window_size`"),
    rule(
        &["Attention"],
        Found(conditions::past_is_misplaced),
        "with a past, the causal mask is right only for as many queries as keys, which the model does not declare",
    ),
    rule(
        &["Attention"],
        Found(conditions::scores_are_uncapped),
        "the output of the scores leaves the attribute `softcap` out",
    ),
    rule(
        &["BitShift"],
        Found(conditions::bits_are_lost),
        "it multiplies and divides, which is right for shifts to the right of unsigned integers of 8 and 16 bits only",
    ),
    rule(
        &["Softmax"],
        Found(conditions::softmax_is_flat),
        "before version 13 the sum goes over all axes from `axis` on, and it takes one; export the model with version 13 \
         or later, or have it declare the shape if `axis` is the last",
    )
    .since(11, 12),
    rule(
        &["ReduceL1", "ReduceL2", "ReduceLogSum"],
        Found(conditions::reduces_nothing),
        "it does nothing at all where no axes are given and `noop_with_empty_axes` is set",
    ),
    rule(
        &["ReduceLogSum"],
        Found(conditions::is_integer),
        "it rounds what it computes of integers, which are cut",
    ),
    rule(
        &["ReduceMax", "ReduceMin"],
        Found(conditions::is_empty),
        "of no elements it gives the least or greatest finite number",
    )
    .embedded(),
    rule(&["LRN"], Found(conditions::has_even_size), "for an even `size` it takes other neighbours"),
    rule(&["SpaceToDepth"], Text("mode", "DCR"), "it ignores the attribute `mode`"),
    rule(
        &["RoiAlign"],
        Found(conditions::samples_are_chosen),
        "without `sampling_ratio`, or with zero, it takes another number of samples",
    ),
    rule(&["RoiAlign"], Text("mode", "avg"), "its greatest of the samples is that of interpolated ones"),
    rule(
        &["MaxPool"],
        Found(conditions::window_may_begin_outside),
        "with `ceil_mode` it has a window more, which begins behind the input",
    )
    .embedded(),
    rule(
        &["MaxPool"],
        Found(conditions::indices_are_by_column),
        "with `storage_order` it changes the order of the indices, and not the indices",
    ),
    rule(
        &["AveragePool"],
        Found(conditions::counts_what_is_outside),
        "with `ceil_mode` and `count_include_pad` it counts what lies behind the padding",
    ),
    rule(&["LpPool"], Int("ceil_mode", &[0]), "with `ceil_mode` it weighs the last windows like whole ones"),
    rule(&["Resize"], Int("antialias", &[0]), "its filter for `antialias` is another").embedded(),
    rule(&["Resize"], Int("exclude_outside", &[0]), "it ignores the attribute `exclude_outside`").embedded(),
    rule(
        &["Resize"],
        Text("keep_aspect_ratio_policy", "stretch"),
        "it ignores the attribute `keep_aspect_ratio_policy`",
    )
    .embedded(),
    rule(
        &["Resize"],
        Found(conditions::corners_are_rounded),
        "with `align_corners` it takes rounded sizes where ONNX multiplies by scales that are no integers",
    )
    .embedded(),
    rule(
        &["Resize"],
        Found(conditions::is_interpolated_integer),
        "it rounds what it interpolates of integers, which are cut",
    ),
    rule(
        &["NonMaxSuppression"],
        Found(conditions::suppresses_all),
        "without `iou_threshold`, or with zero, it drops boxes that do not overlap",
    )
    .embedded(),
    rule(
        &["Tile"],
        Found(conditions::repeats_are_open),
        "for repeats that are no constant and four dimensions or more it gives memory that nobody wrote",
    )
    .embedded(),
];

const fn rule(operators: &'static [&'static str], when: When, why: &'static str) -> Rule {
    Rule { operators, opsets: ANY, when, why, is_embedded: false }
}

impl Rule {
    const fn since(self, first: u64, last: u64) -> Self {
        Rule { opsets: (first, last), ..self }
    }

    const fn embedded(self) -> Self {
        Rule { is_embedded: true, ..self }
    }

    fn is_broken(&self, node: &Node<'_>, opset: u64, scope: &Scope<'_, '_>) -> bool {
        let (first, last) = self.opsets;
        // What an attribute of a function's body has is known where the function is called.
        let differs = |name, is_usual: &dyn Fn(&Attribute<'_>) -> bool| {
            node.attribute(name).is_some_and(|given| !given.refers_to.is_empty() || !is_usual(given))
        };
        self.operators.contains(&node.operator)
            && (first..=last).contains(&opset)
            && match &self.when {
                Int(name, usual) => differs(name, &|given| usual.contains(&given.int)),
                Text(name, usual) => differs(name, &|given| given.text == usual.as_bytes()),
                Input(index) => node.input(*index).is_some(),
                Found(condition) => condition(node, scope),
            }
    }
}

/// The first rule that a node of one of ONNX's own operators breaks.
pub(super) fn broken(node: &Node<'_>, opset: u64, scope: &Scope<'_, '_>) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.is_broken(node, opset, scope))
}
