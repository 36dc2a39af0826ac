//! Conditions of the rules for which more than one attribute has to be looked at.

use super::scope::Scope;
use wasi_nn::onnx_scan::view::Node;

/// Numbers of types in `TensorProto.DataType`: floats of all widths that OpenVINO has, integers of 8 bits, and the small
/// unsigned integers.
const FLOATS: [u64; 4] = [1, 10, 11, 16];
const BYTES: [u64; 2] = [2, 3];
const SMALL: [u64; 2] = [2, 4];

fn int(node: &Node<'_>, name: &str, default: i64) -> i64 {
    node.attribute(name).map_or(default, |attribute| attribute.int)
}

fn ints<'a>(node: &'a Node<'_>, name: &str) -> &'a [i64] {
    node.attribute(name).map_or(&[], |attribute| attribute.ints.as_slice())
}

fn is_text(node: &Node<'_>, name: &str, text: &str) -> bool {
    node.attribute(name).is_some_and(|attribute| attribute.text == text.as_bytes())
}

pub(super) fn directions_differ(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    let activations = node.attribute("activations").map_or(&[][..], |attribute| attribute.texts.as_slice());
    let (forward, backward) = activations.split_at(activations.len() / 2);
    is_text(node, "direction", "bidirectional")
        && !forward.iter().zip(backward).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// Whether it has lengths of its sequences, and how many steps and sequences there are is open.
pub(super) fn lengths_are_lost(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let shape = node.input(0).and_then(|name| scope.shape(name)).unwrap_or_default();
    node.input(4).is_some() && !matches!(shape.as_slice(), [Some(_), Some(_), ..])
}

/// Whether it has a constant number of turns that OpenVINO 2026.4 never reaches, or collects what the turns make though there
/// may be none.
pub(super) fn turns_are_lost(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let collects = node.outputs.len().saturating_add(2) > node.inputs.len();
    let begins = node.input(1).is_none_or(|name| scope.bools(name).is_some_and(|bools| bools == [true]));
    let least = match node.input(0).map(|name| scope.integers(name)) {
        None => 1,
        Some(turns) => turns.and_then(|turns| turns.into_iter().min()).unwrap_or(0),
    };
    least < 0 || (collects && (least == 0 || !begins))
}

pub(super) fn padding_is_lost(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let is_upper = is_text(node, "auto_pad", "SAME_UPPER");
    let is_automatic = is_upper || is_text(node, "auto_pad", "SAME_LOWER");
    let has_shape = node.attribute("output_shape").is_some();
    (is_upper && has_shape) || ((is_automatic || has_shape) && !has_fixed_shape(node, 0, scope))
}

pub(super) fn quotient_is_rounded(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let element = node.input(0).and_then(|name| scope.element(name));
    let is_fixed = has_fixed_shape(node, 0, scope) && has_fixed_shape(node, 1, scope);
    element.is_some_and(|element| BYTES.contains(&element)) && !is_fixed
}

pub(super) fn samples_are_chosen(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    int(node, "sampling_ratio", 0) == 0
}

/// Whether all sizes of an input are known.
fn has_fixed_shape(node: &Node<'_>, index: usize, scope: &Scope<'_, '_>) -> bool {
    let shape = node.input(index).and_then(|name| scope.shape(name));
    shape.is_some_and(|shape| shape.iter().all(Option::is_some))
}

/// The mask ends at the last key for the last query, and has to end at the query's own place behind the past.
pub(super) fn past_is_misplaced(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let steps = |index| {
        let shape = scope.shape(node.input(index)?)?;
        let axis = if shape.len() == 3 { 1 } else { 2 };
        shape.get(axis).copied().flatten()
    };
    let (queries, keys) = (steps(0), steps(1));
    int(node, "is_causal", 0) != 0 && node.input(4).is_some() && (queries.is_none() || queries != keys)
}

pub(super) fn scores_are_uncapped(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    let is_capped = node.attribute("softcap").is_some_and(|attribute| attribute.float != 0.0);
    is_capped && node.output(3).is_some() && int(node, "qk_matmul_output_mode", 0) == 0
}

pub(super) fn bits_are_lost(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let element = node.input(0).and_then(|name| scope.element(name));
    !is_text(node, "direction", "RIGHT") || element.is_none_or(|element| !SMALL.contains(&element))
}

/// Whether `axis` is another than the last, or could be.
pub(super) fn softmax_is_flat(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let axis = int(node, "axis", 1);
    // The output has the shape of the input.
    let ends = [node.input(0), node.output(0)];
    let rank = ends.into_iter().flatten().find_map(|name| scope.rank(name));
    let last = rank.and_then(|rank| i64::try_from(rank).ok()?.checked_sub(1));
    axis != -1 && last != Some(axis)
}

pub(super) fn reduces_nothing(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let axes = node.input(1).map(|name| scope.integers(name));
    let are_given = axes.is_some_and(|axes| axes.is_some_and(|axes| !axes.is_empty()));
    int(node, "noop_with_empty_axes", 0) != 0 && !are_given && ints(node, "axes").is_empty()
}

/// Whether the first input has integers, as far as is known.
pub(super) fn is_integer(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let element = node.input(0).and_then(|name| scope.element(name));
    element.is_some_and(|element| !FLOATS.contains(&element))
}

/// Whether the first input has no elements, as far as is known.
pub(super) fn is_empty(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let shape = node.input(0).and_then(|name| scope.shape(name));
    shape.is_some_and(|shape| shape.contains(&Some(0)))
}

pub(super) fn has_even_size(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    int(node, "size", 1) % 2 == 0
}

/// The last window of those that do not fit begins at most a stride behind the last that does.
pub(super) fn window_may_begin_outside(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    let (strides, dilations, pads) = (ints(node, "strides"), ints(node, "dilations"), ints(node, "pads"));
    let kernel = ints(node, "kernel_shape");
    let may_begin = |(axis, size): (usize, &i64)| {
        let of = |list: &[i64], default| list.get(axis).copied().unwrap_or(default);
        let extent = size.saturating_sub(1).saturating_mul(of(dilations, 1)).saturating_add(1);
        let end = pads.get(axis.saturating_add(kernel.len())).copied().unwrap_or(0);
        of(strides, 1).saturating_add(end) > extent
    };
    int(node, "ceil_mode", 0) != 0 && kernel.iter().enumerate().any(may_begin)
}

pub(super) fn indices_are_by_column(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    int(node, "storage_order", 0) != 0 && node.output(1).is_some()
}

pub(super) fn counts_what_is_outside(node: &Node<'_>, _: &Scope<'_, '_>) -> bool {
    let is_padded = ints(node, "pads").iter().any(|pad| *pad != 0)
        || is_text(node, "auto_pad", "SAME_UPPER")
        || is_text(node, "auto_pad", "SAME_LOWER");
    int(node, "ceil_mode", 0) != 0 && int(node, "count_include_pad", 0) != 0 && is_padded
}

pub(super) fn corners_are_rounded(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let has_sizes = node.input(3).is_some();
    let scales = node.input(2).and_then(|name| scope.floats(name));
    let are_whole = scales.is_some_and(|scales| scales.iter().all(|scale| scale.fract() == 0.0));
    is_text(node, "coordinate_transformation_mode", "align_corners") && !has_sizes && !are_whole
}

pub(super) fn is_interpolated_integer(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let is_interpolated = is_text(node, "mode", "linear") || is_text(node, "mode", "cubic");
    is_interpolated && is_integer(node, scope)
}

/// ONNX drops boxes that overlap more than the threshold, and OpenVINO those that overlap as much.
pub(super) fn suppresses_all(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    match node.input(3) {
        None => true,
        Some(name) => scope.floats(name).is_some_and(|numbers| numbers.iter().any(|number| *number <= 0.0)),
    }
}

pub(super) fn repeats_are_open(node: &Node<'_>, scope: &Scope<'_, '_>) -> bool {
    let is_open = node.input(1).is_some_and(|name| !scope.is_constant(name));
    is_open && node.input(0).and_then(|name| scope.rank(name)).is_none_or(|rank| rank > 3)
}
