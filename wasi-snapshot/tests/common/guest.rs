//! A guest made of bytes: a context, a memory full of `?`, and calls by name.

use super::direct::{Direct, PREVIEW1, UNSTABLE};
use super::errno::{Errno, SUCCESS};
use std::sync::atomic::AtomicU8;
use wasi_policy::{Memory, Trap};
use wasi_snapshot::{WasiCtx, WasiCtxBuilder};

/// The size of a guest's memory: one page, as engines have them.
pub(crate) const SIZE: u32 = 65_536;

/// What untouched memory is full of.
pub(crate) const MASK: u8 = b'?';

/// Where results go unless a test says otherwise.
pub(crate) const OUT: u32 = 0x40;
/// Where iovecs are put.
pub(crate) const IOVS: u32 = 0x800;
/// Where the first path of a call is put, and where the second.
pub(crate) const PATH: u32 = 0x1000;
pub(crate) const PATH2: u32 = 0x4000;
/// Where data is put.
pub(crate) const DATA: u32 = 0x8000;

pub(crate) struct Guest {
    pub(crate) ctx: WasiCtx,
    pub(crate) memory: Vec<u8>,
    /// Calls see the memory as one that other threads could change.
    pub(crate) shared: bool,
    module: &'static str,
    instance: Option<Box<dyn Instance>>,
}

/// A real instance on an engine: calls go through its code, and work on its memory.
pub(crate) trait Instance {
    /// Has it call an import of preview1, which it imports all of, for the context and on a copy of the memory.
    fn call(
        &mut self,
        ctx: &mut WasiCtx,
        memory: &mut [u8],
        name: &str,
        slots: &[u64],
    ) -> Result<Option<u64>, Trap>;
}

/// Something that fits the slot of an argument.
pub(crate) trait Slot {
    fn slot(self) -> u64;
}

macro_rules! slots {
    ($($ty:ty)*) => {$(
        impl Slot for $ty {
            fn slot(self) -> u64 {
                self as u64
            }
        }
    )*};
}
slots!(i32 u32 i64 u64 usize);

/// `call!(guest, fd_seek, 3, 0, 1, OUT)` calls a function by name and gives its errno.
macro_rules! call {
    ($guest:expr, $name:ident $(, $arg:expr)* $(,)?) => {
        $guest.call(stringify!($name), &[$($crate::common::guest::Slot::slot($arg)),*])
    };
}
pub(crate) use call;

impl Guest {
    /// A guest of preview1.
    pub(crate) fn new(builder: WasiCtxBuilder) -> Self {
        let ctx = builder.build().unwrap();
        Guest { ctx, memory: vec![MASK; SIZE as usize], shared: false, module: PREVIEW1, instance: None }
    }

    /// A guest of preview1 that makes its calls from an instance.
    pub(crate) fn on(instance: Box<dyn Instance>, builder: WasiCtxBuilder) -> Self {
        Guest { instance: Some(instance), ..Guest::new(builder) }
    }

    /// Has it go on with another context, as if it had just started.
    pub(crate) fn restart(&mut self, builder: WasiCtxBuilder) {
        self.ctx = builder.build().unwrap();
        self.mask();
    }

    /// Makes the guest import from the older module from now on.
    pub(crate) fn use_unstable(&mut self) {
        self.module = UNSTABLE;
    }

    pub(crate) fn is_unstable(&self) -> bool {
        self.module == UNSTABLE
    }

    /// Fills the memory with the mask again.
    pub(crate) fn mask(&mut self) {
        self.memory.fill(MASK);
    }

    /// Puts bytes into memory and gives their address and length.
    pub(crate) fn put(&mut self, at: u32, bytes: impl AsRef<[u8]>) -> (u32, u32) {
        let bytes = bytes.as_ref();
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
        (at, u32::try_from(bytes.len()).unwrap())
    }

    /// Puts a list of iovecs at `IOVS` and gives its address and length.
    pub(crate) fn iovecs(&mut self, list: &[(u32, u32)]) -> (u32, u32) {
        let words = list.iter().flat_map(|(ptr, len)| [*ptr, *len]);
        self.put(IOVS, words.flat_map(u32::to_le_bytes).collect::<Vec<_>>());
        (IOVS, u32::try_from(list.len()).unwrap())
    }

    pub(crate) fn bytes(&self, at: u32, len: u32) -> &[u8] {
        &self.memory[at as usize..][..len as usize]
    }

    pub(crate) fn u16(&self, at: u32) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    pub(crate) fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    pub(crate) fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Calls a function with the arguments in slots. A call that fails must leave the memory as it was, so
    /// every failing call of every test looks at that; but for one that ends the guest in the middle of a transfer.
    pub(crate) fn outcome(&mut self, name: &str, slots: &[u64]) -> Result<Errno, Trap> {
        let before = self.memory.clone();
        let outcome = self.dispatch(name, slots).map(|errno| {
            let errno = errno.unwrap_or_else(|| panic!("{name} returned without an errno"));
            Errno(u16::try_from(errno).unwrap())
        });
        if !matches!(outcome, Ok(SUCCESS) | Err(Trap::Interrupted)) {
            assert!(
                self.memory == before,
                "{name}{slots:x?} gave {outcome:?}, and wrote {}",
                self.diff(&before)
            );
        }
        outcome
    }

    fn dispatch(&mut self, name: &str, slots: &[u64]) -> Result<Option<u64>, Trap> {
        let (direct, ctx) = (Direct::get(), &mut self.ctx);
        if let Some(instance) = &mut self.instance {
            return instance.call(ctx, &mut self.memory, name, slots);
        }
        if !self.shared {
            return direct.call(self.module, name, ctx, Memory::plain(&mut self.memory), slots);
        }
        let cells: Vec<_> = self.memory.iter().copied().map(AtomicU8::new).collect();
        let outcome = direct.call(self.module, name, ctx, Memory::shared(&cells), slots);
        self.memory = cells.into_iter().map(AtomicU8::into_inner).collect();
        outcome
    }

    /// Calls a function that must not end the guest.
    pub(crate) fn call(&mut self, name: &str, slots: &[u64]) -> Errno {
        self.outcome(name, slots).unwrap_or_else(|trap| panic!("{name}{slots:x?} trapped: {trap}"))
    }

    /// Calls a function that must succeed, write exactly `writes`, and leave all other memory alone.
    pub(crate) fn call_writes(&mut self, name: &str, slots: &[u64], writes: &[(u32, &[u8])]) {
        let mut expected = self.memory.clone();
        for (at, bytes) in writes {
            expected[*at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(self.call(name, slots), SUCCESS, "{name}{slots:x?}");
        assert!(
            self.memory == expected,
            "{name}{slots:x?} wrote other than expected: {}",
            self.diff(&expected)
        );
    }

    /// Where the memory differs from another, for messages.
    fn diff(&self, other: &[u8]) -> String {
        let differing = self.memory.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b);
        let shown = differing.take(80).map(|(at, (is, was))| format!("[{at:#x}] {is:#04x} not {was:#04x}"));
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// Calls a function that writes exactly what follows `=>`.
#[allow(unused_macros, reason = "not every test binary looks at single bytes")]
macro_rules! writes {
    ($guest:expr, $name:ident($($arg:expr),* $(,)?) => $($at:expr, $bytes:expr);* $(;)?) => {
        $guest.call_writes(
            stringify!($name),
            &[$($crate::common::guest::Slot::slot($arg)),*],
            &[$(($at, &$bytes[..])),*],
        )
    };
}
#[allow(unused_imports, reason = "not every test binary looks at single bytes")]
pub(crate) use writes;
