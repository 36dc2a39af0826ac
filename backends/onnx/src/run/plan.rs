//! A compiled model, for one set of input shapes, and of values that decide shapes.

use crate::limits::bounds;
use crate::limits::memory;
use crate::load::compile::check_node;
use crate::load::ports::compiled_shape;
use crate::run::key::Key;
use crate::run::running::Slot;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tract_onnx::tract_hir::internal::*;

/// A compiled model. It is shared by all that compute with such inputs.
#[derive(Debug)]
pub(crate) struct Plan {
    key: Key,
    plan: Arc<TypedSimplePlan>,
    /// Bytes of all tensors that exist at one time.
    peak: u64,
    /// Bytes that it has by itself.
    bytes: u64,
    /// Whether its graph keeps it no longer.
    is_gone: AtomicBool,
    /// Who has it.
    users: Mutex<Vec<Weak<Slot>>>,
}

impl Plan {
    pub(crate) fn new(model: TypedModel, key: Key) -> TractResult<Self> {
        model.nodes.iter().try_for_each(check_node)?;
        for index in 0..model.outputs.len() {
            let datum = model.output_fact(index)?.datum_type;
            ensure!(datum.is_copy(), "output {index} has elements of type {datum:?}, which are not bytes");
        }
        let plan = TypedSimplePlan::new(model)?;
        let peak = memory::peak(&plan);
        bounds::budget(|budget| budget.check_total(peak))?;
        let bytes = memory::kept(plan.model());
        Ok(Plan { key, plan, peak, bytes, is_gone: AtomicBool::new(false), users: Mutex::default() })
    }

    /// Takes note that somebody keeps it.
    pub(crate) fn used_by(&self, slot: &Arc<Slot>) {
        let slot = Arc::downgrade(slot);
        let mut users = self.users();
        users.retain(|user| user.strong_count() > 0 && !user.ptr_eq(&slot));
        users.push(slot);
    }

    /// Has all who keep it let go: now, or when they have computed.
    pub(crate) fn go(self: &Arc<Self>) {
        // Said before slots are looked into, so that whoever computes at this moment sees it afterwards.
        self.is_gone.store(true, Ordering::SeqCst);
        let users = std::mem::take(&mut *self.users());
        users.iter().filter_map(Weak::upgrade).for_each(|slot| slot.forget(self));
    }

    /// Whether nobody may keep it.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::SeqCst)
    }

    /// Bytes that it has by itself, whether it runs or not.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn users(&self) -> MutexGuard<'_, Vec<Weak<Slot>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is for these inputs.
    pub(crate) fn fits(&self, inputs: &[Arc<Tensor>]) -> bool {
        self.key.fits(inputs)
    }

    /// The shape of an output, as far as it is known.
    pub(crate) fn output_shape(&self, index: usize) -> TractResult<Vec<Option<u32>>> {
        compiled_shape(self.plan.model().output_fact(index)?)
    }

    /// What it computes.
    pub(crate) fn model(&self) -> &TypedModel {
        self.plan.model()
    }

    /// For which inputs it is.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Bytes of all tensors that exist at one time, as far as they are known.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    /// The state of one who computes.
    pub(crate) fn state(&self) -> TractResult<TypedSimpleState> {
        self.plan.spawn()
    }
}
