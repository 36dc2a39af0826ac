//! Checks of tree ensembles, which the engine descends without a check of its own.

use crate::attribute::attribute;
use std::collections::{HashMap, HashSet};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

/// The multiplications that take as long as one step down a tree, which waits for memory each time: 10 ns and 40 ps.
pub(super) const STEP: u64 = 256;

/// How many nodes an ensemble has, of either kind.
pub(super) fn nodes(node: &NodeProto) -> Option<u64> {
    let is_ensemble = node.op_type.starts_with("TreeEnsemble");
    let count = attribute(node, "nodes_nodeids").map_or(0, |attribute| attribute.ints.len());
    is_ensemble.then(|| u64::try_from(count).unwrap_or(u64::MAX))
}

/// Checks that every step leads further down its own tree, and that every leaf votes for a class that exists.
pub(super) fn check(node: &NodeProto) -> TractResult<()> {
    if node.op_type != "TreeEnsembleClassifier" {
        return Ok(());
    }
    let ints = |name| attribute(node, name).map_or(&[][..], |attribute| &attribute.ints);
    let (trees, nodes) = (ints("nodes_treeids"), ints("nodes_nodeids"));
    let (yes, no) = (ints("nodes_truenodeids"), ints("nodes_falsenodeids"));
    let modes = attribute(node, "nodes_modes").map_or(&[][..], |attribute| &attribute.strings);
    let count = nodes.len();
    let lengths = [trees.len(), yes.len(), no.len(), modes.len(), ints("nodes_featureids").len()];
    ensure!(lengths.iter().all(|length| *length == count), "the lists of a tree ensemble differ in length");
    // The engine puts the nodes of a tree into the order of their numbers, and takes a number for a place.
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    for tree in trees {
        let size = sizes.entry(*tree).or_default();
        *size = size.saturating_add(1);
    }
    let size = |tree: &i64| sizes.get(tree).copied().unwrap_or_default();
    let mut seen = HashSet::new();
    let mut is_place =
        |(tree, own): (&i64, &i64)| (0..size(tree)).contains(own) && seen.insert((*tree, *own));
    ensure!(trees.iter().zip(nodes).all(&mut is_place), "the nodes of a tree are not numbered from zero");
    for (((tree, own), (yes, no)), mode) in trees.iter().zip(nodes).zip(yes.iter().zip(no)).zip(modes) {
        let leads_down = |next: &i64| next > own && *next < size(tree);
        let is_leaf = mode.as_slice() == b"LEAF";
        ensure!(is_leaf || (leads_down(yes) && leads_down(no)), "a branch of a tree does not lead down");
    }
    let features = ints("nodes_featureids");
    let is_feature = |feature: &i64| (0..i64::from(i32::MAX)).contains(feature);
    ensure!(features.iter().all(is_feature), "a tree asks for a feature that cannot be");
    let labels = attribute(node, "classlabels_strings").map_or(0, |attribute| attribute.strings.len());
    let classes = i64::try_from(labels.max(ints("classlabels_int64s").len())).unwrap_or(i64::MAX);
    let is_class = |class: &i64| (0..classes).contains(class);
    ensure!(ints("class_ids").iter().all(is_class), "a leaf of a tree votes for no class");
    Ok(())
}
