//! The parser of limits as `NAME=VALUE` on the command line, and the limits of `--limit` on a guest.

use crate::numbers::number;
use std::fmt::Write;
use std::time::Duration;
use wasi_facade::snapshot::Limits;

/// A limit that can be set on the command line: a field of `L`.
pub(crate) struct Limit<L: 'static> {
    /// That of the field, without `max`.
    pub(crate) name: &'static str,
    pub(crate) field: fn(&mut L) -> &mut dyn Bound,
}

/// Limits that can be set on the command line.
pub(crate) trait Limited: Default + 'static {
    /// All of them.
    const LIMITS: &'static [Limit<Self>];
}

impl Limited for Limits {
    const LIMITS: &'static [Limit<Self>] = &[
        Limit { name: "fds", field: |limits| &mut limits.max_fds },
        Limit { name: "path-len", field: |limits| &mut limits.max_path_len },
        Limit { name: "iovecs", field: |limits| &mut limits.max_iovecs },
        Limit { name: "transfer", field: |limits| &mut limits.max_transfer },
        Limit { name: "subscriptions", field: |limits| &mut limits.max_subscriptions },
        Limit { name: "random", field: |limits| &mut limits.max_random },
        Limit { name: "listing-bytes", field: |limits| &mut limits.max_listing_bytes },
        Limit { name: "sleep", field: |limits| &mut limits.max_sleep },
        Limit { name: "written-bytes", field: |limits| &mut limits.max_written_bytes },
        Limit { name: "created-entries", field: |limits| &mut limits.max_created_entries },
    ];
}

/// What a limit is counted in.
pub(crate) trait Bound {
    /// Takes what the user wrote.
    fn set(&mut self, text: &str) -> Result<(), String>;
    /// As the user would write it.
    fn show(&self) -> String;
}

macro_rules! numbers {
    ($($ty:ty)*) => {$(
        impl Bound for $ty {
            fn set(&mut self, text: &str) -> Result<(), String> {
                *self = match text {
                    "none" => <$ty>::MAX,
                    text => number(text)
                        .map_err(|_| "write a number such as 64, one with a unit such as 1G, or `none`")?
                        .try_into()
                        .map_err(|_| format!("write a number up to {}, or `none`", <$ty>::MAX))?,
                };
                Ok(())
            }

            fn show(&self) -> String {
                let units = [(30, "G"), (20, "M"), (0, "")];
                let unit = units.iter().find(|(bits, _)| self.trailing_zeros() >= *bits);
                unit.map_or_else(String::new, |(bits, letter)| format!("{}{letter}", self >> bits))
            }
        }
    )*};
}
numbers!(u32 u64 usize);

impl Bound for Duration {
    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "none" => Duration::MAX,
            text => humantime::parse_duration(text)
                .map_err(|_| "write a time with a unit such as 500ms or 2m, or `none`")?,
        };
        Ok(())
    }

    fn show(&self) -> String {
        humantime::format_duration(*self).to_string()
    }
}

/// A limit with the value that the user gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    name: &'static str,
    value: String,
}

/// Takes `NAME=VALUE` apart, and makes sure that it can be set.
pub(crate) fn setting<L: Limited>(text: &str) -> Result<Setting, String> {
    let example = L::LIMITS.first().map(|limit| limit.name).unwrap_or_default();
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("write NAME=VALUE, such as `{example}=64`"))?;
    let limit = L::LIMITS.iter().find(|limit| limit.name == name).ok_or_else(|| {
        let names: Vec<_> = L::LIMITS.iter().map(|limit| limit.name).collect();
        format!("there is no limit `{name}`; there are {}", names.join(", "))
    })?;
    (limit.field)(&mut L::default()).set(value)?;
    Ok(Setting { name: limit.name, value: value.to_owned() })
}

/// The limits that these settings make of the default ones.
///
/// # Errors
///
/// The name of one that is set twice.
pub(crate) fn limits<L: Limited>(settings: &[Setting]) -> Result<L, String> {
    let mut limits = L::default();
    for (index, Setting { name, value }) in settings.iter().enumerate() {
        if settings.iter().take(index).any(|earlier| earlier.name == *name) {
            return Err(format!("the limit `{name}` is set twice; leave one of both out"));
        }
        for limit in L::LIMITS.iter().filter(|limit| limit.name == *name) {
            (limit.field)(&mut limits).set(value)?;
        }
    }
    Ok(limits)
}

/// The limits of `strict` that are not the defaults: name, default, and value.
pub(crate) fn differences<L: Limited>(mut strict: L) -> Vec<(&'static str, String, String)> {
    let mut default = L::default();
    let both = L::LIMITS
        .iter()
        .map(|limit| (limit.name, (limit.field)(&mut default).show(), (limit.field)(&mut strict).show()));
    both.filter(|(_, default, value)| default != value).collect()
}

/// Adds the limits of `strict` to the settings of the user, who comes first.
pub(crate) fn fill<L: Limited>(settings: &mut Vec<Setting>, strict: L) {
    for (name, _, value) in differences(strict) {
        if !settings.iter().any(|setting| setting.name == name) {
            settings.push(Setting { name, value });
        }
    }
}

/// All limits with their defaults, for the help.
pub(crate) fn defaults<L: Limited>() -> String {
    let mut limits = L::default();
    let mut text = String::new();
    for limit in L::LIMITS {
        let separator = if text.is_empty() { "" } else { ", " };
        let value = (limit.field)(&mut limits).show();
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{}={value}", limit.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Limited, defaults, limits};
    use std::time::Duration;
    use wasi_facade::snapshot::Limits;

    fn setting(text: &str) -> Result<super::Setting, String> {
        super::setting::<Limits>(text)
    }

    /// A field that is added later has no flag until this is made to pass.
    #[test]
    fn every_limit_has_a_name_here() {
        let text = format!("{:#?}", Limits::default());
        let fields = text.lines().filter_map(|line| line.trim().strip_prefix("max_")?.split_once(':'));
        let names: Vec<_> = fields.map(|(field, _)| field.replace('_', "-")).collect();
        assert_eq!(names, Limits::LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
    }

    #[test]
    fn values() {
        let given = ["fds=64", "written-bytes=1G", "sleep=2m", "listing-bytes=none", "created-entries=0"];
        let settings: Vec<_> = given.iter().map(|text| setting(text).unwrap()).collect();
        let mut expected = Limits::default();
        expected.max_fds = 64;
        expected.max_written_bytes = 1 << 30;
        expected.max_sleep = Duration::from_secs(120);
        expected.max_listing_bytes = usize::MAX;
        expected.max_created_entries = 0;
        assert_eq!(limits(&settings), Ok(expected));
    }

    #[test]
    fn without_any_limit() {
        let settings: Vec<_> =
            Limits::LIMITS.iter().map(|limit| setting(&format!("{}=none", limit.name)).unwrap()).collect();
        assert_eq!(limits(&settings), Ok(Limits::unlimited()));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, what) in [
            ("fds", "NAME=VALUE"),
            ("files=3", "there is no limit `files`; there are fds, "),
            ("fds=many", "a number such as 64"),
            ("fds=-1", "a number such as 64"),
            ("fds=", "a number such as 64"),
            ("fds=5G", "a number up to 4294967295"),
            ("written-bytes=16777216T", "a number such as 64"),
            ("sleep=5", "a time with a unit"),
        ] {
            let error = setting(text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
        let twice = [setting("fds=1").unwrap(), setting("fds=2").unwrap()];
        assert!(limits::<Limits>(&twice).unwrap_err().contains("`fds` is set twice"));
    }

    #[test]
    fn the_defaults_are_shown() {
        let text = defaults::<Limits>();
        assert!(text.starts_with("fds=1024, path-len=4095, "), "{text}");
        assert!(text.contains("written-bytes=64G, created-entries=1M"), "{text}");
    }
}
