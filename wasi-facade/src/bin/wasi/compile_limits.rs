//! `--compile-limit`: what compiling a module may cost.

use crate::limits::{Limit, Setting, defaults_of, limits_of, setting_of};
use wasi_facade::CompileLimits;

const LIMITS: &[Limit<CompileLimits>] = &[
    Limit { name: "module-bytes", field: |limits| &mut limits.max_module_bytes },
    Limit { name: "function-bytes", field: |limits| &mut limits.max_function_bytes },
    Limit { name: "function-values", field: |limits| &mut limits.max_function_values },
    Limit { name: "function-passed", field: |limits| &mut limits.max_function_passed },
    Limit { name: "function-live", field: |limits| &mut limits.max_function_live },
    Limit { name: "module-values", field: |limits| &mut limits.max_module_values },
    Limit { name: "module-passed", field: |limits| &mut limits.max_module_passed },
    Limit { name: "module-live", field: |limits| &mut limits.max_module_live },
];

/// Takes `NAME=VALUE` apart.
pub(crate) fn setting(text: &str) -> Result<Setting, String> {
    setting_of(LIMITS, text)
}

/// The limits that these settings make of the default ones.
pub(crate) fn limits(settings: &[Setting]) -> Result<CompileLimits, String> {
    limits_of(LIMITS, settings)
}

/// All limits with their defaults, for the help.
pub(crate) fn defaults() -> String {
    defaults_of(LIMITS)
}

#[cfg(test)]
mod tests {
    use super::{LIMITS, limits, setting};
    use wasi_facade::CompileLimits;

    /// A field that is added later has no flag until this is made to pass.
    #[test]
    fn every_limit_has_a_name_here() {
        let text = format!("{:#?}", CompileLimits::default());
        let fields = text.lines().filter_map(|line| line.trim().strip_prefix("max_")?.split_once(':'));
        let names: Vec<_> = fields.map(|(field, _)| field.replace('_', "-")).collect();
        assert_eq!(names, LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
    }

    #[test]
    fn without_any_limit() {
        let none = LIMITS.iter().map(|limit| setting(&format!("{}=none", limit.name)).unwrap());
        assert_eq!(limits(&none.collect::<Vec<_>>()), Ok(CompileLimits::unlimited()));
    }
}
