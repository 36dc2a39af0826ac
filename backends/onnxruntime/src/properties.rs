//! The properties that a host can give: those of this backend, those of the library's sessions, and those of its devices.

use super::ffi::Optimization;
use std::ffi::CString;
use std::num::NonZeroU32;
use wasi_nn::{Error, Printable};

/// The library's own keys that are passed on: what none of them does is read or write files, or run other code. It ignores
/// keys that it does not know, so the others are refused here.
const PASSED_ON: [&str; 12] = [
    "session.intra_op.allow_spinning",
    "session.inter_op.allow_spinning",
    "session.force_spinning_stop",
    "session.intra_op_thread_affinities",
    "session.dynamic_block_base",
    "session.set_denormal_as_zero",
    "session.disable_prepacking",
    "session.disable_quant_qdq",
    "session.disable_double_qdq_remover",
    "session.qdqisint8allowed",
    "session.disable_cpu_ep_fallback",
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
    /// Keys of the library's own.
    pub(super) passed_on: Vec<(CString, CString)>,
    /// Options of devices, each with the device's name in lower case.
    of_devices: Vec<(String, CString, CString)>,
}

impl Properties {
    /// Sets what a name stands for.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "inter_op_threads" => self.operators_at_once = Some(count(name, value)?),
            "optimization" => self.optimization = Some(optimization(value)?),
            "arena" => self.without_arena = !is_on(name, value)?,
            name if PASSED_ON.contains(&name) => set(&mut self.passed_on, c_text(name)?, c_text(value)?),
            name => match name.split_once('.') {
                // What stands before a dot and is no area of the library's is a device.
                Some((device, key)) if !["session", "optimization"].contains(&device) && !key.is_empty() => {
                    let (device, key) = (device.to_ascii_lowercase(), c_text(key)?);
                    self.of_devices.retain(|(of, known, _)| (of, known) != (&device, &key));
                    self.of_devices.push((device, key, c_text(value)?));
                }
                _ => return Err(unknown(name)),
            },
        }
        Ok(())
    }

    /// What a device is told, by its name in lower case.
    pub(super) fn of_device(&self, device: &str) -> Vec<(CString, CString)> {
        let of = self.of_devices.iter().filter(|(of, _, _)| of == device);
        of.map(|(_, key, value)| (key.clone(), value.clone())).collect()
    }

    /// Refuses options of devices that a graph is not given to.
    pub(super) fn check_devices(&self, devices: &[&str]) -> Result<(), Error> {
        match self.of_devices.iter().find(|(of, _, _)| !devices.contains(&of.as_str())) {
            None => Ok(()),
            Some((of, key, _)) => Err(unknown(&format!("{of}.{}", key.to_string_lossy()))),
        }
    }
}

/// Sets a pair, in place of what it was.
pub(super) fn set(pairs: &mut Vec<(CString, CString)>, key: CString, value: CString) {
    pairs.retain(|(known, _)| *known != key);
    pairs.push((key, value));
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
    use super::Properties;
    use crate::ffi::Optimization;

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
        assert_eq!(properties.passed_on, [spinning]);
        assert_eq!(properties.of_device("cuda"), [(c"device_id".to_owned(), c"2".to_owned())]);
        assert!(properties.check_devices(&["cuda", "tensorrt"]).is_ok());
        let refused = properties.check_devices(&["cuda"]).unwrap_err().to_string();
        assert!(refused.starts_with("there is no property `tensorrt.trt_fp16_enable`"), "{refused}");
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let refused =
            |name: &str, value: &str| Properties::default().set(name, value).unwrap_err().to_string();
        for name in
            ["", "threads", "session.", "session.optimized_model_filepath", "session.use_env_allocators"]
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
