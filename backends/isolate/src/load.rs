//! The messages of a load: what a worker is asked for, and what came of it.

use crate::error;
use crate::messages::LOAD;
use crate::ports::{self, count, flag};
use std::num::NonZeroU32;
use std::time::Duration;
use wasi_isolate::MAX_MESSAGE;
use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::backend::{Compiled, Port};
use wasi_nn::{Device, Error, ExecutionTarget, GraphEncoding, LoadOptions, Origin, Precision};

/// Parts of a model, and properties.
const MAX_PARTS: usize = 16;
const MAX_PROPERTIES: usize = 256;
const MAX_TEXT: usize = 1024;

/// A model, whose parts lie one behind the other in the file.
#[derive(Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) encoding: GraphEncoding,
    pub(crate) origin: Origin,
    pub(crate) options: LoadOptions,
    /// Bytes of each part.
    pub(crate) lens: Vec<u64>,
}

/// What is known of a model that was loaded.
#[derive(Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Whether the backend looks at what each input is set to.
    pub(crate) checks: Vec<bool>,
    pub(crate) device: String,
    pub(crate) held: u64,
    pub(crate) compiled: u64,
    pub(crate) compile_time: Duration,
}

impl Load {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer
            .u8(LOAD)
            .u8(number(&GraphEncoding::ALL, self.encoding))
            .u8((self.origin == Origin::Guest).into());
        match &self.options.device {
            Device::Target(target) => writer.u8(number(&TARGETS, *target)).text("", MAX_TEXT),
            Device::Named(name) => writer.u8(u8::MAX).text(name, MAX_TEXT),
        };
        writer.u8((self.options.precision == Precision::Fast).into());
        writer.u32(self.options.threads.map_or(0, NonZeroU32::get));
        count(self.options.properties.len(), &mut writer);
        for (name, value) in &self.options.properties {
            writer.text(name, MAX_TEXT).text(value, MAX_TEXT);
        }
        count(self.lens.len(), &mut writer);
        for len in &self.lens {
            writer.u64(*len);
        }
        writer.finish()
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let encoding = *GraphEncoding::ALL.get(usize::from(reader.u8()?))?;
        let origin = if flag(reader)? { Origin::Guest } else { Origin::Host };
        let device = match (reader.u8()?, reader.text(MAX_TEXT)?) {
            (u8::MAX, name) => Device::Named(name.to_owned()),
            (target, _) => Device::Target(*TARGETS.get(usize::from(target))?),
        };
        let mut options = LoadOptions::new(device);
        options.precision = if flag(reader)? { Precision::Fast } else { Precision::Accurate };
        options.threads = NonZeroU32::new(reader.u32()?);
        for _ in 0..reader.count(MAX_PROPERTIES)? {
            options.properties.push((reader.text(MAX_TEXT)?.to_owned(), reader.text(MAX_TEXT)?.to_owned()));
        }
        let lens = (0..reader.count(MAX_PARTS)?).map(|_| reader.u64()).collect::<Option<_>>()?;
        Some(Load { encoding, origin, options, lens })
    }
}

impl Loaded {
    /// The answer to a load.
    pub(crate) fn encode(outcome: &Result<Loaded, Error>) -> Vec<u8> {
        let mut writer = Writer::new();
        match outcome {
            Ok(loaded) => {
                writer.u8(1).text(&loaded.device, MAX_TEXT).u64(loaded.held).u64(loaded.compiled);
                writer.u64(u64::try_from(loaded.compile_time.as_nanos()).unwrap_or(u64::MAX));
                ports::encode(&loaded.inputs, &mut writer);
                ports::encode(&loaded.outputs, &mut writer);
                for checks in &loaded.checks {
                    writer.u8((*checks).into());
                }
                let fits = ports::fit(&loaded.inputs) && ports::fit(&loaded.outputs);
                if writer.len() > MAX_MESSAGE || !fits {
                    let error =
                        Error::unsupported("the model has more inputs and outputs than a worker can tell of");
                    return Loaded::encode(&Err(error));
                }
            }
            Err(error) => error::encode(error, writer.u8(0)),
        }
        writer.finish()
    }

    /// Nothing if the answer is none.
    pub(crate) fn decode(message: &[u8]) -> Option<Result<Loaded, Error>> {
        let mut reader = Reader::new(message);
        let outcome = if flag(&mut reader)? {
            Ok(Loaded::read(&mut reader)?)
        } else {
            Err(error::decode(&mut reader)?)
        };
        reader.end().map(|()| outcome)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (device, held, compiled) = (reader.text(MAX_TEXT)?.to_owned(), reader.u64()?, reader.u64()?);
        let compile_time = Duration::from_nanos(reader.u64()?);
        let (inputs, outputs) = (ports::decode(reader)?, ports::decode(reader)?);
        let checks = inputs.iter().map(|_| flag(reader)).collect::<Option<_>>()?;
        Some(Loaded { inputs, outputs, checks, device, held, compiled, compile_time })
    }

    /// What its backend has compiled.
    pub(crate) fn compiled(&self) -> Compiled {
        let mut compiled = Compiled::default();
        compiled.compiles.done = self.compiled;
        compiled.compiles.time = self.compile_time;
        compiled
    }
}

/// The targets by their numbers.
const TARGETS: [ExecutionTarget; 4] =
    [ExecutionTarget::Cpu, ExecutionTarget::Gpu, ExecutionTarget::Tpu, ExecutionTarget::Auto];

fn number<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter()
        .position(|known| *known == one)
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Load, Loaded};
    use crate::messages::{Request, decode_ports, encode_ports};
    use std::time::Duration;
    use wasi_nn::backend::{Port, PortType};
    use wasi_nn::{Device, ElementType, ErrorKind, ExecutionTarget, GraphEncoding, LoadOptions, Origin};

    #[test]
    fn a_load_is_read_as_it_was_written() {
        for device in [Device::Target(ExecutionTarget::Auto), Device::Named("GPU.1".to_owned())] {
            let mut options = LoadOptions::new(device);
            options.threads = std::num::NonZeroU32::new(3);
            options.properties.push(("NUM_STREAMS".to_owned(), "4".to_owned()));
            let load = Load {
                encoding: GraphEncoding::OpenVino,
                origin: Origin::Guest,
                options,
                lens: vec![7, 1 << 40],
            };
            let encoded = load.encode();
            let Some(Request::Load(decoded)) = Request::decode(&encoded) else { panic!("no load") };
            assert_eq!(decoded, load);
        }
    }

    #[test]
    fn a_loaded_model_is_read_as_it_was_written() {
        let kinds = [
            PortType::Known(ElementType::F64),
            PortType::Bool,
            PortType::I8,
            PortType::Other("string".to_owned()),
        ];
        let shapes = [None, Some(vec![]), Some(vec![None, Some(3)]), Some(vec![Some(0)])];
        let port = |(kind, shape): (PortType, Option<Vec<Option<u32>>>)| Port::new("x", kind, shape);
        let inputs: Vec<_> = kinds.into_iter().zip(shapes).map(port).collect();
        let loaded = Loaded {
            outputs: inputs[..2].to_vec(),
            checks: vec![true, false, false, true],
            inputs,
            device: "CPU".to_owned(),
            held: 7,
            compiled: 2,
            compile_time: Duration::from_millis(3),
        };
        let outputs = loaded.outputs.clone();
        assert_eq!(decode_ports(&encode_ports(&Ok(outputs.clone()))).unwrap().unwrap(), outputs);
        let encoded = Loaded::encode(&Ok(loaded));
        let decoded = Loaded::decode(&encoded).unwrap().unwrap();
        assert_eq!(Loaded::encode(&Ok(decoded)), encoded);
    }

    #[test]
    fn a_model_with_too_many_ports_is_an_error() {
        for (name, rank, count) in
            [("n".repeat(1000), 1, 300), (String::new(), 1, 5000), (String::new(), 65, 1)]
        {
            let outputs = vec![Port::new(name, PortType::Bool, Some(vec![None; rank])); count];
            let loaded = Loaded {
                inputs: Vec::new(),
                outputs,
                checks: Vec::new(),
                device: String::new(),
                held: 0,
                compiled: 0,
                compile_time: Duration::ZERO,
            };
            let error = Loaded::decode(&Loaded::encode(&Ok(loaded))).unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
    }
}
