//! The gate, which makes a permit or a reasoned refusal of a descriptor and the runtime flags.

use crate::{Descriptor, Flags, Platform, Proposal, Stage};
use std::fmt;
use std::marker::PhantomData;

/// Decides which proposals may be linked.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    flags: Flags,
}

/// The right to register the proposal `P` once.
///
/// Only a [`Gate`] makes permits, and [`Proposal::register`] consumes one, so code that links a proposal
/// without asking does not compile:
///
/// ```compile_fail
/// # use wasi_policy::Permit;
/// struct Anything;
/// let forged: Permit<Anything> = Permit { proposal: std::marker::PhantomData };
/// ```
#[must_use = "a permit does nothing until a proposal is registered with it"]
pub struct Permit<P> {
    proposal: PhantomData<fn() -> P>,
}

impl<P> fmt::Debug for Permit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("proposal", &std::any::type_name::<P>()).finish()
    }
}

/// The rule that refused a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The user forbade it with a flag.
    Forbidden,
    /// The proposal's stage makes every use of it ask for a flag, and none was given.
    StageNeedsFlag(Stage),
    /// The proposal chose to ask for a flag though its stage does not, and none was given.
    ProposalNeedsFlag(Stage),
    /// Nobody tests the proposal, for this reason, so every use of it asks for a flag, and none was given.
    Untested(&'static str),
    /// The proposal compiles for this platform and its tests have not run there, so every use of it asks for a flag, and
    /// none was given.
    UntestedPlatform(Platform),
    /// The proposal does not work on this platform.
    Platform(Platform),
    /// This build does not contain the proposal.
    NotCompiledIn,
}

/// Why a proposal may not be linked, and what would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    proposal: &'static str,
    rule: Rule,
}

impl Gate {
    /// A gate that goes by `flags`.
    #[must_use]
    pub fn new(flags: Flags) -> Self {
        Gate { flags }
    }

    /// Weighs `descriptor` against the flags. Says nothing about whether the code is compiled in.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] with its [`Rule`].
    pub fn decide(&self, descriptor: &Descriptor) -> Result<(), Refusal> {
        self.decide_on(descriptor, Platform::current())
    }

    /// What the user said.
    #[must_use]
    pub fn flags(&self) -> &Flags {
        &self.flags
    }

    /// The permit to register `P`.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] with its [`Rule`].
    pub fn permit<P: Proposal>(&self) -> Result<Permit<P>, Refusal> {
        self.decide(&P::DESCRIPTOR)?;
        Ok(Permit { proposal: PhantomData })
    }

    fn decide_on(&self, descriptor: &Descriptor, platform: Platform) -> Result<(), Refusal> {
        let refuse = |rule| Err(Refusal { proposal: descriptor.name(), rule });
        let is_tested = descriptor.supports(platform) || self.flags.allows_unlisted_platforms();
        if !is_tested && !descriptor.compiles_for(platform) {
            return refuse(Rule::Platform(platform));
        }
        let stage = descriptor.stage();
        match (self.flags.get(descriptor.name()), descriptor.untested_reason()) {
            (Some(true), _) => Ok(()),
            (Some(false), _) => refuse(Rule::Forbidden),
            (None, _) if !is_tested => refuse(Rule::UntestedPlatform(platform)),
            (None, Some(reason)) => refuse(Rule::Untested(reason)),
            (None, None) if !stage.may_link_without_flag() => refuse(Rule::StageNeedsFlag(stage)),
            (None, None) if !descriptor.is_linked_without_flag() => refuse(Rule::ProposalNeedsFlag(stage)),
            (None, None) => Ok(()),
        }
    }
}

impl Refusal {
    /// The refusal of a proposal whose code this build lacks; for facades, which alone know their features.
    #[must_use]
    pub fn not_compiled_in(descriptor: &Descriptor) -> Self {
        Refusal { proposal: descriptor.name(), rule: Rule::NotCompiledIn }
    }

    /// The name of the refused proposal.
    #[must_use]
    pub fn proposal(&self) -> &'static str {
        self.proposal
    }

    /// The rule that refused it.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proposal `{}` is off: ", self.proposal)?;
        match self.rule {
            Rule::Forbidden => write!(f, "it was forbidden by a flag"),
            Rule::StageNeedsFlag(stage) => write!(f, "a proposal at {stage} needs a flag"),
            Rule::ProposalNeedsFlag(stage) => {
                write!(f, "it asks for a flag, more strictly than {stage} demands")
            }
            Rule::Untested(reason) => write!(f, "it is not tested ({reason}), and so it needs a flag"),
            Rule::UntestedPlatform(platform) => {
                write!(
                    f,
                    "it compiles for {platform} and its tests have not run there, and so it needs a flag"
                )
            }
            Rule::Platform(platform) => write!(f, "it does not support {platform}"),
            Rule::NotCompiledIn => {
                write!(f, "it is not compiled in; rebuild with the Cargo feature `{}`", self.proposal)
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::{Gate, Rule};
    use crate::{Descriptor, Flags, Platform, Stage};

    fn rule(descriptor: &Descriptor, flags: Flags) -> Option<Rule> {
        Gate::new(flags).decide(descriptor).err().map(|refusal| refusal.rule())
    }

    /// Every stage × every choice of the proposal × tested or not × every word of the user.
    #[test]
    fn the_whole_table() {
        for stage in Stage::ALL {
            let strict = Descriptor::new("p", stage);
            let lax = stage.may_link_without_flag().then(|| strict.linked_without_flag());
            for descriptor in std::iter::once(strict).chain(lax) {
                assert_eq!(rule(&descriptor, Flags::none().allow("p")), None);
                assert_eq!(rule(&descriptor, Flags::none().forbid("p")), Some(Rule::Forbidden));
            }
            for descriptor in std::iter::once(strict).chain(lax) {
                let untested = descriptor.untested("it hangs");
                assert!(!untested.is_linked_without_flag());
                let refused = Some(Rule::Untested("it hangs"));
                assert_eq!(rule(&untested, Flags::none()), refused);
                assert_eq!(rule(&untested, Flags::none().allow("another")), refused);
                assert_eq!(rule(&untested, Flags::none().allow("p")), None);
                assert_eq!(rule(&untested, Flags::none().forbid("p")), Some(Rule::Forbidden));
            }
            let silent = match stage {
                Stage::Zero | Stage::One => Rule::StageNeedsFlag(stage),
                _ => Rule::ProposalNeedsFlag(stage),
            };
            assert_eq!(rule(&strict, Flags::none()), Some(silent));
            assert_eq!(rule(&strict, Flags::none().allow("another")), Some(silent));
            if let Some(lax) = lax {
                assert_eq!(rule(&lax, Flags::none()), None);
            }
        }
    }

    #[test]
    fn no_flag_helps_on_an_unsupported_platform() {
        let linux =
            Descriptor::new("p", Stage::Five).linked_without_flag().with_platforms(&[Platform::Linux]);
        let gate = Gate::new(Flags::none().allow("p"));
        assert_eq!(gate.decide_on(&linux, Platform::Linux), Ok(()));
        let refusal = gate.decide_on(&linux, Platform::Windows).unwrap_err();
        assert_eq!(refusal.rule(), Rule::Platform(Platform::Windows));
    }

    #[test]
    fn a_platform_without_tests_asks_for_a_flag() {
        let row = Descriptor::new("p", Stage::Five)
            .linked_without_flag()
            .with_platforms(&[Platform::Linux])
            .with_compiled_platforms(&[Platform::MacOs]);
        let on = |flags: Flags, platform| {
            Gate::new(flags).decide_on(&row, platform).err().map(|refusal| refusal.rule())
        };
        assert_eq!(on(Flags::none(), Platform::Linux), None);
        let refused = Some(Rule::UntestedPlatform(Platform::MacOs));
        assert_eq!(on(Flags::none(), Platform::MacOs), refused);
        assert_eq!(on(Flags::none().allow("p"), Platform::MacOs), None);
        assert_eq!(on(Flags::none().on_unlisted_platforms(), Platform::MacOs), None);
        assert_eq!(on(Flags::none().forbid("p"), Platform::MacOs), Some(Rule::Forbidden));
        assert_eq!(on(Flags::none().allow("p"), Platform::Windows), Some(Rule::Platform(Platform::Windows)));
        let words = Gate::default().decide_on(&row, Platform::MacOs).unwrap_err().to_string();
        assert_eq!(
            words,
            "the proposal `p` is off: it compiles for macOS and its tests have not run there, and so it needs a flag"
        );
    }

    #[test]
    fn whoever_brings_it_to_a_platform_says_so_and_no_more() {
        let linux = |stage| Descriptor::new("p", stage).with_platforms(&[Platform::Linux]);
        let trying = Gate::new(Flags::none().on_unlisted_platforms());
        let lax = linux(Stage::Five).linked_without_flag();
        assert_eq!(trying.decide_on(&lax, Platform::Windows), Ok(()));
        for (descriptor, flags, rule) in [
            (linux(Stage::One), Flags::none(), Rule::StageNeedsFlag(Stage::One)),
            (lax.untested("it hangs"), Flags::none(), Rule::Untested("it hangs")),
            (lax, Flags::none().forbid("p"), Rule::Forbidden),
        ] {
            let gate = Gate::new(flags.on_unlisted_platforms());
            let refusal = gate.decide_on(&descriptor, Platform::Windows).unwrap_err();
            assert_eq!(refusal.rule(), rule);
        }
    }

    #[test]
    fn refusals_say_the_rule() {
        let gate = Gate::new(Flags::none());
        let say = |stage| gate.decide(&Descriptor::new("p", stage)).unwrap_err().to_string();
        assert_eq!(say(Stage::Zero), "the proposal `p` is off: a proposal at stage 0 needs a flag");
        assert_eq!(
            say(Stage::Two),
            "the proposal `p` is off: it asks for a flag, more strictly than stage 2 demands"
        );
        let untested = Descriptor::new("p", Stage::Two).linked_without_flag().untested("it hangs");
        assert_eq!(
            gate.decide(&untested).unwrap_err().to_string(),
            "the proposal `p` is off: it is not tested (it hangs), and so it needs a flag"
        );
    }
}
