//! The limits of `--nn-limit`, on the cost of models.

use crate::limits::{Limit, Limited};
use wasi_facade::backend::onnx::OnnxLimits;
use wasi_facade::nn::{Limits, ProcessLimits};

/// All limits of inference but times, which have flags of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NnLimits {
    pub(crate) guest: Limits,
    /// The guest is the only one, so this is its own too.
    pub(crate) process: ProcessLimits,
    pub(crate) onnx: OnnxLimits,
}

impl Limited for NnLimits {
    const LIMITS: &'static [Limit<Self>] = &[
        Limit { name: "graphs", field: |limits| &mut limits.guest.max_graphs },
        Limit { name: "contexts", field: |limits| &mut limits.guest.max_contexts },
        Limit { name: "loads", field: |limits| &mut limits.guest.max_loads },
        Limit { name: "model-bytes", field: |limits| &mut limits.guest.max_model_bytes },
        Limit { name: "tensor-bytes", field: |limits| &mut limits.guest.max_tensor_bytes },
        Limit { name: "live-tensor-bytes", field: |limits| &mut limits.guest.max_live_tensor_bytes },
        Limit { name: "name-len", field: |limits| &mut limits.guest.max_name_len },
        Limit { name: "config-len", field: |limits| &mut limits.guest.max_config_len },
        Limit { name: "process-computations", field: |limits| &mut limits.process.max_computations },
        Limit { name: "process-loads", field: |limits| &mut limits.process.max_loads },
        Limit {
            name: "process-guest-model-bytes",
            field: |limits| &mut limits.process.max_guest_model_bytes,
        },
        Limit { name: "onnx-tensor-bytes", field: |limits| &mut limits.onnx.max_tensor_bytes },
        Limit { name: "onnx-total-bytes", field: |limits| &mut limits.onnx.max_total_bytes },
        Limit { name: "onnx-process-bytes", field: |limits| &mut limits.onnx.max_process_bytes },
        Limit { name: "onnx-nodes", field: |limits| &mut limits.onnx.max_nodes },
        Limit { name: "onnx-depth", field: |limits| &mut limits.onnx.max_depth },
        Limit { name: "onnx-work", field: |limits| &mut limits.onnx.max_work },
        Limit { name: "onnx-shapes", field: |limits| &mut limits.onnx.max_shapes },
    ];
}

/// The types of the limits in messages of the library, and how their names begin here.
const TYPES: [(&str, &str); 3] =
    [("`Limits::", ""), ("`ProcessLimits::", "process-"), ("`OnnxLimits::", "onnx-")];

/// The text of the library, with the flag of each limit in place of its field.
pub(crate) fn with_flags(text: &str) -> String {
    let mut text = text.to_owned();
    for (of_type, prefix) in TYPES {
        let fields = NnLimits::LIMITS.iter().filter_map(|limit| limit.name.strip_prefix(prefix));
        for field in fields {
            let flag = format!("`--nn-limit {prefix}{field}=...`");
            text = text.replace(&format!("{of_type}max_{}`", field.replace('-', "_")), &flag);
        }
    }
    for (field, flag) in [("timeout", "--nn-remote-timeout"), ("max_response", "--nn-remote-max-response")] {
        text = text.replace(&format!("`RemoteBuilder::{field}`"), &format!("`{flag}`"));
    }
    for (field, flag) in [("compile_time", "--nn-compile-time"), ("compute_time", "--nn-compute-time")] {
        text = text.replace(&format!("`Limits::{field}`"), &format!("`{flag}`"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{NnLimits, with_flags};
    use crate::limits::Limited;

    #[test]
    fn messages_name_flags() {
        for (field, flag) in [
            ("Limits::max_graphs", "--nn-limit graphs=..."),
            ("Limits::max_loads", "--nn-limit loads=..."),
            ("ProcessLimits::max_loads", "--nn-limit process-loads=..."),
            ("OnnxLimits::max_tensor_bytes", "--nn-limit onnx-tensor-bytes=..."),
            ("Limits::max_live_tensor_bytes", "--nn-limit live-tensor-bytes=..."),
            ("Limits::compile_time", "--nn-compile-time"),
            ("Limits::compute_time", "--nn-compute-time"),
            ("RemoteBuilder::timeout", "--nn-remote-timeout"),
            ("RemoteBuilder::max_response", "--nn-remote-max-response"),
        ] {
            assert_eq!(with_flags(&format!("no; see `{field}`!")), format!("no; see `{flag}`!"));
        }
        assert_eq!(with_flags("`Limits::max_fds` of a `model`"), "`Limits::max_fds` of a `model`");
    }

    /// A field that is added later has no flag until this is made to pass.
    #[test]
    fn every_limit_has_a_name_here() {
        let limits = NnLimits::default();
        let fields = |text: String, prefix: &'static str| {
            let names = text
                .lines()
                .filter_map(|line| line.trim().split_once(": "))
                .map(|(field, _)| format!("{prefix}{}", field.trim_start_matches("max_").replace('_', "-")));
            // Times are flags of their own, and their parts are lines of their own.
            names.filter(|name| !name.ends_with("-time")).collect::<Vec<_>>()
        };
        let names = [
            fields(format!("{:#?}", limits.guest), ""),
            fields(format!("{:#?}", limits.process), "process-"),
            fields(format!("{:#?}", limits.onnx), "onnx-"),
        ];
        assert_eq!(names.concat(), NnLimits::LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
    }
}
