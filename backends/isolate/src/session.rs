//! A worker with its model: requests, their answers, and the check of both.

use crate::error::of_worker;
use crate::load::{Load, Loaded};
use crate::messages::{Compute, Data, OutputsFor, decode_outputs, decode_ports};
use crate::numbers::Numbers;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasi_isolate::{Limits, Pool, Process, Region};
use wasi_nn::backend::Port;
use wasi_nn::{Control, Error, ErrorKind, LoadOptions, Model, Source, TensorType};

/// How long after its deadline a worker is killed whose backend has not stopped by itself, after which the model could be
/// used on.
const GRACE: Duration = Duration::from_millis(200);

/// What takes a worker for a model.
#[derive(Clone, Debug)]
pub(crate) struct Starter {
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
}

impl Starter {
    /// Takes a worker, and has it load a model.
    pub(crate) fn load(
        &self,
        model: &Model,
        options: &LoadOptions,
        control: &Control,
    ) -> Result<(Session, Loaded), Error> {
        let Source::Bytes(parts) = &model.source else {
            return Err(Error::unsupported(
                "a worker has no files; give it bytes: of a graph that is not `mapped`, in OpenVINO's format or in ONNX \
                 without data in other files",
            ));
        };
        let process = self.pool.take(control.deadline(), control.interrupt()).map_err(of_worker)?;
        let mut session = Session::new(process, &self.limits);
        let lens = session.write_parts(parts)?;
        let request = Load { encoding: model.encoding, origin: model.origin, options: options.clone(), lens };
        let loaded = session.load(&request, control)?;
        Ok((session, loaded))
    }
}

/// A session, which does one thing at a time.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Session>>);

impl Shared {
    pub(crate) fn new(session: Session) -> Self {
        Shared(Arc::new(Mutex::new(session)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker of one model.
#[derive(Debug)]
pub(crate) struct Session {
    process: Process,
    pub(crate) numbers: Numbers,
    memory: u64,
    file_bytes: u64,
}

/// Where an output is, as the worker said and the host has checked.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Here(Vec<u8>),
    At {
        start: u64,
        len: usize,
    },
    /// It cannot be had, and why.
    Missing(Error),
}

impl Session {
    fn new(process: Process, limits: &Limits) -> Self {
        let (memory, file_bytes) = (limits.memory, limits.file_bytes);
        Session { process, numbers: Numbers::default(), memory, file_bytes }
    }

    /// Writes the parts of a model one behind the other, and gives their lengths.
    fn write_parts(&self, parts: &[Vec<u8>]) -> Result<Vec<u64>, Error> {
        let mut start = 0_u64;
        let mut lens = Vec::with_capacity(parts.len());
        for part in parts {
            self.process.files().write(start, part).map_err(|error| self.no_room(&error))?;
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            start = start.saturating_add(len);
            lens.push(len);
        }
        Ok(lens)
    }

    /// Makes `region` one of `len` bytes for the worker.
    pub(crate) fn fit<'a>(
        &self,
        region: &'a mut Option<Region>,
        len: usize,
    ) -> Result<&'a mut Region, Error> {
        let fitting = self.process.files().region(region.take(), len);
        Ok(region.insert(fitting.map_err(|error| self.no_room(&error))?))
    }

    fn no_room(&self, error: &std::io::Error) -> Error {
        let kind = match error.kind() {
            std::io::ErrorKind::FileTooLarge => ErrorKind::TooLarge,
            _ => ErrorKind::Busy,
        };
        let max = self.file_bytes;
        Error::new(
            kind,
            format!("no room for a worker's bytes: {error}; it has {max} (`isolate::Limits::file_bytes`)"),
        )
    }

    /// Copies what the worker wrote.
    pub(crate) fn copy(&mut self, start: u64, bytes: &mut [u8]) -> Result<(), Error> {
        if self.process.files().copy(start, bytes).is_ok() {
            return Ok(());
        }
        Err(of_worker(self.process.fail("it wrote less than it said")))
    }

    fn load(&mut self, request: &Load, control: &Control) -> Result<Loaded, Error> {
        let answer = self.ask(&request.encode(), control)?;
        let Some(loaded) = Loaded::decode(&answer) else { return Err(self.lied()) };
        let mut loaded = loaded?;
        // It has its own copy.
        let _ = self.process.files().clear();
        // No more than it can hold.
        loaded.held = loaded.held.min(self.memory);
        Ok(loaded)
    }

    /// Computes, and says where the outputs are, of which there must be `count`. The request also tells what has ended.
    pub(crate) fn compute(
        &mut self,
        mut request: Compute<'_>,
        control: &Control,
        count: usize,
    ) -> Result<Vec<Output>, Error> {
        request.ended = self.numbers.to_tell();
        let answer = self.ask(&request.encode(), control)?;
        self.numbers.told(request.execution, request.ended.len());
        let Some(outputs) = decode_outputs(&answer) else { return Err(self.lied()) };
        let outputs = outputs?.into_iter().map(|output| match output {
            Ok(Data::Here(bytes)) => Some(Output::Here(bytes.to_vec())),
            Ok(Data::At { start, len }) => {
                let end = start.checked_add(len).filter(|end| *end <= self.file_bytes);
                end.and_then(|_| usize::try_from(len).ok()).map(|len| Output::At { start, len })
            }
            Err(error) => Some(Output::Missing(error)),
        });
        let outputs: Option<Vec<_>> = outputs.collect();
        outputs.filter(|outputs| outputs.len() == count).ok_or_else(|| self.lied())
    }

    /// The outputs for inputs of these types and shapes, of which there must be `count`.
    pub(crate) fn outputs_for(
        &mut self,
        inputs: &[TensorType<'_>],
        control: &Control,
        count: usize,
    ) -> Result<Vec<Port>, Error> {
        let inputs = inputs.iter().map(|input| (input.element(), input.dimensions().to_vec())).collect();
        let request = OutputsFor { inputs, time: time_left(control) };
        let answer = self.ask(&request.encode(), control)?;
        match decode_ports(&answer) {
            Some(Ok(ports)) if ports.len() != count => Err(self.lied()),
            Some(told) => told,
            None => Err(self.lied()),
        }
    }

    /// Whether the worker has ended, or was killed.
    pub(crate) fn has_ended(&self) -> bool {
        self.process.has_ended()
    }

    fn ask(&mut self, request: &[u8], control: &Control) -> Result<Vec<u8>, Error> {
        let deadline = control.deadline().and_then(|deadline| deadline.checked_add(GRACE));
        self.process.ask(request, deadline, control.interrupt()).map_err(of_worker)
    }

    /// Ends a worker whose answer cannot be.
    pub(crate) fn lied(&mut self) -> Error {
        of_worker(self.process.fail("its answer is none to what it was asked"))
    }
}

/// How long there is until the deadline.
pub(crate) fn time_left(control: &Control) -> Option<Duration> {
    control.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
}
