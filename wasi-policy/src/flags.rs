//! The flags that the user gives at run time: `-S name`, `-S name=y`, `-S name=n`.

use crate::Descriptor;
use std::collections::BTreeMap;

/// The runtime flags: which proposals the user allowed or forbade by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    said: BTreeMap<String, bool>,
    on_unlisted_platforms: bool,
}

/// A flag that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlagError {
    /// The part after `=` is neither yes nor no.
    #[error("`{value}` in the flag `{flag}` is neither `y` nor `n`")]
    Value {
        /// The whole flag.
        flag: String,
        /// The part after `=`.
        value: String,
    },
    /// No known proposal has this name.
    #[error("no proposal is called `{name}`; known are: {known}")]
    Unknown {
        /// The name in the flag.
        name: String,
        /// All names that would do, separated by commas.
        known: String,
    },
}

impl Flags {
    /// The user said nothing.
    #[must_use]
    pub fn none() -> Self {
        Flags::default()
    }

    /// Allows the proposal called `name`; the last word on a name counts.
    #[must_use]
    pub fn allow(mut self, name: &str) -> Self {
        self.said.insert(name.to_owned(), true);
        self
    }

    /// Forbids the proposal called `name`; the last word on a name counts.
    #[must_use]
    pub fn forbid(mut self, name: &str) -> Self {
        self.said.insert(name.to_owned(), false);
        self
    }

    /// Allows proposals on platforms that they do not list, where their code may compile and their tests have not run: for
    /// those tests, and for whoever brings a proposal to a platform. Stages and other flags count there as elsewhere.
    ///
    /// No flag of the command's says this.
    #[must_use]
    pub fn on_unlisted_platforms(mut self) -> Self {
        self.on_unlisted_platforms = true;
        self
    }

    /// Takes one flag as users write it, `NAME[=y|n]`.
    ///
    /// # Errors
    ///
    /// [`FlagError::Value`] if the part after `=` is not a yes or a no.
    pub fn parse(self, flag: &str) -> Result<Self, FlagError> {
        let (name, value) = flag.split_once('=').unwrap_or((flag, "y"));
        match value {
            "y" | "yes" | "true" => Ok(self.allow(name)),
            "n" | "no" | "false" => Ok(self.forbid(name)),
            _ => Err(FlagError::Value { flag: flag.to_owned(), value: value.to_owned() }),
        }
    }

    /// Refuses names that none of `known` has, so that a typing error is not a silent no.
    ///
    /// # Errors
    ///
    /// [`FlagError::Unknown`] for the first such name.
    pub fn check<'a>(&self, known: impl Iterator<Item = &'a Descriptor> + Clone) -> Result<(), FlagError> {
        match self.said.keys().find(|name| known.clone().all(|row| row.name() != name.as_str())) {
            None => Ok(()),
            Some(name) => Err(FlagError::Unknown {
                name: name.clone(),
                known: known.map(Descriptor::name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Are proposals allowed on platforms that they do not list?
    #[must_use]
    pub fn allows_unlisted_platforms(&self) -> bool {
        self.on_unlisted_platforms
    }

    /// What the user said about `name`, if anything.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<bool> {
        self.said.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{FlagError, Flags};
    use crate::matrix::PROPOSALS;

    #[test]
    fn the_last_word_counts() {
        let flags = Flags::none().parse("nn").and_then(|flags| flags.parse("nn=n")).unwrap();
        assert_eq!(flags.get("nn"), Some(false));
        assert_eq!(flags.get("snapshot"), None);
    }

    #[test]
    fn a_bad_value_is_named() {
        let error = Flags::none().parse("nn=perhaps").unwrap_err();
        assert_eq!(error.to_string(), "`perhaps` in the flag `nn=perhaps` is neither `y` nor `n`");
    }

    #[test]
    fn an_unknown_name_lists_the_known() {
        let error = Flags::none().allow("nm").check(PROPOSALS.iter()).unwrap_err();
        assert!(matches!(&error, FlagError::Unknown { name, .. } if name == "nm"));
        assert_eq!(error.to_string(), "no proposal is called `nm`; known are: snapshot, nn");
    }
}
