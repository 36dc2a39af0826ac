//! The blocks around an instruction, and how many operands there are: as much of validation as counting needs.

use super::Types;
use wasmparser::{
    BlockType, CompositeInnerType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType,
};

/// The values that a handler counts as, for each call that could throw to it. Wasmtime's time grows with the square of
/// how many there are in a function: 100,000 take it 18 s. The largest known function has 280,000, most of them in
/// blocks of their own, so the default bound lets through twice as many.
const HANDLER: u64 = 4;

/// The blocks that are open, kept from one function to the next for its space.
#[derive(Default)]
pub(super) struct Frames {
    open: Vec<Frame>,
}

struct Frame {
    ty: BlockType,
    kind: FrameKind,
    /// How many operands there were before the block's own.
    base: u64,
    /// How many handlers the block adds to those that a call could throw to.
    handlers: u64,
}

/// The frames of one function.
pub(super) struct Inside<'f> {
    types: &'f Types,
    open: &'f mut Vec<Frame>,
    function: Option<u32>,
    height: u64,
    handlers: u64,
}

/// What one instruction adds.
pub(super) struct Step {
    pub(super) values: u64,
    /// Those that go along control flow, without conditions and indices.
    pub(super) passed: u64,
    /// Does control flow branch or meet here?
    pub(super) branches: bool,
    /// The operands there were before and after, whichever are more.
    pub(super) height: u64,
}

impl Frames {
    /// Enters the function `index`.
    pub(super) fn enter<'f>(&'f mut self, types: &'f Types, index: u32) -> Inside<'f> {
        self.open.clear();
        let function = types.of_function(index);
        let ty = function.map_or(BlockType::Empty, BlockType::FuncType);
        self.open.push(Frame { ty, kind: FrameKind::Block, base: 0, handlers: 0 });
        Inside { types, open: &mut self.open, function, height: 0, handlers: 0 }
    }
}

impl Inside<'_> {
    /// How many parameters the function has.
    pub(super) fn parameters(&self) -> u64 {
        let arity = self.function.and_then(|ty| self.sub_type_arity(self.types.of(ty)?));
        arity.map_or(0, |(params, _)| u64::from(params))
    }

    /// Counts one instruction, and goes behind it.
    pub(super) fn step(&mut self, operator: &Operator<'_>) -> Step {
        let (takes, gives) =
            operator.operator_arity(self).map_or((0, 0), |(takes, gives)| (takes.into(), gives.into()));
        let before = self.height;
        self.height = before.saturating_sub(takes).saturating_add(gives);
        let mut values = takes.saturating_add(gives);
        // A condition, an index into a table, and what a function gets: values that go nowhere from here.
        let mut selects = 0u64;
        let mut branches = true;
        match operator {
            Operator::Block { blockty } => self.open(*blockty, FrameKind::Block, gives, 0),
            Operator::Loop { blockty } => self.open(*blockty, FrameKind::Loop, gives, 0),
            // The condition is not among what the block takes.
            Operator::If { blockty } => {
                selects = 1;
                let params = takes.saturating_sub(1);
                self.height = before.saturating_sub(takes).saturating_add(params);
                self.open(*blockty, FrameKind::If, params, 0);
            }
            Operator::TryTable { try_table } => {
                let handlers = u64::try_from(try_table.catches.len()).unwrap_or(u64::MAX);
                self.open(try_table.ty, FrameKind::TryTable, gives, handlers);
            }
            Operator::Else => {
                let base = self.open.last().map_or(0, |frame| frame.base);
                self.height = base.saturating_add(gives);
            }
            Operator::End => {
                if let Some(frame) = self.open.pop() {
                    self.handlers = self.handlers.saturating_sub(frame.handlers);
                    self.height = frame.base.saturating_add(gives);
                }
            }
            Operator::BrTable { targets } => {
                selects = 1;
                values = values.saturating_add(takes.saturating_mul(targets.len().into()));
                self.never();
            }
            Operator::Br { .. } | Operator::Return | Operator::Unreachable => self.never(),
            // To the compiler, a call that does not come back.
            Operator::Throw { .. } | Operator::ThrowRef => {
                values = values.saturating_add(self.handlers.saturating_mul(HANDLER));
                selects = values;
                self.never();
            }
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                self.never();
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                values = values.saturating_add(self.handlers.saturating_mul(HANDLER));
                // Its values go to the function and back. A handler is a place to go on at, and gets its values there.
                selects = values;
                branches = self.handlers > 0;
            }
            Operator::BrIf { .. } => selects = 1,
            Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. } => {}
            Operator::StructNewDefault { struct_type_index } => {
                values = values.saturating_add(self.fields(*struct_type_index));
                branches = false;
            }
            _ => branches = false,
        }
        let passed = if branches { values.saturating_sub(selects) } else { 0 };
        Step { values, passed, branches, height: before.max(self.height) }
    }

    /// Opens a block whose `params` are on top of the operands.
    fn open(&mut self, ty: BlockType, kind: FrameKind, params: u64, handlers: u64) {
        let base = self.height.saturating_sub(params);
        self.handlers = self.handlers.saturating_add(handlers);
        self.open.push(Frame { ty, kind, base, handlers });
    }

    /// What follows in this block is never reached, and has no operands of those before.
    fn never(&mut self) {
        self.height = self.open.last().map_or(0, |frame| frame.base);
    }

    fn fields(&self, ty: u32) -> u64 {
        match self.types.of(ty).map(|ty| &ty.composite_type.inner) {
            Some(CompositeInnerType::Struct(ty)) => u64::try_from(ty.fields.len()).unwrap_or(u64::MAX),
            _ => 0,
        }
    }
}

impl ModuleArity for Inside<'_> {
    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        self.types.of(index)
    }

    fn tag_type_arity(&self, at: u32) -> Option<(u32, u32)> {
        self.sub_type_arity(self.types.of(self.types.of_tag(at)?)?)
    }

    fn type_index_of_function(&self, index: u32) -> Option<u32> {
        self.types.of_function(index)
    }

    /// No engine here has continuations.
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, ty: &RefType) -> Option<&SubType> {
        self.types.of(ty.type_index()?.as_module_index()?)
    }

    fn control_stack_height(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    fn label_block(&self, depth: u32) -> Option<(BlockType, FrameKind)> {
        let index = self.open.len().checked_sub(1)?.checked_sub(usize::try_from(depth).ok()?)?;
        self.open.get(index).map(|frame| (frame.ty, frame.kind))
    }
}
