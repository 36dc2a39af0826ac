//! One guest's inputs and outputs of a model in a worker, as the host has them.

use crate::graph::IsolatedGraph;
use crate::messages::{Compute, Data, Input};
use crate::session::{Output, Shared, time_left};
use crate::{MAX_INLINE, MAX_INLINE_TOGETHER};
use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use wasi_isolate::Region;
use wasi_nn::backend::{Execution, Graph, Port, PortType};
use wasi_nn::{Control, ElementType, Error, TensorType};

/// An execution in a worker.
pub(crate) struct IsolatedExecution {
    graph: Arc<IsolatedGraph>,
    session: Shared,
    number: u32,
    inputs: Vec<Slot>,
    outputs: Vec<Computed>,
}

/// An input.
#[derive(Default)]
struct Slot {
    tensor: Option<(ElementType, Vec<u32>)>,
    bytes: Vec<u8>,
    /// The memory that the worker has of it, if it is large or was.
    region: Option<Region>,
    /// Its bytes are there, and not in `bytes`.
    is_shared: bool,
    /// The worker has not got it yet.
    is_new: Cell<bool>,
}

/// An output, which is read when somebody wants it.
struct Computed {
    output: Output,
    read: OnceCell<Vec<u8>>,
}

impl IsolatedExecution {
    pub(crate) fn new(graph: Arc<IsolatedGraph>, session: Shared, number: u32) -> Self {
        let inputs = graph.inputs().iter().map(|_| Slot::default()).collect();
        IsolatedExecution { graph, session, number, inputs, outputs: Vec::new() }
    }

    fn slot(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut Slot, Error> {
        let slot = self.inputs.get_mut(index).ok_or_else(|| no_such("input"))?;
        slot.tensor = Some((tensor.element(), tensor.dimensions().to_vec()));
        slot.is_new.set(true);
        slot.is_shared = size(tensor.byte_len()) > MAX_INLINE;
        Ok(slot)
    }

    fn request<'a>(&self, control: &Control, inputs: Vec<Input<'a>>, computes: bool) -> Compute<'a> {
        Compute { execution: self.number, ended: Vec::new(), time: time_left(control), inputs, computes }
    }

    fn computed(&self, index: usize) -> Result<&Computed, Error> {
        self.outputs.get(index).ok_or_else(|| no_such("output"))
    }
}

impl Execution for IsolatedExecution {
    fn input(&mut self, index: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        let len = size(tensor.byte_len());
        let session = self.session.clone();
        let slot = self.slot(index, tensor)?;
        if slot.is_shared {
            // What the caller writes is where the worker reads it.
            return Ok(slot.share(len, &session)?);
        }
        slot.bytes.resize(len, 0);
        Ok(&mut slot.bytes)
    }

    /// Has the worker look at it now, if its backend looks.
    fn check_input(&self, index: usize, control: &Control) -> Result<(), Error> {
        let slot = self.inputs.get(index).ok_or_else(|| no_such("input"))?;
        if !self.graph.checks(index) {
            return Ok(());
        }
        let inputs = slot.message(index).into_iter().collect();
        let request = self.request(control, inputs, false);
        self.session.lock().compute(request, control, 0)?;
        slot.is_new.set(false);
        Ok(())
    }

    fn compute(&mut self, control: &Control) -> Result<(), Error> {
        let (graph, shared) = (Arc::clone(&self.graph), self.session.clone());
        let mut session = shared.lock();
        let mut together = 0_usize;
        for slot in self.inputs.iter_mut().filter(|slot| slot.is_new.get() && !slot.is_shared) {
            together = together.saturating_add(slot.bytes.len());
            if together > MAX_INLINE_TOGETHER {
                session.fit(&mut slot.region, slot.bytes.len())?.copy_from_slice(&slot.bytes);
                slot.is_shared = true;
            }
        }
        let inputs = self.inputs.iter().enumerate().filter(|(_, slot)| slot.is_new.get());
        let inputs = inputs.filter_map(|(index, slot)| slot.message(index)).collect();
        let request = self.request(control, inputs, true);
        let outputs = session.compute(request, control, graph.outputs().len())?;
        for (port, output) in graph.outputs().iter().zip(&outputs) {
            let len = output.len();
            if len.is_ok_and(|len| fixed_len(port).is_some_and(|fixed| fixed != len)) {
                return Err(session.lied());
            }
        }
        self.inputs.iter().for_each(|slot| slot.is_new.set(false));
        self.outputs = outputs.into_iter().map(|output| Computed { output, read: OnceCell::new() }).collect();
        Ok(())
    }

    fn output_len(&self, index: usize) -> Result<usize, Error> {
        self.computed(index)?.output.len()
    }

    fn read_output(&self, index: usize, into: &mut [u8]) -> Result<(), Error> {
        let computed = self.computed(index)?;
        if into.len() != computed.output.len()? {
            return Err(Error::invalid_argument("the buffer is of another size than the output"));
        }
        match &computed.output {
            Output::Here(bytes) => into.copy_from_slice(bytes),
            Output::At { start, .. } => self.session.lock().copy(*start, into)?,
            Output::Missing(error) => return Err(error.clone()),
        }
        Ok(())
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        let computed = self.computed(index)?;
        let (start, len) = match &computed.output {
            Output::Here(bytes) => return Ok(bytes),
            Output::At { start, len } => (*start, *len),
            Output::Missing(error) => return Err(error.clone()),
        };
        if computed.read.get().is_none() {
            let mut bytes = Vec::new();
            let room = bytes.try_reserve_exact(len);
            room.map_err(|_| Error::runtime(format!("there is no memory for the {len} bytes of an output")))?;
            bytes.resize(len, 0);
            self.session.lock().copy(start, &mut bytes)?;
            // It was empty, and nobody else has it.
            let _ = computed.read.set(bytes);
        }
        Ok(computed.read.get().map(Vec::as_slice).unwrap_or_default())
    }
}

impl Drop for IsolatedExecution {
    fn drop(&mut self) {
        self.session.lock().numbers.end(self.number);
    }
}

impl Slot {
    /// Its memory for a tensor of `len` bytes.
    fn share(&mut self, len: usize, session: &Shared) -> Result<&mut Region, Error> {
        if self.region.as_ref().is_none_or(|region| region.len() != len) {
            session.lock().fit(&mut self.region, len)?;
        }
        self.region.as_mut().ok_or_else(|| Error::runtime("the worker has no memory for the tensor"))
    }

    fn message(&self, index: usize) -> Option<Input<'_>> {
        let (element, dimensions) = self.tensor.clone()?;
        let data = match &self.region {
            Some(region) if self.is_shared => {
                Data::At { start: region.start(), len: u64::try_from(region.len()).unwrap_or(u64::MAX) }
            }
            _ => Data::Here(&self.bytes),
        };
        Some(Input { index: u32::try_from(index).unwrap_or(u32::MAX), element, dimensions, data })
    }
}

impl Output {
    fn len(&self) -> Result<usize, Error> {
        match self {
            Output::Here(bytes) => Ok(bytes.len()),
            Output::At { len, .. } => Ok(*len),
            Output::Missing(error) => Err(error.clone()),
        }
    }
}

/// The bytes of an output whose type and shape are known.
fn fixed_len(port: &Port) -> Option<usize> {
    let width = match port.element {
        PortType::Known(known) => known.width(),
        PortType::Bool | PortType::I8 => 1,
        PortType::Other(_) => return None,
    };
    let dimensions = port.shape.as_ref()?;
    dimensions.iter().try_fold(width, |len, dimension| len.checked_mul(size((*dimension)?)))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cold]
fn no_such(kind: &str) -> Error {
    Error::invalid_argument(format!("the graph in the worker has no such {kind}"))
}
