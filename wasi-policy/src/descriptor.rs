//! The descriptor of a proposal, which a host decides by, and the platforms.

use crate::Stage;
use std::fmt;

/// A proposal as a host sees it: its name, what it offers, how far it has come, where it works.
///
/// A value is given by `with_NAME` and read by `NAME`. What is true of a proposal is said by its adjective, such as
/// [`compiled_by_default`](Self::compiled_by_default), and asked with `is_` before it.
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
/// A proposal whose tests do not run needs a flag, whatever its stage allows:
///
/// ```
/// # use wasi_policy::{Descriptor, Stage};
/// const UNTESTED: Descriptor = Descriptor::new("p", Stage::Five)
///     .linked_without_flag()
///     .untested("a test of it hangs on two machines in three");
/// assert!(!UNTESTED.is_linked_without_flag());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    name: &'static str,
    modules: &'static [&'static str],
    stage: Stage,
    platforms: &'static [Platform],
    compiled_platforms: &'static [Platform],
    compiled_by_default: bool,
    linked_without_flag: bool,
    untested: Option<&'static str>,
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
            platforms: &Platform::ALL,
            compiled_platforms: &[],
            compiled_by_default: false,
            linked_without_flag: false,
            untested: None,
        }
    }

    /// Sets the import modules whose functions the proposal offers.
    #[must_use]
    pub const fn with_modules(mut self, modules: &'static [&'static str]) -> Self {
        self.modules = modules;
        self
    }

    /// Sets the platforms on which the proposal's tests have run and passed; all of them unless said otherwise.
    #[must_use]
    pub const fn with_platforms(mut self, platforms: &'static [Platform]) -> Self {
        self.platforms = platforms;
        self
    }

    /// Sets the platforms for which the proposal compiles, and on which its tests have not run; none unless said otherwise.
    ///
    /// There it needs a flag, whatever its stage allows.
    #[must_use]
    pub const fn with_compiled_platforms(mut self, platforms: &'static [Platform]) -> Self {
        self.compiled_platforms = platforms;
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

    /// Nobody runs the tests of the proposal for now, for a reason that can follow a colon.
    ///
    /// What nobody tests, nobody gets without asking: [`is_linked_without_flag`](Self::is_linked_without_flag) is
    /// `false` then. The reason cannot be left out:
    ///
    /// ```compile_fail
    /// # use wasi_policy::{Descriptor, Stage};
    /// const NO_REASON: Descriptor = Descriptor::new("p", Stage::Two).untested("");
    /// # let _ = NO_REASON;
    /// ```
    ///
    /// # Panics
    ///
    /// At compile time in a constant, if there is no reason.
    #[must_use]
    pub const fn untested(mut self, reason: &'static str) -> Self {
        assert!(!reason.is_empty(), "a proposal that nobody tests has a reason for it");
        self.untested = Some(reason);
        self
    }

    /// The same proposal without [`untested`](Self::untested): what it is once its tests run again.
    ///
    /// ```
    /// # use wasi_policy::{Descriptor, Stage};
    /// const ROW: Descriptor = Descriptor::new("p", Stage::Two).linked_without_flag();
    /// assert_eq!(ROW.untested("it hangs").tested(), ROW);
    /// ```
    #[must_use]
    pub const fn tested(mut self) -> Self {
        self.untested = None;
        self
    }

    /// What users write after `-S`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The import modules of the proposal.
    #[must_use]
    pub const fn modules(&self) -> &'static [&'static str] {
        self.modules
    }

    /// How far the proposal has come.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The platforms for which the proposal only compiles.
    #[must_use]
    pub const fn compiled_platforms(&self) -> &'static [Platform] {
        self.compiled_platforms
    }

    /// The platforms on which the proposal's tests have run and passed.
    #[must_use]
    pub const fn platforms(&self) -> &'static [Platform] {
        self.platforms
    }

    /// Is the proposal among the facade's default features?
    #[must_use]
    pub const fn is_compiled_by_default(&self) -> bool {
        self.compiled_by_default
    }

    /// Is the proposal linked when the user gives no flag? Never while it is untested.
    #[must_use]
    pub const fn is_linked_without_flag(&self) -> bool {
        self.linked_without_flag && self.untested.is_none()
    }

    /// Why nobody runs the tests of the proposal, if nobody does.
    #[must_use]
    pub const fn untested_reason(&self) -> Option<&'static str> {
        self.untested
    }

    /// Have the proposal's tests run and passed on `platform`?
    #[must_use]
    pub fn supports(&self, platform: Platform) -> bool {
        self.platforms.contains(&platform)
    }

    /// Does the proposal compile for `platform`, with its tests or without them?
    #[must_use]
    pub fn compiles_for(&self, platform: Platform) -> bool {
        self.supports(platform) || self.compiled_platforms.contains(&platform)
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
