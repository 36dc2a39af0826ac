//! The stages of the WASI process, and what each lets a host do by default.

use std::fmt;

/// How far a proposal has come, after the phases of the WASI Subgroup.
///
/// Two questions depend on it and on nothing else: [`Stage::may_compile_by_default`] and
/// [`Stage::may_link_without_flag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Pre-proposal: an idea with a champion.
    Zero,
    /// Feature proposal: the subgroup wants the problem solved.
    One,
    /// Feature description available: the interface is written down.
    Two,
    /// Implementation phase: hosts and guests exist.
    Three,
    /// Standardization phase: two implementations, only details change.
    Four,
    /// Standardized.
    Five,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 6] = [Stage::Zero, Stage::One, Stage::Two, Stage::Three, Stage::Four, Stage::Five];

    /// The number people say.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Stage::Zero => 0,
            Stage::One => 1,
            Stage::Two => 2,
            Stage::Three => 3,
            Stage::Four => 4,
            Stage::Five => 5,
        }
    }

    /// What the WASI Subgroup calls the phase.
    #[must_use]
    pub const fn phase(self) -> &'static str {
        match self {
            Stage::Zero => "pre-proposal",
            Stage::One => "feature proposal",
            Stage::Two => "feature description available",
            Stage::Three => "implementation phase",
            Stage::Four => "standardization phase",
            Stage::Five => "standardized",
        }
    }

    /// May a Cargo feature of this proposal be part of `default`? From stage 1 on.
    #[must_use]
    pub const fn may_compile_by_default(self) -> bool {
        !matches!(self, Stage::Zero)
    }

    /// May a compiled-in proposal be linked when the user said nothing? From stage 2 on.
    #[must_use]
    pub const fn may_link_without_flag(self) -> bool {
        !matches!(self, Stage::Zero | Stage::One)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stage {}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    /// The seed rules, written out: this table is the requirement and not a copy of the code.
    #[test]
    fn seed_rules() {
        let rules = [
            (Stage::Zero, false, false),
            (Stage::One, true, false),
            (Stage::Two, true, true),
            (Stage::Three, true, true),
            (Stage::Four, true, true),
            (Stage::Five, true, true),
        ];
        for (stage, compile, link) in rules {
            assert_eq!(stage.may_compile_by_default(), compile, "{stage}");
            assert_eq!(stage.may_link_without_flag(), link, "{stage}");
        }
    }

    #[test]
    fn stages_are_numbered_in_order() {
        for (number, stage) in (0u8..).zip(Stage::ALL) {
            assert_eq!(stage.number(), number);
        }
        assert!(Stage::ALL.is_sorted());
    }
}
