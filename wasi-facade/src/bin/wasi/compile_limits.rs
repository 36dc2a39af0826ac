//! The limits of `--compile-limit`, on the cost of compiling a module.

use crate::limits::{Limit, Limited};
use wasi_facade::CompileLimits;

impl Limited for CompileLimits {
    const LIMITS: &'static [Limit<Self>] = &[
        Limit { name: "module-bytes", field: |limits| &mut limits.max_module_bytes },
        Limit { name: "function-bytes", field: |limits| &mut limits.max_function_bytes },
        Limit { name: "function-values", field: |limits| &mut limits.max_function_values },
        Limit { name: "function-passed", field: |limits| &mut limits.max_function_passed },
        Limit { name: "function-live", field: |limits| &mut limits.max_function_live },
        Limit { name: "module-values", field: |limits| &mut limits.max_module_values },
        Limit { name: "module-passed", field: |limits| &mut limits.max_module_passed },
        Limit { name: "module-live", field: |limits| &mut limits.max_module_live },
    ];
}

#[cfg(test)]
mod tests {
    use crate::limits::{Limited, limits, setting};
    use wasi_facade::CompileLimits;

    /// A field that is added later has no flag until this is made to pass.
    #[test]
    fn every_limit_has_a_name_here() {
        let text = format!("{:#?}", CompileLimits::default());
        let fields = text.lines().filter_map(|line| line.trim().strip_prefix("max_")?.split_once(':'));
        let names: Vec<_> = fields.map(|(field, _)| field.replace('_', "-")).collect();
        assert_eq!(names, CompileLimits::LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
    }

    #[test]
    fn without_any_limit() {
        let none = CompileLimits::LIMITS
            .iter()
            .map(|limit| setting::<CompileLimits>(&format!("{}=none", limit.name)).unwrap());
        assert_eq!(limits(&none.collect::<Vec<_>>()), Ok(CompileLimits::unlimited()));
    }
}
