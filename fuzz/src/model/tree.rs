//! The attributes of tree ensembles.

use crate::number;
use arbitrary::{Arbitrary, Result, Unstructured};
use nn_models::onnx::{Message, NodeProto};
use serde::{Deserialize, Serialize};

/// What is built at most, beside which models are bounded by their size.
const MAX_TREES: u32 = 40;
const MAX_BRANCHES: u32 = 20_000;

/// Trees of one shape.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tree {
    /// How many.
    pub trees: u32,
    /// How many branches each has.
    pub branches: u32,
    /// How they hang together.
    pub shape: Shape,
}

/// How the branches of a tree hang together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Shape {
    /// Each branch is the child of the one before it, so that every row goes down all of them.
    List,
    /// As in a heap.
    Full,
    /// The last branch leads to the first.
    Ring,
}

crate::number::any_of!(Shape: List, Full, Ring);

impl<'a> Arbitrary<'a> for Tree {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Tree { trees: number::few(u)?, branches: number::many(u)?, shape: u.arbitrary()? })
    }
}

impl Tree {
    /// Adds the attributes to a classifier of two classes.
    pub(super) fn add(&self, node: NodeProto) -> NodeProto {
        let branches = i64::from(self.branches.min(MAX_BRANCHES));
        let count = 2 * branches + 1;
        let all = || {
            (0..i64::from(self.trees.min(MAX_TREES)))
                .flat_map(|tree| (0..count).map(move |node| (tree, node)))
        };
        let ints =
            |of: &dyn Fn(i64, i64) -> i64| all().map(|(tree, node)| of(tree, node)).collect::<Vec<_>>();
        let (yes, no) = (|at: i64| self.children(at).0, |at: i64| self.children(at).1);
        let modes = all().fold(Message::new(), |modes, (_, at)| {
            modes.bytes(9, if at < branches { "BRANCH_GT" } else { "LEAF" })
        });
        let floats = |count: usize| (0..count).fold(Message::new(), |all, _| all.float(7, 0.5));
        node.domain("ai.onnx.ml")
            .ints("nodes_treeids", &ints(&|tree, _| tree))
            .ints("nodes_nodeids", &ints(&|_, at| at))
            .ints("nodes_featureids", &ints(&|_, _| 0))
            .ints("nodes_truenodeids", &ints(&|_, at| yes(at)))
            .ints("nodes_falsenodeids", &ints(&|_, at| no(at)))
            .ints("class_ids", &[0])
            .ints("class_nodeids", &[branches])
            .ints("class_treeids", &[0])
            .ints("classlabels_int64s", &[0, 1])
            .attribute("nodes_values", 6, floats(all().count()))
            .attribute("class_weights", 6, floats(1))
            .attribute("nodes_modes", 8, modes)
    }

    /// Where a branch leads to; the leaves come after all branches.
    fn children(&self, at: i64) -> (i64, i64) {
        let branches = i64::from(self.branches.min(MAX_BRANCHES));
        if at >= branches {
            return (0, 0);
        }
        match self.shape {
            Shape::List => (at + 1, branches + 1 + at),
            Shape::Full => (2 * at + 1, 2 * at + 2),
            Shape::Ring => ((at + 1) % branches, branches + 1 + at),
        }
    }
}
