//! Devices: the names that a host writes, those that the library has, and what they are told of precision.

use super::properties::Pairs;
use std::ffi::{CStr, CString};
use wasi_nn::{Error, Precision, Printable};

/// What the library puts behind the names of its devices.
const SUFFIX: &str = "ExecutionProvider";

/// The processor, which takes what no other device does.
const CPU: &str = "cpu";

/// What there is one of.
const SINGLE: [&str; 2] = [CPU, "xnnpack"];

/// The key by which devices know one of several of their kind.
const DEVICE_ID: &str = "device_id";

/// A device as a host names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// In lower case, without the library's suffix.
    name: String,
    /// Which one of several.
    id: Option<u32>,
}

/// Reads `NAME[:ID][+NAME[:ID]]...`. The processor comes last, where it is in any case: the library gives it what no other
/// device takes.
pub(super) fn parse(text: &str) -> Result<Vec<Wanted>, Error> {
    let all: Vec<_> = text.split('+').map(Wanted::parse).collect::<Result<_, _>>()?;
    let before_last = all.split_last().map_or(&[][..], |(_, before)| before);
    if before_last.iter().any(Wanted::is_cpu) {
        return Err(Error::unsupported(format!(
            "`{}` prefers the processor, to which ONNX Runtime gives what no other device takes; name it last, or alone",
            Printable::at_most(text, 64)
        )));
    }
    Ok(all)
}

impl Wanted {
    fn parse(text: &str) -> Result<Self, Error> {
        let (name, id) = match text.split_once(':') {
            Some((name, id)) => (name, Some(id)),
            None => (text, None),
        };
        let wrong = || {
            let shown = Printable::at_most(text, 64);
            Error::unsupported(format!(
                "`{shown}` names no device; write one as `CPU`, `CUDA:1` or `TensorRT+CUDA`"
            ))
        };
        let id = id.map(str::parse).transpose().map_err(|_| wrong())?;
        let name = key(name);
        if name.is_empty() || name.contains('\0') {
            return Err(wrong());
        }
        if SINGLE.contains(&name.as_str()) && id.is_some() {
            let shown = Printable::at_most(text, 64);
            return Err(Error::unsupported(format!(
                "`{shown}` has a number, and there is one processor; leave it out"
            )));
        }
        Ok(Wanted { name, id })
    }

    pub(super) fn is_cpu(&self) -> bool {
        self.name == CPU
    }

    /// In lower case, as in the names of properties.
    pub(super) fn key(&self) -> &str {
        &self.name
    }

    /// The option that says which one of several it is.
    fn id_option(&self) -> Option<(CString, CString)> {
        let id = CString::new(self.id?.to_string()).ok()?;
        Some((CString::new(DEVICE_ID).ok()?, id))
    }

    /// What the device, by the library's name `provider`, is told for its number and for a precision.
    pub(super) fn options(&self, precision: Precision, provider: &str) -> Result<Pairs, Error> {
        Ok(owned(options_for(precision, provider)?).into_iter().chain(self.id_option()).collect())
    }

    /// The library's own name of it.
    pub(super) fn find<'a>(&self, available: &'a [String]) -> Result<&'a str, Error> {
        let found = available.iter().find(|provider| key(provider) == self.name);
        found.map(String::as_str).ok_or_else(|| {
            let names: Vec<_> = available.iter().map(|provider| short(provider)).collect();
            Error::unsupported(format!(
                "ONNX Runtime has no device `{}` here; it has {}",
                Printable::at_most(&self.name, 64),
                names.join(", ")
            ))
        })
    }
}

fn owned(pairs: &[(&CStr, &CStr)]) -> Pairs {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// What a device, by the library's name, is told for a precision; an error if nothing is known to make it keep that.
///
/// TensorRT has none: it rounds `f32` to 10 bits for products (TF32), which no option of ONNX Runtime's turns off.
fn options_for(
    precision: Precision,
    provider: &str,
) -> Result<&'static [(&'static CStr, &'static CStr)], Error> {
    match (precision, short(provider)) {
        (Precision::Fast, _) | (_, "CPU" | "XNNPACK") => Ok(&[]),
        // Otherwise as TensorRT.
        (_, "CUDA") => Ok(&[(c"use_tf32", c"0")]),
        // Otherwise sums of products of integers of 8 bits saturate.
        (_, "OpenVINO") if wasi_nn_native::sums_saturate() => Ok(&[
            (c"precision", c"ACCURACY"),
            (c"load_config", c"{\"CPU\": {\"LP_TRANSFORMS_MODE\": \"NO\"}}"),
        ]),
        // Otherwise `f16` on GPUs, and `bf16` on some processors.
        (_, "OpenVINO") => Ok(&[(c"precision", c"ACCURACY")]),
        (_, name) => Err(Error::unsupported(format!(
            "the device `{name}` of ONNX Runtime may compute with fewer bits than the model has; \
             the precision `fast` allows that"
        ))),
    }
}

/// The error for a device that the library was built with and cannot have on this machine, or not with its options.
pub(super) fn not_here(provider: &str, error: &Error) -> Error {
    Error::unsupported(format!("the device `{}` cannot be used here: {error}", short(provider)))
}

/// A device's name as people write it: `CUDA` of `CUDAExecutionProvider`.
pub(super) fn short(provider: &str) -> &str {
    provider.strip_suffix(SUFFIX).unwrap_or(provider)
}

fn key(name: &str) -> String {
    short(name).to_ascii_lowercase()
}

/// What runs a model, as text: one device, or each with the number of its operators.
pub(super) fn text(assigned: &[(String, usize)]) -> String {
    match assigned {
        // Nothing is left to compute: all is constant, or passed on.
        [] => CPU.to_ascii_uppercase(),
        [(only, _)] => short(only).to_owned(),
        several => {
            let part = |(name, count): &(String, usize)| format!("{} ({count} operators)", short(name));
            several.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{options_for, parse, text};
    use wasi_nn::Precision;

    fn all() -> Vec<String> {
        ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
            .map(str::to_owned)
            .into()
    }

    #[test]
    fn devices_have_short_names_in_any_case() {
        for name in ["CUDA", "cuda", "CUDAExecutionProvider", "Cuda:3"] {
            let wanted = parse(name).unwrap();
            assert_eq!(wanted[0].find(&all()).unwrap(), "CUDAExecutionProvider", "{name}");
        }
        let wanted = parse("TensorRT+CUDA:1+cpu").unwrap();
        let all = all();
        let found: Vec<_> = wanted.iter().map(|wanted| wanted.find(&all).unwrap()).collect();
        assert_eq!(found, all);
        let ids = wanted.iter().map(|wanted| wanted.id_option().map(|(_, id)| id)).collect::<Vec<_>>();
        assert_eq!(ids, [None, Some(c"1".to_owned()), None]);
        assert!(!wanted[1].is_cpu() && wanted[2].is_cpu());
        for wrong in ["", "+", "CUDA+", "CUDA:", "CUDA:x", "CUDA:-1", "A\0"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    /// A session asks devices in their order, and then the processor.
    #[test]
    fn the_processor_is_last_and_has_no_number() {
        for (wrong, why) in [
            ("CPU+CUDA", "name it last, or alone"),
            ("CUDA+cpu+TensorRT", "name it last, or alone"),
            ("CPU+CPU", "name it last, or alone"),
            ("CPU:7", "there is one processor"),
            ("XNNPACK:0", "there is one processor"),
            ("CUDA+CPUExecutionProvider:0", "there is one processor"),
        ] {
            let said = parse(wrong).unwrap_err().to_string();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_device_is_told_its_number_and_the_precision() {
        let wanted = &parse("CUDA:1").unwrap()[0];
        let options = |precision| wanted.options(precision, "CUDAExecutionProvider").unwrap();
        let number = (c"device_id".to_owned(), c"1".to_owned());
        let whole = (c"use_tf32".to_owned(), c"0".to_owned());
        assert_eq!(options(Precision::Accurate), [whole, number]);
        assert_eq!(options(Precision::Fast).len(), 1);
    }

    #[test]
    fn a_device_that_is_not_there_is_told_with_those_that_are() {
        let error = parse("abacus").unwrap()[0].find(&all()).unwrap_err().to_string();
        assert_eq!(error, "ONNX Runtime has no device `abacus` here; it has Tensorrt, CUDA, CPU");
    }

    #[test]
    fn a_device_keeps_the_precision_or_is_refused() {
        let accurate = |device| options_for(Precision::Accurate, device);
        assert_eq!(accurate("CPUExecutionProvider").unwrap(), []);
        assert_eq!(accurate("CUDAExecutionProvider").unwrap(), [(c"use_tf32", c"0")]);
        for device in ["TensorrtExecutionProvider", "CoreMLExecutionProvider", "NewExecutionProvider"] {
            assert!(accurate(device).is_err(), "{device}");
            assert_eq!(options_for(Precision::Fast, device).unwrap(), []);
        }
        assert_eq!(
            accurate("TensorrtExecutionProvider").unwrap_err().to_string(),
            "the device `Tensorrt` of ONNX Runtime may compute with fewer bits than the model has; the precision `fast` \
             allows that"
        );
    }

    #[test]
    fn what_runs_a_model_is_one_device_or_a_list() {
        let of = |list: &[(&str, usize)]| {
            text(&list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), "CPU");
        assert_eq!(of(&[("CUDAExecutionProvider", 7)]), "CUDA");
        let both = of(&[("CUDAExecutionProvider", 7), ("CPUExecutionProvider", 2)]);
        assert_eq!(both, "CUDA (7 operators), CPU (2 operators)");
    }
}
