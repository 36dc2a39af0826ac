//! The table of the proposals in this repository: one constant each, and nothing else decides.
//!
//! What a host does not need, such as the RFC and the maintainers, is in the manifest of the proposal's crate, under
//! `[package.metadata.proposal]`.
//!
//! Advancing a proposal is a change of its [`Stage`] here; relaxing its defaults is one more line, which
//! compiles only if the stage allows it.

use crate::{Descriptor, Platform, Stage};

/// `wasi_snapshot_preview1` and the older `wasi_unstable`.
///
/// Preview1 was frozen before the phases existed; its interface and its guests would make it a proposal in its
/// implementation phase. What holds it at stage 2 is our side: stage 3 asks for tests that pass on macOS, for which
/// the code compiles and has never run. Once they do, advancing is a change of this line and of the platforms. On Windows
/// the tests run under Wine.
pub const SNAPSHOT: Descriptor = Descriptor::new("snapshot", Stage::Two)
    .with_modules(&["wasi_snapshot_preview1", "wasi_unstable"])
    .with_platforms(&[Platform::Linux, Platform::Windows])
    .with_compiled_platforms(&[Platform::MacOs])
    .compiled_by_default()
    .linked_without_flag();

/// `wasi_ephemeral_nn`, machine-learning inference.
///
/// Its stage would allow linking without a flag. It asks for one all the same, since inference may open
/// native libraries: stricter than the stage is always allowed.
pub const NN: Descriptor = Descriptor::new("nn", Stage::Two)
    .with_modules(&["wasi_ephemeral_nn"])
    .with_platforms(&[Platform::Linux])
    .with_compiled_platforms(&[Platform::MacOs, Platform::Windows]);

// New rows go here.

/// All proposals, in the order of their RFCs.
#[rustfmt::skip]
pub const PROPOSALS: &[Descriptor] = &[
    SNAPSHOT,
    NN,
    // New proposals go here.
];

#[cfg(test)]
mod tests {
    use super::PROPOSALS;
    use crate::Descriptor;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_filled_in() {
        for row in PROPOSALS {
            assert!(!row.name().is_empty());
            assert!(!row.modules().is_empty(), "{} offers nothing", row.name());
            assert!(!row.platforms().is_empty(), "{} runs nowhere", row.name());
        }
    }

    #[test]
    fn names_and_modules_belong_to_one_proposal() {
        let names: BTreeSet<_> = PROPOSALS.iter().map(Descriptor::name).collect();
        assert_eq!(names.len(), PROPOSALS.len());
        let modules: Vec<_> = PROPOSALS.iter().flat_map(Descriptor::modules).collect();
        assert_eq!(modules.iter().collect::<BTreeSet<_>>().len(), modules.len());
    }
}
