//! A guest made of bytes: a context, a memory full of `?`, and calls by name.

use super::direct;
use super::errno::{Errno, SUCCESS, TOO_LARGE};
use std::ops::{Deref, DerefMut};
use test_support::GuestMemory;
use wasi_nn::{ElementType, NnCtx};
use wasi_policy::Trap;

/// Where results go unless a test says otherwise.
pub(crate) const OUT: u32 = 0x40;
/// Where the list of a model's parts is put, where a tensor's record, where its dimensions, and where a name.
pub(crate) const BUILDERS: u32 = 0x100;
pub(crate) const TENSOR: u32 = 0x200;
pub(crate) const DIMENSIONS: u32 = 0x280;
pub(crate) const NAME: u32 = 0x800;
/// Where a model is put, where data, and where outputs go.
pub(crate) const MODEL: u32 = 0x1000;
pub(crate) const DATA: u32 = 0x8000;
pub(crate) const BUFFER: u32 = 0xc000;

/// The encoding under which the tests' backend takes models from guests.
pub(crate) const ENCODING: u32 = 3;

pub(crate) struct Guest {
    pub(crate) ctx: NnCtx,
    pub(crate) memory: GuestMemory,
}

impl Guest {
    pub(crate) fn new(ctx: NnCtx) -> Self {
        Guest { ctx, memory: GuestMemory::new() }
    }

    /// Calls a function. A call that fails leaves the memory as it was, so every failing call of every test looks
    /// at that; the one exception is the size that a buffer should have.
    pub(crate) fn outcome(&mut self, name: &str, args: &[u32]) -> Result<Errno, Trap> {
        let before = self.memory.to_vec();
        let ctx = &mut self.ctx;
        let outcome = self.memory.lend(|memory| direct::call(name, ctx, memory, args)).map(Errno::given);
        let free = match outcome {
            Ok(SUCCESS) => return outcome,
            Ok(TOO_LARGE) if name == "get_output" => args[4]..args[4] + 4,
            _ => 0..0,
        };
        self.memory.assert_is(&before, free, format_args!("{name}{args:x?} gave {outcome:?}"));
        outcome
    }

    /// Calls a function that must not end the guest.
    pub(crate) fn call(&mut self, name: &str, args: &[u32]) -> Errno {
        self.outcome(name, args).unwrap_or_else(|trap| panic!("{name}{args:x?} trapped: {trap}"))
    }

    /// Calls a function that writes one word to [`OUT`], and gives it.
    pub(crate) fn call_for_word(&mut self, name: &str, args: &[u32]) -> Result<u32, Errno> {
        match self.call(name, args) {
            SUCCESS => Ok(self.u32(OUT)),
            errno => Err(errno),
        }
    }

    /// Loads a model of any number of parts.
    pub(crate) fn load_parts(&mut self, encoding: u32, parts: &[&[u8]]) -> Result<u32, Errno> {
        let mut at = MODEL;
        let mut builders = Vec::new();
        for part in parts {
            let (ptr, len) = self.put(at, part);
            builders.extend([ptr, len]);
            at += len;
        }
        self.put_words(BUILDERS, &builders);
        self.call_for_word("load", &[BUILDERS, u32::try_from(parts.len()).unwrap(), encoding, 0, OUT])
    }

    /// Loads a model of the tests' backend.
    pub(crate) fn load(&mut self, model: &str) -> Result<u32, Errno> {
        self.load_parts(ENCODING, &[model.as_bytes()])
    }

    pub(crate) fn load_by_name(&mut self, name: &str) -> Result<u32, Errno> {
        let (name, len) = self.put(NAME, name);
        self.call_for_word("load_by_name", &[name, len, OUT])
    }

    pub(crate) fn init(&mut self, graph: u32) -> Result<u32, Errno> {
        self.call_for_word("init_execution_context", &[graph, OUT])
    }

    /// An execution context of a model that loads.
    pub(crate) fn context(&mut self, model: &str) -> u32 {
        let graph = self.load(model).unwrap();
        self.init(graph).unwrap()
    }

    /// Puts a tensor's record at [`TENSOR`] and what it points to beside it.
    pub(crate) fn put_tensor(&mut self, type_number: u32, dimensions: &[u32], data: &[u8]) {
        self.put_words(DIMENSIONS, dimensions);
        let (data, len) = self.put(DATA, data);
        let rank = u32::try_from(dimensions.len()).unwrap();
        self.put_words(TENSOR, &[DIMENSIONS, rank, type_number, data, len]);
    }

    /// Sets an input, with the witx's number of the type.
    pub(crate) fn set(
        &mut self,
        context: u32,
        index: u32,
        (element, dimensions): (ElementType, &[u32]),
        data: &[u8],
    ) -> Errno {
        self.put_tensor(number(element), dimensions, data);
        self.call("set_input", &[context, index, TENSOR])
    }

    /// Sets an input of `f32`s in one dimension.
    pub(crate) fn set_floats(&mut self, context: u32, index: u32, values: &[f32]) -> Errno {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let len = u32::try_from(values.len()).unwrap();
        self.set(context, index, (ElementType::F32, &[len]), &data)
    }

    pub(crate) fn compute(&mut self, context: u32) -> Errno {
        self.call("compute", &[context])
    }

    /// What an output has, read into a buffer of 4 KiB.
    pub(crate) fn output(&mut self, context: u32, index: u32) -> Result<Vec<u8>, Errno> {
        let len = self.call_for_word("get_output", &[context, index, BUFFER, 0x1000, OUT])?;
        Ok(self.bytes(BUFFER, len).to_vec())
    }

    pub(crate) fn floats(&mut self, context: u32, index: u32) -> Result<Vec<f32>, Errno> {
        let data = self.output(context, index)?;
        Ok(data.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect())
    }

    /// Why the last failing call failed.
    pub(crate) fn reason(&self) -> &str {
        self.ctx.last_error().unwrap_or("nothing has failed")
    }
}

impl Deref for Guest {
    type Target = GuestMemory;

    fn deref(&self) -> &GuestMemory {
        &self.memory
    }
}

impl DerefMut for Guest {
    fn deref_mut(&mut self) -> &mut GuestMemory {
        &mut self.memory
    }
}

/// The witx's number of an element type.
pub(crate) fn number(element: ElementType) -> u32 {
    match element {
        ElementType::F16 => 0,
        ElementType::F32 => 1,
        ElementType::F64 => 2,
        ElementType::U8 => 3,
        ElementType::I32 => 4,
        ElementType::I64 => 5,
    }
}
