//! The limits of `--nn-limit`, on the cost of models.

use crate::limits::{Limit, Limited};
use wasi_facade::backend::onnx::OnnxLimits;
use wasi_facade::isolate;
use wasi_facade::nn::{Limits, ProcessLimits};

/// All limits of inference but times of guests, which have flags of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NnLimits {
    pub(crate) guest: Limits,
    /// The guest is the only one, so this is its own too.
    pub(crate) process: ProcessLimits,
    pub(crate) onnx: OnnxLimits,
    pub(crate) workers: isolate::Limits,
}

impl Default for NnLimits {
    fn default() -> Self {
        NnLimits {
            guest: Limits::default(),
            process: ProcessLimits::default(),
            onnx: OnnxLimits::default(),
            // A command has one guest, and most have one model.
            workers: isolate::Limits::default().ready(0),
        }
    }
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
        Limit { name: "workers", field: |limits| &mut limits.workers.max_workers },
        Limit { name: "workers-ready", field: |limits| &mut limits.workers.ready },
        Limit { name: "worker-memory", field: |limits| &mut limits.workers.memory },
        Limit { name: "worker-file-bytes", field: |limits| &mut limits.workers.file_bytes },
        Limit { name: "worker-stack", field: |limits| &mut limits.workers.stack },
        Limit { name: "worker-descriptors", field: |limits| &mut limits.workers.max_descriptors },
        Limit { name: "worker-processor-time", field: |limits| &mut limits.workers.processor_time },
        Limit {
            name: "worker-total-processor-time",
            field: |limits| &mut limits.workers.total_processor_time,
        },
        Limit { name: "worker-start-time", field: |limits| &mut limits.workers.start_time },
    ];
}

/// The types of the limits in messages of the library, and how their names begin here.
const TYPES: [(&str, &str); 3] =
    [("`Limits::", ""), ("`ProcessLimits::", "process-"), ("`OnnxLimits::", "onnx-")];

/// The fields of workers' limits, and their names here.
const WORKERS: [(&str, &str); 9] = [
    ("max_workers", "workers"),
    ("ready", "workers-ready"),
    ("memory", "worker-memory"),
    ("file_bytes", "worker-file-bytes"),
    ("stack", "worker-stack"),
    ("max_descriptors", "worker-descriptors"),
    ("processor_time", "worker-processor-time"),
    ("total_processor_time", "worker-total-processor-time"),
    ("start_time", "worker-start-time"),
];

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
    for (field, name) in WORKERS {
        text = text.replace(&format!("`isolate::Limits::{field}`"), &format!("`--nn-limit {name}=...`"));
    }
    for (field, flag) in [("compile_time", "--nn-compile-time"), ("compute_time", "--nn-compute-time")] {
        text = text.replace(&format!("`Limits::{field}`"), &format!("`{flag}`"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{NnLimits, WORKERS, with_flags};
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
            ("isolate::Limits::memory", "--nn-limit worker-memory=..."),
            ("isolate::Limits::max_workers", "--nn-limit workers=..."),
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
        let of_workers = WORKERS.map(|(_, name)| name.to_owned());
        let all = names.concat().into_iter().chain(of_workers).collect::<Vec<_>>();
        assert_eq!(all, NnLimits::LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
        let text = format!("{:?}", limits.workers);
        let fields = text.trim_end_matches(" }").split_once("{ ").unwrap().1.split(", ");
        let fields: Vec<_> = fields.map(|field| field.split(':').next().unwrap().to_owned()).collect();
        assert_eq!(fields, WORKERS.map(|(field, _)| field));
    }
}
