//! The bytes of a function's code. Whatever the tree says, operands are there when they are taken, and gone at the end.

use super::code::{Block, Code, Many, Type};
use super::sections::Signature;
use wasm_encoder::{BlockType, Catch, HeapType, Instruction, MemArg, ValType};

/// The most bytes of all code of a module: enough to reach the bounds on it, at which the rest is left out.
const MAX_BYTES: usize = 400_000;

/// What code may refer to.
pub(super) struct Around<'a> {
    pub(super) types: &'a [Signature],
    /// The type of each function, imported ones first.
    pub(super) functions: &'a [u32],
    pub(super) globals: u32,
    /// Whether there are exceptions.
    pub(super) throws: bool,
    pub(super) locals: &'a [Many],
    /// How many bytes the functions before took.
    pub(super) spent: usize,
}

/// A function while it is written.
pub(super) struct Emit<'a> {
    around: &'a Around<'a>,
    bytes: Vec<u8>,
    /// What a branch to each block around takes, outermost first.
    labels: Vec<Vec<Many>>,
}

impl<'a> Emit<'a> {
    /// The body of a function of this type, without its end.
    pub(super) fn body(around: &'a Around<'a>, ty: u32, code: &[Code]) -> Vec<u8> {
        let results = signature(around.types, ty).results;
        let mut emit = Emit { around, bytes: Vec::new(), labels: vec![results.clone()] };
        emit.all(code);
        emit.push(&results);
        emit.bytes
    }

    fn is_full(&self) -> bool {
        self.bytes.len() + self.around.spent > MAX_BYTES
    }

    fn put(&mut self, instruction: &Instruction<'_>) {
        wasm_encoder::Encode::encode(instruction, &mut self.bytes);
    }

    fn push(&mut self, values: &[Many]) {
        for Many { count, ty } in values {
            for _ in 0..crate::number::count(*count) {
                match ty {
                    Type::I32 => self.put(&Instruction::I32Const(1)),
                    Type::I64 => self.put(&Instruction::I64Const(1)),
                    Type::F32 => self.put(&Instruction::F32Const(1.0_f32.into())),
                    Type::F64 => self.put(&Instruction::F64Const(1.0.into())),
                    Type::V128 => self.put(&Instruction::V128Const(1)),
                    Type::FuncRef => self.put(&Instruction::RefNull(HeapType::FUNC)),
                    Type::ExternRef => self.put(&Instruction::RefNull(HeapType::EXTERN)),
                }
            }
        }
    }

    fn drop_all(&mut self, values: &[Many]) {
        for _ in 0..total(values) {
            self.put(&Instruction::Drop);
        }
    }

    fn all(&mut self, code: &[Code]) {
        for code in code {
            if self.is_full() {
                return;
            }
            self.one(code);
        }
    }

    fn one(&mut self, code: &Code) {
        match code {
            Code::Blocks { kind, ty, depth, times, body } => self.blocks(*kind, *ty, *depth, *times, body),
            Code::Repeat { times, body } => {
                for _ in 0..*times {
                    if self.is_full() || body.is_empty() {
                        break;
                    }
                    self.all(body);
                }
            }
            Code::Below { operands, body } => {
                self.push(&[*operands]);
                self.all(body);
                self.drop_all(&[*operands]);
            }
            Code::Table { targets, label } => {
                let (label, taken) = self.label(*label);
                // In a block of its own, since what comes after a branch is not reached.
                self.put(&Instruction::Block(BlockType::Empty));
                self.push(&taken);
                self.put(&Instruction::I32Const(0));
                let targets = vec![label + 1; crate::number::count(*targets)];
                self.put(&Instruction::BrTable(targets.into(), label + 1));
                self.put(&Instruction::End);
            }
            Code::Branch { label, never } => {
                let (label, taken) = self.label(*label);
                self.push(&taken);
                self.put(&Instruction::I32Const(i32::from(!*never)));
                self.put(&Instruction::BrIf(label));
                self.drop_all(&taken);
            }
            Code::Call { function } => {
                let function = function % self.around.functions.len() as u32;
                let ty = signature(self.around.types, self.around.functions[function as usize]);
                self.push(&ty.params);
                self.put(&Instruction::Call(function));
                self.drop_all(&ty.results);
            }
            Code::Indirect { ty, index } => {
                let number = number(self.around.types, *ty);
                let ty = signature(self.around.types, *ty);
                self.push(&ty.params);
                self.put(&Instruction::I32Const(index.cast_signed()));
                self.put(&Instruction::CallIndirect { type_index: number, table_index: 0 });
                self.drop_all(&ty.results);
            }
            other => self.plain(other),
        }
    }

    fn plain(&mut self, code: &Code) {
        let place = MemArg { offset: 0, align: 0, memory_index: 0 };
        let int = |number: &i64| Instruction::I32Const(number.cast_unsigned() as u32 as i32);
        match code {
            Code::Local { index } => {
                let count = total(self.around.locals) as u32;
                if count > 0 {
                    self.put(&Instruction::LocalGet(index % count));
                    self.put(&Instruction::LocalSet(index % count));
                }
            }
            Code::Global { index, count } if self.around.globals > 0 => {
                for index in (*index..).take(crate::number::count(*count)) {
                    self.put(&Instruction::GlobalGet(index % self.around.globals));
                    self.put(&Instruction::GlobalSet(index % self.around.globals));
                }
            }
            Code::Memory { at, atomic } => {
                self.put(&int(at));
                self.put(&int(at));
                self.put(&if *atomic {
                    Instruction::I32AtomicLoad8U(place)
                } else {
                    Instruction::I32Load8U(place)
                });
                self.put(&if *atomic {
                    Instruction::I32AtomicStore8(place)
                } else {
                    Instruction::I32Store8(place)
                });
            }
            Code::Grow { pages } => {
                self.put(&int(pages));
                self.put(&Instruction::MemoryGrow(0));
                self.put(&Instruction::Drop);
            }
            Code::Fill { at, len } => {
                self.put(&int(at));
                self.put(&Instruction::I32Const(1));
                self.put(&int(len));
                self.put(&Instruction::MemoryFill(0));
            }
            Code::GrowTable { entries } => {
                self.put(&Instruction::RefNull(HeapType::FUNC));
                self.put(&int(entries));
                self.put(&Instruction::TableGrow(0));
                self.put(&Instruction::Drop);
            }
            Code::Throw if self.around.throws => self.put(&Instruction::Throw(0)),
            Code::Return => {
                let results = self.labels.first().cloned().unwrap_or_default();
                self.push(&results);
                self.put(&Instruction::Return);
            }
            Code::Unreachable => self.put(&Instruction::Unreachable),
            Code::Raw(bytes) => self.bytes.extend_from_slice(bytes),
            _ => {}
        }
    }

    fn blocks(&mut self, kind: Block, ty: u32, depth: u32, times: u32, body: &[Code]) {
        let number = number(self.around.types, ty);
        let Signature { params, results } = signature(self.around.types, ty);
        let goes_through = same(&params, &results);
        // Blocks inside each other hand the same on, so they need as much as they give.
        let depth = if goes_through { depth } else { depth.min(1) };
        self.push(&params);
        for round in 0..times {
            if self.is_full() {
                break;
            }
            if round > 0 && !goes_through {
                self.drop_all(&results);
                self.push(&params);
            }
            let mut opened = 0;
            while opened < depth && !self.is_full() {
                self.open(kind, number);
                self.labels.push(if kind == Block::Loop { params.clone() } else { results.clone() });
                opened += 1;
            }
            self.all(body);
            if opened > 0 && !goes_through {
                self.drop_all(&params);
                self.push(&results);
            }
            for _ in 0..opened {
                self.labels.pop();
                if kind == Block::If && !goes_through {
                    self.put(&Instruction::Else);
                    self.put(&Instruction::Unreachable);
                }
                self.put(&Instruction::End);
            }
            if opened == 0 && !goes_through {
                self.drop_all(&params);
                self.push(&results);
            }
        }
        let left = if times == 0 { &params } else { &results };
        self.drop_all(left);
    }

    fn open(&mut self, kind: Block, number: u32) {
        let ty = BlockType::FunctionType(number);
        match kind {
            Block::Block => self.put(&Instruction::Block(ty)),
            Block::Loop => self.put(&Instruction::Loop(ty)),
            Block::If => {
                self.put(&Instruction::I32Const(1));
                self.put(&Instruction::If(ty));
            }
            Block::Try(_) if !self.around.throws => self.put(&Instruction::Block(ty)),
            Block::Try(handlers) => {
                // Out of the function, unless that wants values.
                let out = self.labels.len() as u32 - 1;
                let takes = self.labels.first().is_some_and(|taken| taken.iter().any(|many| many.count > 0));
                let handlers = if takes { 0 } else { usize::from(handlers) };
                self.put(&Instruction::TryTable(ty, vec![Catch::All { label: out }; handlers].into()));
            }
        }
    }

    /// A block around, and what a branch to it takes.
    fn label(&self, label: u32) -> (u32, Vec<Many>) {
        let label = label % self.labels.len() as u32;
        let taken = self.labels.iter().nth_back(label as usize).cloned().unwrap_or_default();
        (label, taken)
    }
}

/// A type by its number: those of the recipe come after the one without parameters and results.
pub(super) fn number(types: &[Signature], ty: u32) -> u32 {
    ty % (types.len() as u32 + 1)
}

pub(super) fn signature(types: &[Signature], ty: u32) -> Signature {
    let index = number(types, ty).checked_sub(1);
    index.and_then(|index| types.get(index as usize)).cloned().unwrap_or_default()
}

/// The type of a value in the format.
pub(super) const fn value(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::FuncRef => ValType::FUNCREF,
        Type::ExternRef => ValType::EXTERNREF,
    }
}

/// All values of a list, one by one.
pub(super) fn values(list: &[Many]) -> Vec<ValType> {
    list.iter()
        .flat_map(|many| std::iter::repeat_n(value(many.ty), crate::number::count(many.count)))
        .collect()
}

fn total(list: &[Many]) -> usize {
    list.iter().map(|many| crate::number::count(many.count)).sum()
}

fn same(one: &[Many], other: &[Many]) -> bool {
    let plain = |list: &[Many]| list.iter().map(|many| (many.count, many.ty)).collect::<Vec<_>>();
    plain(one) == plain(other)
}
