//! The demands of each stage: platforms and engines that tests pass on, and what is written down.

use wasi_policy::{Platform, Stage};

/// What a proposal at some stage has to show.
#[derive(Clone, Copy)]
pub(super) struct Demands {
    /// Where its tests pass; on any one platform if this is empty.
    pub(super) platforms: &'static [Platform],
    /// Whether its smoke test passes on each engine that has an adapter, and not on any one.
    pub(super) all_engines: bool,
    /// Whether the RFC has no open prompts, all public items are documented, and there is a changelog.
    pub(super) is_complete: bool,
}

/// What a proposal has to show to stand at this stage.
pub(super) fn of(stage: Stage) -> Demands {
    const PLATFORMS: &[Platform] = &[Platform::Linux, Platform::MacOs, Platform::Windows];
    let platforms = match stage {
        Stage::Zero | Stage::One => &[],
        Stage::Two => &PLATFORMS[..1],
        Stage::Three => &PLATFORMS[..2],
        Stage::Four | Stage::Five => PLATFORMS,
    };
    let is_late = !matches!(stage, Stage::Zero | Stage::One);
    Demands { platforms, all_engines: is_late, is_complete: is_late }
}

/// The stage after this one, if there is one.
pub(super) fn next(stage: Stage) -> Option<Stage> {
    Stage::ALL.into_iter().find(|other| *other > stage)
}
