//! What a stage asks of a proposal before it may stand there.

use crate::{Platform, Stage};

/// What a proposal at some stage has to show. Each part only grows with the stage.
///
/// ```
/// use wasi_policy::{Documentation, Engines, PlatformTier, Stage};
///
/// let demands = Stage::Two.demands();
/// assert_eq!(demands.platforms, PlatformTier::Linux);
/// assert_eq!((demands.engines, demands.documentation), (Engines::All, Documentation::Complete));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demands {
    /// Where its tests pass.
    pub platforms: PlatformTier,
    /// On which engines its smoke test passes.
    pub engines: Engines,
    /// How much about it is written down.
    pub documentation: Documentation,
}

/// The platforms on which the tests of a proposal have to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlatformTier {
    /// One, whichever that is.
    Any,
    /// Linux.
    Linux,
    /// Linux and macOS.
    LinuxAndMacOs,
    /// Linux, macOS and Windows.
    LinuxMacOsAndWindows,
}

/// The engines on which the smoke test of a proposal has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engines {
    /// One, whichever that is.
    Any,
    /// Each for which [`engine`](crate::engine) has an adapter.
    All,
}

/// What has to be written about a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Documentation {
    /// An RFC that says something in each section.
    Argued,
    /// The RFC without open prompts, documentation for every public item, and a changelog.
    Complete,
}

impl Stage {
    /// What a proposal has to show to stand at this stage.
    #[must_use]
    pub const fn demands(self) -> Demands {
        let platforms = match self {
            Stage::Zero | Stage::One => PlatformTier::Any,
            Stage::Two => PlatformTier::Linux,
            Stage::Three => PlatformTier::LinuxAndMacOs,
            Stage::Four | Stage::Five => PlatformTier::LinuxMacOsAndWindows,
        };
        let (engines, documentation) = match self {
            Stage::Zero | Stage::One => (Engines::Any, Documentation::Argued),
            _ => (Engines::All, Documentation::Complete),
        };
        Demands { platforms, engines, documentation }
    }

    /// The stage after this one, if there is one.
    #[must_use]
    pub const fn next(self) -> Option<Stage> {
        match self {
            Stage::Zero => Some(Stage::One),
            Stage::One => Some(Stage::Two),
            Stage::Two => Some(Stage::Three),
            Stage::Three => Some(Stage::Four),
            Stage::Four => Some(Stage::Five),
            Stage::Five => None,
        }
    }
}

impl PlatformTier {
    /// The platforms that have to be there by name; none where any one will do.
    #[must_use]
    pub const fn platforms(self) -> &'static [Platform] {
        match self {
            PlatformTier::Any => &[],
            PlatformTier::Linux => &[Platform::Linux],
            PlatformTier::LinuxAndMacOs => &[Platform::Linux, Platform::MacOs],
            PlatformTier::LinuxMacOsAndWindows => &[Platform::Linux, Platform::MacOs, Platform::Windows],
        }
    }

    /// Are `platforms` enough?
    #[must_use]
    pub fn is_met_by(self, platforms: &[Platform]) -> bool {
        !platforms.is_empty() && self.platforms().iter().all(|platform| platforms.contains(platform))
    }
}

#[cfg(test)]
mod tests {
    use super::{Documentation, Engines, PlatformTier};
    use crate::Platform::{Linux, MacOs, Windows};
    use crate::{Platform, Stage};

    /// The requirement, written out; not a copy of the code.
    #[test]
    fn demands_of_each_stage() {
        let all: &[Platform] = &[Linux, MacOs, Windows];
        let table: [(Stage, &[Platform], bool, bool); 6] = [
            (Stage::Zero, &[], false, false),
            (Stage::One, &[], false, false),
            (Stage::Two, &[Linux], true, true),
            (Stage::Three, &[Linux, MacOs], true, true),
            (Stage::Four, all, true, true),
            (Stage::Five, all, true, true),
        ];
        for (stage, platforms, all_engines, complete) in table {
            let demands = stage.demands();
            assert_eq!(demands.platforms.platforms(), platforms, "{stage}");
            assert_eq!(demands.engines == Engines::All, all_engines, "{stage}");
            assert_eq!(demands.documentation == Documentation::Complete, complete, "{stage}");
        }
    }

    #[test]
    fn every_demand_only_grows() {
        for (before, after) in Stage::ALL.iter().zip(&Stage::ALL[1..]) {
            assert_eq!(before.next(), Some(*after));
            let (before, after) = (before.demands(), after.demands());
            assert!(before.platforms <= after.platforms);
            assert!(before.engines <= after.engines);
            assert!(before.documentation <= after.documentation);
        }
        assert_eq!(Stage::Five.next(), None);
    }

    #[test]
    fn a_tier_asks_for_each_of_its_platforms() {
        assert!(PlatformTier::Any.is_met_by(&[Windows]));
        assert!(!PlatformTier::Any.is_met_by(&[]));
        assert!(PlatformTier::Linux.is_met_by(&[Windows, Linux]));
        assert!(!PlatformTier::Linux.is_met_by(&[Windows]));
        assert!(!PlatformTier::LinuxAndMacOs.is_met_by(&[Linux]));
        assert!(!PlatformTier::LinuxMacOsAndWindows.is_met_by(&[Linux, MacOs]));
        assert!(PlatformTier::LinuxMacOsAndWindows.is_met_by(&Platform::ALL));
    }
}
