//! The name of a proposal, in every case that Rust and Cargo want it in.

use anyhow::{Result, bail};
use std::fmt;

/// The longest name that leaves the tables of the command readable.
const MAX_LENGTH: usize = 24;

/// Names that would be something else in generated code: keywords, and what it imports.
const TAKEN: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final fn \
    for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct \
    super trait true try type typeof union unsafe unsized use virtual where while yield descriptor gate \
    flags link-error linker memory permit platform proposal proposals stage trap default option result \
    string vec send sync copy clone debug policy facade host suite std core alloc";

/// A name in kebab case that Rust can say in its own cases.
#[derive(Debug)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn parse(name: &str) -> Result<Self> {
        let refuse = |why: &str| bail!("`{name}` is no name for a proposal: {why}");
        if name.starts_with("wasi-") {
            return refuse("the crate's name begins with `wasi-` by itself; leave that out");
        }
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !name.split('-').all(is_part) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            return refuse(
                "it is written in kebab case, lower-case letters and digits in words with single dashes between them, \
                 and begins with a letter",
            );
        }
        if name.len() > MAX_LENGTH {
            return refuse(&format!("it is longer than {MAX_LENGTH} characters"));
        }
        if TAKEN.split(' ').any(|taken| taken == name) {
            return refuse("it means something else in Rust, or in a proposal's code");
        }
        Ok(Self(name.to_owned()))
    }

    pub(super) fn kebab(&self) -> &str {
        &self.0
    }

    fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    fn pascal(&self) -> String {
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.0.split('-').map(word).collect()
    }

    /// Fills the places of a template that are made of the name.
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("{{name}}", &self.0)
            .replace("{{ident}}", &self.snake())
            .replace("{{module}}", &format!("wasi_{}", self.snake()))
            .replace("{{Type}}", &self.pascal())
            .replace("{{CONST}}", &self.snake().to_uppercase())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_name_has_all_cases() {
        let name = Name::parse("random-2-get").unwrap();
        let filled = name.fill("{{name}} {{ident}} {{module}} {{Type}} {{CONST}}");
        assert_eq!(filled, "random-2-get random_2_get wasi_random_2_get Random2Get RANDOM_2_GET");
    }

    #[test]
    fn a_bad_name_is_refused_with_a_reason() {
        let kebab = ["", "Threads", "two_words", "two--words", "-first", "last-", "3d", "größe", "../escape"];
        let cases = kebab.map(|name| (name, "kebab case")).into_iter().chain([
            ("wasi-threads", "by itself"),
            ("self", "means something else"),
            ("proposal", "means something else"),
            ("a-name-that-is-longer-than-it-has-to-be", "longer than"),
        ]);
        for (name, why) in cases {
            let error = Name::parse(name).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
    }
}
