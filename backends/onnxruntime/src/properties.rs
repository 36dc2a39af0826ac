//! The properties that a host can give: those of this backend, those of the library's sessions, and those of its devices.

use super::ffi::Optimization;
use std::ffi::CString;
use std::num::NonZeroU32;
use wasi_nn::{Error, Printable};

/// The library's own keys that are passed on: what none of them does is read or write files, or run other code. It ignores
/// keys that it does not know, so the others are refused here.
///
/// `session.set_denormal_as_zero` is not among them: it is done to threads of the session's own, and to the one thread that
/// makes the first session of a process (`inference_session.cc`), which computes what its guests do outside of models too.
const PASSED_ON: [&str; 13] = [
    "session.intra_op.allow_spinning",
    "session.inter_op.allow_spinning",
    "session.force_spinning_stop",
    "session.intra_op_thread_affinities",
    "session.dynamic_block_base",
    "session.disable_prepacking",
    "session.disable_quant_qdq",
    "session.disable_double_qdq_remover",
    "session.qdqisint8allowed",
    "session.disable_cpu_ep_fallback",
    "session.x64quantprecision",
    "session.qdq_matmulnbits_accuracy_level",
    "optimization.enable_gelu_approximation",
];

/// What was said of sessions, the last of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties {
    pub(super) threads: Option<NonZeroU32>,
    pub(super) operators_at_once: Option<NonZeroU32>,
    pub(super) optimization: Option<Optimization>,
    pub(super) without_arena: bool,
    pub(super) memory_limit: Option<usize>,
    /// Said of all graphs, if these are the properties of one.
    general: Vec<Said>,
    said: Vec<Said>,
}

/// A key of the library's own, or an option of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// The device's name in lower case; nothing for a key of sessions.
    device: Option<String>,
    key: CString,
    value: CString,
}

/// Keys and values, as the library takes them.
pub(super) type Pairs = Vec<(CString, CString)>;

impl Properties {
    /// The properties of a graph of which nothing is said yet: those of all graphs.
    pub(super) fn for_graph(&self) -> Self {
        Properties { general: self.said.clone(), said: Vec::new(), ..self.clone() }
    }

    /// Sets what a name stands for.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "inter_op_threads" => self.operators_at_once = Some(count(name, value)?),
            "optimization" => self.optimization = Some(optimization(value)?),
            "arena" => self.without_arena = !is_on(name, value)?,
            name if PASSED_ON.contains(&name) => self.say(None, name, value)?,
            name => match name.split_once('.') {
                // What stands before a dot and is no area of the library's is a device.
                Some((device, key)) if !["session", "optimization"].contains(&device) && !key.is_empty() => {
                    self.say(Some(device.to_ascii_lowercase()), key, value)?;
                }
                _ => return Err(unknown(name)),
            },
        }
        Ok(())
    }

    fn say(&mut self, device: Option<String>, key: &str, value: &str) -> Result<(), Error> {
        self.said.push(Said { device, key: c_text(key)?, value: c_text(value)? });
        Ok(())
    }

    /// What a session is told by its keys, or a device of this name in lower case: what is said of all graphs, in place of that
    /// what the graph's device and precision ask for, and in place of both what is said of the graph itself.
    pub(super) fn pairs(&self, device: Option<&str>, asked_for: Pairs) -> Pairs {
        let of = |all: &[Said]| {
            let of_it = all.iter().filter(|said| said.device.as_deref() == device);
            of_it.map(|said| (said.key.clone(), said.value.clone())).collect::<Pairs>()
        };
        let mut pairs = Pairs::new();
        for (key, value) in of(&self.general).into_iter().chain(asked_for).chain(of(&self.said)) {
            pairs.retain(|(known, _)| *known != key);
            pairs.push((key, value));
        }
        pairs
    }

    /// Refuses what cannot be done together: a limit of memory is that of an arena, which keeps what a computation is done with
    /// (`session.use_env_allocators` has sessions take the environment's, whatever they are told of one of their own).
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.memory_limit.is_some() && self.without_arena {
            return Err(Error::unsupported(
                "the property `arena` of ONNX Runtime is `off`, and its memory is limited, which an arena does; take one of both",
            ));
        }
        Ok(())
    }

    /// Refuses options of devices that a graph is not given to.
    pub(super) fn check_devices(&self, devices: &[&str]) -> Result<(), Error> {
        let all = self.general.iter().chain(&self.said);
        let mut of_devices = all.filter_map(|said| Some((said.device.as_deref()?, &said.key)));
        match of_devices.find(|(device, _)| !devices.contains(device)) {
            None => Ok(()),
            Some((device, key)) => Err(unknown(&format!("{device}.{}", key.to_string_lossy()))),
        }
    }
}

pub(super) fn c_text(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::invalid_argument(format!("{text:?} contains a NUL")))
}

fn count(name: &str, value: &str) -> Result<NonZeroU32, Error> {
    value.parse().map_err(|_| wrong(name, value, "a number from 1 on"))
}

fn is_on(name: &str, value: &str) -> Result<bool, Error> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(wrong(name, value, "`on` or `off`")),
    }
}

fn optimization(value: &str) -> Result<Optimization, Error> {
    Ok(match value {
        "off" => Optimization::Off,
        "basic" => Optimization::Basic,
        "extended" => Optimization::Extended,
        "all" => Optimization::All,
        _ => return Err(wrong("optimization", value, "`off`, `basic`, `extended` or `all`")),
    })
}

#[cold]
fn wrong(name: &str, value: &str, wanted: &str) -> Error {
    let value = Printable::at_most(value, 64);
    Error::unsupported(format!("the property `{name}` of ONNX Runtime is {wanted}, not `{value}`"))
}

#[cold]
fn unknown(name: &str) -> Error {
    Error::unsupported(format!(
        "there is no property `{}` of ONNX Runtime here; there are `inter_op_threads`, `optimization`, `arena`, {}, and those \
         of the graph's devices, as `cuda.gpu_mem_limit`",
        Printable::at_most(name, 64),
        PASSED_ON.map(|key| format!("`{key}`")).join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{Pairs, Properties};
    use crate::ffi::Optimization;
    use std::ffi::CStr;

    #[test]
    fn the_last_of_a_name_counts() {
        let mut properties = Properties::default();
        for (name, value) in [
            ("inter_op_threads", "2"),
            ("inter_op_threads", "3"),
            ("optimization", "basic"),
            ("arena", "off"),
            ("session.intra_op.allow_spinning", "1"),
            ("session.intra_op.allow_spinning", "0"),
            ("CUDA.device_id", "1"),
            ("cuda.device_id", "2"),
            ("tensorrt.trt_fp16_enable", "1"),
        ] {
            properties.set(name, value).unwrap();
        }
        assert_eq!(properties.operators_at_once.map(u32::from), Some(3));
        assert_eq!(properties.optimization, Some(Optimization::Basic));
        assert!(properties.without_arena);
        let spinning = (c"session.intra_op.allow_spinning".to_owned(), c"0".to_owned());
        assert_eq!(properties.pairs(None, Pairs::new()), [spinning]);
        let second = (c"device_id".to_owned(), c"2".to_owned());
        assert_eq!(properties.pairs(Some("cuda"), Pairs::new()), [second]);
        assert!(properties.check_devices(&["cuda", "tensorrt"]).is_ok());
        let refused = properties.check_devices(&["cuda"]).unwrap_err().to_string();
        assert!(refused.starts_with("there is no property `tensorrt.trt_fp16_enable`"), "{refused}");
        assert!(properties.for_graph().check_devices(&["cuda"]).is_err());
    }

    #[test]
    fn what_is_said_of_a_graph_counts_more_than_what_is_said_of_all() {
        let mut all = Properties::default();
        for name in ["cuda.device_id", "cuda.use_tf32", "cuda.gpu_mem_limit", "cuda.arena_extend_strategy"] {
            all.set(name, "7").unwrap();
        }
        let mut properties = all.for_graph();
        properties.set("cuda.use_tf32", "8").unwrap();
        properties.set("cuda.gpu_mem_limit", "8").unwrap();
        let pair = |key: &CStr, value: &CStr| (key.to_owned(), value.to_owned());
        let asked_for = vec![pair(c"device_id", c"1"), pair(c"use_tf32", c"1")];
        let mut pairs = properties.pairs(Some("cuda"), asked_for);
        pairs.sort();
        assert_eq!(
            pairs,
            [
                pair(c"arena_extend_strategy", c"7"),
                pair(c"device_id", c"1"),
                pair(c"gpu_mem_limit", c"8"),
                pair(c"use_tf32", c"8")
            ]
        );
    }

    #[test]
    fn a_limit_of_memory_needs_the_arena() {
        let mut properties = Properties { memory_limit: Some(1 << 20), ..Properties::default() };
        properties.set("arena", "off").unwrap();
        assert!(properties.check().unwrap_err().to_string().contains("take one of both"));
        let mut graph = properties.for_graph();
        graph.set("arena", "on").unwrap();
        assert!(graph.check().is_ok());
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let refused =
            |name: &str, value: &str| Properties::default().set(name, value).unwrap_err().to_string();
        for name in
            ["", "threads", "session.", "session.optimized_model_filepath", "session.set_denormal_as_zero"]
        {
            let text = refused(name, "1");
            assert!(text.contains("`arena`, `session.intra_op.allow_spinning`, "), "{text}");
        }
        assert!(refused("arena", "maybe").ends_with("is `on` or `off`, not `maybe`"));
        assert!(refused("inter_op_threads", "0").contains("a number from 1 on"));
        assert!(refused("optimization", "most").contains("`extended`"));
        assert!(refused("cuda.device_id", "\0").contains("NUL"));
    }
}
