//! Services that misbehave: a backend that does what its model says, and a worker that lies to its host.

use std::fs::File;
use std::hint::black_box;
use std::io::ErrorKind::AlreadyExists;
use std::process;
use std::sync::Arc;
use wasi_isolate::wire::Writer;
use wasi_isolate::{Files, Needs, Service};
use wasi_nn::backend::{Backend, Execution, Graph, Port, PortType};
use wasi_nn::{Control, ElementType, Error, GraphEncoding, LoadOptions, Model, Origin, Source, TensorType};
use wasi_nn_isolate::service;
use wasi_nn_onnx::Onnx;

/// The service of a name, if there is one.
pub(crate) fn offer(name: &str) -> Option<Box<dyn Service>> {
    match name {
        "wild" => Some(service(|_| Ok(Box::new(Wild { hangs: false })))),
        "wild once" => Some(service(once)),
        "liar" => {
            let inner = service(|_| Ok(Box::new(Onnx::new())));
            Some(Box::new(Liar { inner, lie: Vec::new(), has_loaded: false }))
        }
        _ => None,
    }
}

/// Loads in one worker; in all others, loading takes for ever. The host says where there is a file then.
fn once(config: &[u8]) -> Result<Box<dyn Backend>, String> {
    let path = std::str::from_utf8(config).map_err(|error| error.to_string())?;
    match File::create_new(path) {
        Ok(_) => Ok(Box::new(Wild { hangs: false })),
        Err(error) if error.kind() == AlreadyExists => Ok(Box::new(Wild { hangs: true })),
        Err(error) => Err(error.to_string()),
    }
}

/// Does what the model's bytes say.
struct Wild {
    /// Whatever they say.
    hangs: bool,
}

struct WildGraph {
    deed: Vec<u8>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

struct WildExecution {
    deed: Vec<u8>,
    bytes: Vec<u8>,
}

impl Backend for Wild {
    fn name(&self) -> &str {
        "wild"
    }

    fn accepts(&self, _: GraphEncoding, _: Origin) -> bool {
        true
    }

    fn load(&self, model: Arc<Model>, _: &LoadOptions, _: &Control) -> Result<Arc<dyn Graph>, Error> {
        let Source::Bytes(parts) = &model.source else { return Err(Error::runtime("files")) };
        let deed = parts[0].clone();
        match deed.as_slice() {
            b"abort at load" => process::abort(),
            b"hang at load" => hang(),
            _ if self.hangs => hang(),
            b"panic at load" => panic!("as told"),
            b"overflow at load" => Err(Error::runtime(format!("{}", descend(u64::MAX)))),
            b"allocate at load" => Err(Error::runtime(format!("{}", black_box(vec![1_u8; 8 << 30]).len()))),
            _ => {
                let port = Port::new("x", PortType::Known(ElementType::U8), Some(vec![None]));
                let mut outputs = vec![port.clone()];
                if deed == b"with texts" {
                    outputs
                        .insert(0, Port::new("t", PortType::Other("string".to_owned()), Some(vec![Some(2)])));
                    outputs.push(Port::new("m", PortType::Other("sequence".to_owned()), None));
                }
                Ok(Arc::new(WildGraph { deed, inputs: vec![port], outputs }))
            }
        }
    }
}

impl Graph for WildGraph {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn device(&self) -> &str {
        "a\u{1b}device"
    }

    fn held_bytes(&self) -> u64 {
        u64::MAX
    }

    fn checks_input(&self, _: usize) -> bool {
        self.deed != b"indifferent"
    }

    fn outputs_for(self: Arc<Self>, inputs: &[TensorType<'_>], _: &Control) -> Result<Vec<Port>, Error> {
        match self.deed.as_slice() {
            b"abort" => process::abort(),
            b"hang" => hang(),
            b"panic" => panic!("as told"),
            b"more" => Ok(vec![self.outputs[0].clone(); 2]),
            _ => {
                let shape = inputs[0].dimensions().iter().map(|size| Some(*size)).collect();
                Ok(vec![Port::new("x", PortType::Known(ElementType::U8), Some(shape))])
            }
        }
    }

    fn execution(self: Arc<Self>, _: &Control) -> Result<Box<dyn Execution>, Error> {
        Ok(Box::new(WildExecution { deed: self.deed.clone(), bytes: Vec::new() }))
    }
}

impl Execution for WildExecution {
    fn input(&mut self, _: usize, tensor: TensorType<'_>) -> Result<&mut [u8], Error> {
        self.bytes.resize(usize::try_from(tensor.byte_len()).unwrap(), 0);
        Ok(&mut self.bytes)
    }

    fn check_input(&self, _: usize, _: &Control) -> Result<(), Error> {
        if self.deed == b"hang at look" {
            hang()
        }
        if self.bytes.contains(&13) { Err(Error::invalid_argument("thirteen")) } else { Ok(()) }
    }

    fn compute(&mut self, _: &Control) -> Result<(), Error> {
        match self.deed.as_slice() {
            b"abort" => process::abort(),
            b"hang" => hang(),
            b"panic" => panic!("as told"),
            b"fragile" if self.bytes == b"!" => process::abort(),
            b"long" => {
                self.bytes = vec![1; 64 << 20];
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn output(&self, index: usize) -> Result<&[u8], Error> {
        match self.deed.as_slice() {
            b"with texts" if index != 1 => Err(Error::unsupported("no\u{1b}numbers".repeat(1000))),
            _ => Ok(&self.bytes),
        }
    }
}

/// Loads as it should, and lies about what it computed.
struct Liar {
    inner: Box<dyn Service>,
    lie: Vec<u8>,
    has_loaded: bool,
}

impl Service for Liar {
    fn prepare(&mut self, config: &[u8]) -> Result<Needs, String> {
        self.lie = config.to_vec();
        self.inner.prepare(b"")
    }

    fn answer(&mut self, request: &[u8], files: &Files) -> Vec<u8> {
        if !self.has_loaded && self.lie != b"load" {
            self.has_loaded = true;
            return self.inner.answer(request, files);
        }
        let at = |outputs: u32, start: u64, len: u64| {
            let mut writer = Writer::new();
            writer.u8(1).u32(outputs).u8(0).u64(start).u64(len);
            writer.finish()
        };
        match self.lie.as_slice() {
            b"nothing" => Vec::new(),
            b"garbage" => vec![255; 1000],
            b"count" => at(u32::MAX, 0, 64),
            b"far" => at(1, u64::MAX - 3, 64),
            b"beyond" => at(1, 1 << 50, 64),
            b"length" => at(1, 0, 65),
            b"kind" => {
                // An output that cannot be had, for a reason of a kind that is none.
                let mut writer = Writer::new();
                writer.u8(1).u32(1).u8(2).u8(200).bytes(b"no");
                writer.finish()
            }
            _ => {
                // The answer to a load, with ports that it has no room for.
                let mut writer = Writer::new();
                writer.u8(1).bytes(b"CPU").u64(0).u64(0).u64(0).u32(u32::MAX);
                writer.finish()
            }
        }
    }
}

fn hang() -> ! {
    loop {
        black_box(());
    }
}

fn descend(levels: u64) -> u64 {
    let room = black_box([1_u8; 1000]);
    if levels == 0 { 0 } else { descend(levels - 1) + u64::from(room[0]) }
}
