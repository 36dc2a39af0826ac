//! The messages between a host and the worker of a model: what is asked, and what came of a computation.

use crate::load::Load;
use crate::ports::{self, count, flag};
use crate::{MAX_INLINE, error};
use std::time::Duration;
use wasi_isolate::MAX_MESSAGE;
use wasi_isolate::wire::{Reader, Writer};
use wasi_nn::backend::Port;
use wasi_nn::{ElementType, Error};

/// Inputs and outputs of a graph, and executions that have ended.
const MAX_TENSORS: usize = 4096;

pub(crate) const LOAD: u8 = 1;
const COMPUTE: u8 = 2;
const OUTPUTS: u8 = 3;

const AT: u8 = 0;
const HERE: u8 = 1;
const MISSING: u8 = 2;

/// Bytes of what is said of all outputs that cannot be had: some sentences, which the host keeps for each execution.
const MAX_REASONS: usize = 8 << 10;

/// What a host asks.
#[derive(Debug)]
pub(crate) enum Request<'a> {
    Load(Load),
    Compute(Compute<'a>),
    Outputs(OutputsFor),
}

/// The inputs of an execution that are new, and perhaps a computation with all of them. An execution begins with its first.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Compute<'a> {
    pub(crate) execution: u32,
    /// Executions that have ended.
    pub(crate) ended: Vec<u32>,
    /// How long it may take.
    pub(crate) time: Option<Duration>,
    pub(crate) inputs: Vec<Input<'a>>,
    /// Otherwise the inputs are looked at, and there are no outputs.
    pub(crate) computes: bool,
}

/// What the outputs are for inputs of these types and shapes.
#[derive(Debug, PartialEq)]
pub(crate) struct OutputsFor {
    pub(crate) inputs: Vec<(ElementType, Vec<u32>)>,
    /// How long the answer may take.
    pub(crate) time: Option<Duration>,
}

/// An input that was set since the last computation that succeeded.
#[derive(Debug, PartialEq)]
pub(crate) struct Input<'a> {
    pub(crate) index: u32,
    pub(crate) element: ElementType,
    pub(crate) dimensions: Vec<u32>,
    pub(crate) data: Data<'a>,
}

/// Where the bytes of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Data<'a> {
    Here(&'a [u8]),
    /// In the file.
    At {
        start: u64,
        len: u64,
    },
}

impl Request<'_> {
    pub(crate) fn decode(message: &[u8]) -> Option<Request<'_>> {
        let mut reader = Reader::new(message);
        let request = match reader.u8()? {
            LOAD => Request::Load(Load::decode(&mut reader)?),
            COMPUTE => Request::Compute(Compute::decode(&mut reader)?),
            OUTPUTS => Request::Outputs(OutputsFor::decode(&mut reader)?),
            _ => return None,
        };
        reader.end().map(|()| request)
    }
}

impl<'a> Compute<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(COMPUTE).u32(self.execution);
        count(self.ended.len(), &mut writer);
        for ended in &self.ended {
            writer.u32(*ended);
        }
        encode_time(self.time, &mut writer);
        writer.u8(self.computes.into());
        count(self.inputs.len(), &mut writer);
        for input in &self.inputs {
            writer.u32(input.index);
            ports::encode_tensor(input.element, &input.dimensions, &mut writer);
            input.data.encode(&mut writer);
        }
        writer.finish()
    }

    fn decode(reader: &mut Reader<'a>) -> Option<Self> {
        let execution = reader.u32()?;
        let ended = (0..reader.count(MAX_TENSORS)?).map(|_| reader.u32()).collect::<Option<_>>()?;
        let (time, computes) = (decode_time(reader)?, flag(reader)?);
        let inputs = (0..reader.count(MAX_TENSORS)?).map(|_| {
            let index = reader.u32()?;
            let (element, dimensions) = ports::decode_tensor(reader)?;
            Some(Input { index, element, dimensions, data: Data::decode(reader)? })
        });
        let inputs = inputs.collect::<Option<_>>()?;
        Some(Compute { execution, ended, time, inputs, computes })
    }
}

impl OutputsFor {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        encode_time(self.time, writer.u8(OUTPUTS));
        count(self.inputs.len(), &mut writer);
        for (element, dimensions) in &self.inputs {
            ports::encode_tensor(*element, dimensions, &mut writer);
        }
        writer.finish()
    }

    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let time = decode_time(reader)?;
        let inputs = (0..reader.count(MAX_TENSORS)?).map(|_| ports::decode_tensor(reader));
        Some(OutputsFor { inputs: inputs.collect::<Option<_>>()?, time })
    }
}

fn encode_time(time: Option<Duration>, writer: &mut Writer) {
    writer.u8(time.is_some().into());
    writer.u64(time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)));
}

fn decode_time(reader: &mut Reader<'_>) -> Option<Option<Duration>> {
    let (has_time, nanos) = (flag(reader)?, reader.u64()?);
    Some(has_time.then(|| Duration::from_nanos(nanos)))
}

impl<'a> Data<'a> {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Data::Here(bytes) => writer.u8(HERE).bytes(bytes),
            Data::At { start, len } => writer.u8(AT).u64(*start).u64(*len),
        };
    }

    fn decode(reader: &mut Reader<'a>) -> Option<Self> {
        let kind = reader.u8()?;
        Data::decode_as(kind, reader)
    }

    fn decode_as(kind: u8, reader: &mut Reader<'a>) -> Option<Self> {
        match kind {
            HERE => reader.bytes(MAX_INLINE).map(Data::Here),
            AT => Some(Data::At { start: reader.u64()?, len: reader.u64()? }),
            _ => None,
        }
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Data::Here(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Data::At { len, .. } => *len,
        }
    }
}

/// Where an output is, or why it cannot be had.
pub(crate) type Found<'a> = Result<Data<'a>, Error>;

/// The answer to a computation: each output, or why there are none.
pub(crate) fn encode_outputs(outputs: &Result<Vec<Found<'_>>, Error>) -> Vec<u8> {
    let mut writer = Writer::new();
    match outputs {
        Ok(outputs) => {
            count(outputs.len(), writer.u8(1));
            let mut room = MAX_REASONS;
            for output in outputs {
                match output {
                    Ok(data) => data.encode(&mut writer),
                    Err(error) => error::encode_within(error, &mut room, writer.u8(MISSING)),
                }
            }
        }
        Err(error) => error::encode(error, writer.u8(0)),
    }
    writer.finish()
}

/// Nothing if the answer is none.
pub(crate) fn decode_outputs(message: &[u8]) -> Option<Result<Vec<Found<'_>>, Error>> {
    let mut reader = Reader::new(message);
    let outcome = if flag(&mut reader)? {
        let mut room = MAX_REASONS;
        let outputs = (0..reader.count(MAX_TENSORS)?).map(|_| decode_output(&mut reader, &mut room));
        Ok(outputs.collect::<Option<_>>()?)
    } else {
        Err(error::decode(&mut reader)?)
    };
    reader.end().map(|()| outcome)
}

fn decode_output<'a>(reader: &mut Reader<'a>, room: &mut usize) -> Option<Found<'a>> {
    match reader.u8()? {
        MISSING => error::decode_within(reader, room).map(Err),
        kind => Data::decode_as(kind, reader).map(Ok),
    }
}

/// The answer about outputs: their ports, or why nobody can tell.
pub(crate) fn encode_ports(outcome: &Result<Vec<Port>, Error>) -> Vec<u8> {
    let mut writer = Writer::new();
    match outcome {
        Ok(outputs) => ports::encode(outputs, writer.u8(1)),
        Err(error) => error::encode(error, writer.u8(0)),
    }
    if writer.len() <= MAX_MESSAGE && outcome.as_ref().map_or(true, |outputs| ports::fit(outputs)) {
        return writer.finish();
    }
    encode_ports(&Err(Error::unsupported("the model has more outputs than a worker can tell of")))
}

/// Nothing if the answer is none.
pub(crate) fn decode_ports(message: &[u8]) -> Option<Result<Vec<Port>, Error>> {
    let mut reader = Reader::new(message);
    let outcome =
        if flag(&mut reader)? { Ok(ports::decode(&mut reader)?) } else { Err(error::decode(&mut reader)?) };
    reader.end().map(|()| outcome)
}

#[cfg(test)]
mod tests {
    use super::{
        Compute, Data, Input, MAX_TENSORS, MISSING, OutputsFor, Request, decode_outputs, decode_ports,
        encode_outputs, encode_ports,
    };
    use crate::load::Loaded;
    use proptest::prelude::*;
    use std::time::Duration;
    use wasi_isolate::MAX_MESSAGE;
    use wasi_isolate::wire::Writer;
    use wasi_nn::backend::{Port, PortType};
    use wasi_nn::{ElementType, Error, ErrorKind};

    #[test]
    fn errors_keep_their_kind_and_lose_what_acts() {
        let sent = Error::new(ErrorKind::TooLarge, "\u{1b}[2J".repeat(1000));
        let received = Loaded::decode(&Loaded::encode(&Err(sent))).unwrap().unwrap_err();
        assert_eq!(received.kind(), ErrorKind::TooLarge);
        assert!(!received.to_string().contains('\u{1b}'));
        // Only the host says that a guest was interrupted, which ends it.
        let sent = Err(Error::new(ErrorKind::Interrupted, "stop"));
        let received = decode_outputs(&encode_outputs(&sent)).unwrap().unwrap_err();
        assert_eq!(received.kind(), ErrorKind::Runtime);
    }

    #[test]
    fn more_ports_than_a_message_has_are_an_error() {
        for (rank, count) in [(64, 1000), (65, 1)] {
            let ports = vec![Port::new("x", PortType::Bool, Some(vec![Some(1); rank])); count];
            let received = decode_ports(&encode_ports(&Ok(ports))).unwrap();
            assert_eq!(received.unwrap_err().kind(), ErrorKind::Unsupported);
        }
    }

    #[test]
    fn an_output_that_cannot_be_had_leaves_the_others() {
        let missing = |text: &str| Err(Error::unsupported(text.to_owned()));
        let sent = vec![missing("a\u{1b}sequence"), Ok(Data::Here(b"label"))];
        let message = encode_outputs(&Ok(sent));
        let received = decode_outputs(&message).unwrap().unwrap();
        let error = received[0].as_ref().unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Unsupported, "a\\u{1b}sequence"));
        assert_eq!(*received[1].as_ref().unwrap(), Data::Here(b"label"));
        // However much there is to say, it has room.
        let message = encode_outputs(&Ok(vec![missing(&"x".repeat(5000)); MAX_TENSORS]));
        assert!(message.len() < MAX_MESSAGE / 2, "{}", message.len());
        let received = decode_outputs(&message).unwrap().unwrap();
        let texts = received.iter().map(|output| output.as_ref().unwrap_err().to_string());
        let texts: Vec<_> = texts.collect();
        assert_eq!(texts[0], "x".repeat(1024));
        assert_eq!(texts[MAX_TENSORS - 1], "the worker does not say why");
        // A worker that says more lies.
        let mut writer = Writer::new();
        writer.u8(1).u32(9);
        for _ in 0..9 {
            writer.u8(MISSING).u8(0).bytes(&[b'x'; 1024]);
        }
        assert!(decode_outputs(&writer.finish()).is_none());
    }

    proptest! {
        #[test]
        fn computations_are_read_as_they_were_written(
            execution in any::<u32>(), ended in prop::collection::vec(any::<u32>(), 0..5),
            time in prop::option::of(any::<u64>().prop_map(Duration::from_nanos)),
            bytes in prop::collection::vec(any::<u8>(), 0..50), start in any::<u64>(), len in any::<u64>(),
            dimensions in prop::collection::vec(any::<u32>(), 0..16),
        ) {
            let data = [Data::Here(&bytes), Data::At { start, len }];
            let input = |data| Input { index: 7, element: ElementType::I64, dimensions: dimensions.clone(), data };
            let compute = Compute { execution, ended, time, inputs: data.map(input).into(), computes: len % 2 == 0 };
            let encoded = compute.encode();
            let Some(Request::Compute(decoded)) = Request::decode(&encoded) else { panic!("no computation") };
            prop_assert_eq!(decoded, compute);
            let outputs = OutputsFor { inputs: vec![(ElementType::F16, dimensions.clone()); 2], time };
            let encoded = outputs.encode();
            let Some(Request::Outputs(decoded)) = Request::decode(&encoded) else { panic!("no question") };
            prop_assert_eq!(decoded, outputs);
            let outputs = encode_outputs(&Ok(data.map(Ok).to_vec()));
            let decoded: Result<Vec<_>, _> = decode_outputs(&outputs).unwrap().unwrap().into_iter().collect();
            prop_assert_eq!(decoded.unwrap(), data.to_vec());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = (Request::decode(&bytes), Loaded::decode(&bytes), decode_outputs(&bytes), decode_ports(&bytes));
        }
    }
}
