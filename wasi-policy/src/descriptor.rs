//! What a proposal says about itself.

use crate::{Stage, SwitchedOff};
use std::fmt;

/// A proposal as policy sees it: its name, what it offers, how far it has come, who keeps it.
///
/// A new descriptor has the strictest choices: not compiled in by default, and linked only with a
/// runtime flag. [`compiled_by_default`](Self::compiled_by_default) and
/// [`linked_without_flag`](Self::linked_without_flag) relax them, and fail to compile in a constant when
/// the stage does not allow it:
///
/// ```compile_fail
/// # use wasi_policy::{Descriptor, Stage};
/// const TOO_EARLY: Descriptor = Descriptor::new("early", Stage::One).linked_without_flag();
/// # let _ = TOO_EARLY;
/// ```
///
/// ```compile_fail
/// # use wasi_policy::{Descriptor, Stage};
/// const TOO_EARLY: Descriptor = Descriptor::new("early", Stage::Zero).compiled_by_default();
/// # let _ = TOO_EARLY;
/// ```
///
/// One stage later each of them is fine:
///
/// ```
/// # use wasi_policy::{Descriptor, Stage};
/// const ONE: Descriptor = Descriptor::new("one", Stage::One).compiled_by_default();
/// const TWO: Descriptor = Descriptor::new("two", Stage::Two).linked_without_flag();
/// assert!(ONE.is_compiled_by_default() && !ONE.is_linked_without_flag());
/// assert!(TWO.is_linked_without_flag());
/// ```
///
/// One more line switches its tests off for a while, and then it needs a flag whatever its stage allows:
///
/// ```
/// # use wasi_policy::{Descriptor, Stage};
/// const OFF: Descriptor = Descriptor::new("off", Stage::Five)
///     .linked_without_flag()
///     .off_in_ci("2026-11-23", "a test of it hangs on two machines in three");
/// assert!(!OFF.is_linked_without_flag());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    name: &'static str,
    modules: &'static [&'static str],
    stage: Stage,
    rfc: &'static str,
    maintainers: &'static str,
    platforms: &'static [Platform],
    compiled_by_default: bool,
    linked_without_flag: bool,
    off: Option<SwitchedOff>,
}

impl Descriptor {
    /// A descriptor with the strictest choices and nothing else filled in.
    ///
    /// `name` is what users write after `-S`, and the name of the facade's Cargo feature.
    #[must_use]
    pub const fn new(name: &'static str, stage: Stage) -> Self {
        Descriptor {
            name,
            modules: &[],
            stage,
            rfc: "",
            maintainers: "",
            platforms: &Platform::ALL,
            compiled_by_default: false,
            linked_without_flag: false,
            off: None,
        }
    }

    /// The import modules whose functions the proposal offers.
    #[must_use]
    pub const fn modules(mut self, modules: &'static [&'static str]) -> Self {
        self.modules = modules;
        self
    }

    /// The document that argues for the proposal, relative to the workspace root.
    #[must_use]
    pub const fn rfc(mut self, path: &'static str) -> Self {
        self.rfc = path;
        self
    }

    /// How to reach the people who keep the proposal working.
    #[must_use]
    pub const fn maintainers(mut self, contact: &'static str) -> Self {
        self.maintainers = contact;
        self
    }

    /// The platforms the proposal works on; all of them unless said otherwise.
    #[must_use]
    pub const fn platforms(mut self, platforms: &'static [Platform]) -> Self {
        self.platforms = platforms;
        self
    }

    /// The facade's default features contain the proposal.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, if the stage forbids it (see [`Stage::may_compile_by_default`]).
    #[must_use]
    pub const fn compiled_by_default(mut self) -> Self {
        assert!(self.stage.may_compile_by_default(), "a stage-0 proposal is off by default at compile time");
        self.compiled_by_default = true;
        self
    }

    /// The proposal is linked when the user gives no flag.
    ///
    /// # Panics
    ///
    /// At compile time in a constant, if the stage forbids it (see [`Stage::may_link_without_flag`]).
    #[must_use]
    pub const fn linked_without_flag(mut self) -> Self {
        assert!(self.stage.may_link_without_flag(), "a proposal below stage 2 needs a runtime flag");
        self.linked_without_flag = true;
        self
    }

    /// CI passes over the proposal since the day `since`, written as `YYYY-MM-DD`, for a reason that can follow a
    /// colon.
    ///
    /// What nobody tests, nobody gets without asking: [`is_linked_without_flag`](Self::is_linked_without_flag) is
    /// `false` then. CI says on each run what it passes over and why, tells the maintainers, and fails after a number
    /// of days until somebody mends the proposal or decides anew. Neither a reason nor a real day can be left out:
    ///
    /// ```compile_fail
    /// # use wasi_policy::{Descriptor, Stage};
    /// const NO_REASON: Descriptor = Descriptor::new("p", Stage::Two).off_in_ci("2026-11-23", "");
    /// # let _ = NO_REASON;
    /// ```
    ///
    /// ```compile_fail
    /// # use wasi_policy::{Descriptor, Stage};
    /// const NO_DAY: Descriptor = Descriptor::new("p", Stage::Two).off_in_ci("2026-11-31", "it hangs");
    /// # let _ = NO_DAY;
    /// ```
    ///
    /// # Panics
    ///
    /// At compile time in a constant, if there is no such day or no reason.
    #[must_use]
    pub const fn off_in_ci(mut self, since: &str, reason: &'static str) -> Self {
        assert!(!reason.is_empty(), "whoever switches a proposal off in CI says why");
        let off = SwitchedOff::new(since, reason);
        assert!(
            off.is_some(),
            "the day since when a proposal is off in CI exists, and is written as YYYY-MM-DD"
        );
        self.off = off;
        self
    }

    /// The same proposal without [`off_in_ci`](Self::off_in_ci): what it is for good, and not for the time being.
    ///
    /// ```
    /// # use wasi_policy::{Descriptor, Stage};
    /// const ROW: Descriptor = Descriptor::new("p", Stage::Two).linked_without_flag();
    /// assert_eq!(ROW.off_in_ci("2026-11-23", "it hangs").for_good(), ROW);
    /// ```
    #[must_use]
    pub const fn for_good(mut self) -> Self {
        self.off = None;
        self
    }

    /// What users write after `-S`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The import modules of the proposal.
    #[must_use]
    pub const fn import_modules(&self) -> &'static [&'static str] {
        self.modules
    }

    /// How far the proposal has come.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The path of the proposal's RFC, relative to the workspace root.
    #[must_use]
    pub const fn rfc_path(&self) -> &'static str {
        self.rfc
    }

    /// How to reach the maintainers.
    #[must_use]
    pub const fn contact(&self) -> &'static str {
        self.maintainers
    }

    /// The platforms the proposal works on.
    #[must_use]
    pub const fn supported_platforms(&self) -> &'static [Platform] {
        self.platforms
    }

    /// Is the proposal among the facade's default features?
    #[must_use]
    pub const fn is_compiled_by_default(&self) -> bool {
        self.compiled_by_default
    }

    /// Is the proposal linked when the user gives no flag? Never while its tests are switched off.
    #[must_use]
    pub const fn is_linked_without_flag(&self) -> bool {
        self.linked_without_flag && self.off.is_none()
    }

    /// Since when and why CI passes over the proposal, if it does.
    #[must_use]
    pub const fn switched_off(&self) -> Option<SwitchedOff> {
        self.off
    }

    /// Does the proposal work on `platform`?
    #[must_use]
    pub fn supports(&self, platform: Platform) -> bool {
        self.platforms.contains(&platform)
    }
}

/// An operating system family that proposals support or do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Linux, with glibc or musl.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
    /// Anything else.
    Other,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Platform; 4] = [Platform::Linux, Platform::MacOs, Platform::Windows, Platform::Other];

    /// The platform this code was compiled for.
    #[must_use]
    pub const fn current() -> Self {
        if cfg!(target_os = "linux") {
            Platform::Linux
        } else if cfg!(target_os = "macos") {
            Platform::MacOs
        } else if cfg!(target_os = "windows") {
            Platform::Windows
        } else {
            Platform::Other
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Platform::Linux => "Linux",
            Platform::MacOs => "macOS",
            Platform::Windows => "Windows",
            Platform::Other => "this platform",
        })
    }
}
