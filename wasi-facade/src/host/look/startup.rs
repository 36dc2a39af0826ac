//! The cost of what a module does before its code runs: fills of tables, pieces of data, first values of globals.
//!
//! Most of it is laid out while compiling and costs nothing. Wasmtime compiles a function for the rest, which are
//! values that do not fit, places that are computed, and everything after them. It takes some kilobytes for each: 82 KB
//! of elements for a table without room took a gigabyte.

use wasmparser::{
    ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Operator, Payload, Result, TableInit,
    TypeRef,
};

/// What each takes, in the measure of values that go along control flow, two kilobytes.
const ELEMENT: u64 = 4;
const SEGMENT: u64 = 10;
const STEP: u64 = 1;

/// Tables and images of memories that are larger are not laid out.
const MAX_TABLE: u64 = 1 << 20;
const MAX_SPARSE_IMAGE: u64 = 1 << 20;

/// What is added up, and what it depends on.
#[derive(Default)]
pub(super) struct Startup {
    /// The first sizes of tables, and of memories in bytes; none of those that are imported.
    tables: Vec<Option<u64>>,
    memories: Vec<Option<u64>>,
    /// An element was not laid out, so that none after it is.
    elements_wait: bool,
    passed: u64,
}

impl Startup {
    /// How many values go along control flow in the function that is compiled.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    pub(super) fn read(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    match import?.ty {
                        TypeRef::Table(_) => self.tables.push(None),
                        TypeRef::Memory(_) => self.memories.push(None),
                        _ => {}
                    }
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let table = table?;
                    self.tables.push(Some(table.ty.initial));
                    if let TableInit::Expr(value) = table.init {
                        self.step(steps(&value)?);
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    let memory = memory?;
                    let page = 1u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
                    self.memories.push(Some(memory.initial.saturating_mul(page)));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let steps = steps(&global?.init_expr)?;
                    if steps > 1 {
                        self.step(steps);
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section.clone() {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(section) => self.data(section.clone().into_iter())?,
            _ => {}
        }
        Ok(())
    }

    fn step(&mut self, steps: u64) {
        self.passed = self.passed.saturating_add(steps.saturating_mul(STEP));
    }

    fn element(&mut self, element: Element<'_>) -> Result<()> {
        let (count, are_functions) = match &element.items {
            ElementItems::Functions(items) => (u64::from(items.count()), true),
            ElementItems::Expressions(_, items) => {
                for item in items.clone() {
                    let steps = steps(&item?)?;
                    self.step(steps);
                }
                (u64::from(items.count()), false)
            }
        };
        let each = match element.kind {
            ElementKind::Passive | ElementKind::Declared => STEP,
            ElementKind::Active { table_index, offset_expr } => {
                let table = own(&self.tables, table_index.unwrap_or(0));
                let fits = match (constant(&offset_expr)?, table) {
                    (Some(start), Some(size)) => {
                        size <= MAX_TABLE && start.checked_add(count).is_some_and(|end| end <= size)
                    }
                    _ => false,
                };
                self.elements_wait |= !(fits && are_functions);
                if self.elements_wait { ELEMENT } else { 0 }
            }
        };
        self.passed = self.passed.saturating_add(count.saturating_mul(each));
        Ok(())
    }

    /// Data is laid out all or not at all.
    fn data<'a>(&mut self, segments: impl Iterator<Item = Result<Data<'a>>>) -> Result<()> {
        let (mut count, mut bytes, mut waits) = (0u64, 0u64, false);
        let (mut least, mut most) = (u64::MAX, 0);
        for segment in segments {
            let segment = segment?;
            let DataKind::Active { memory_index, offset_expr } = segment.kind else { continue };
            count = count.saturating_add(1);
            let len = u64::try_from(segment.data.len()).unwrap_or(u64::MAX);
            let end = |start: u64| start.checked_add(len);
            match (constant(&offset_expr)?, own(&self.memories, memory_index)) {
                (Some(start), Some(size)) if end(start).is_some_and(|end| end <= size) => {
                    bytes = bytes.saturating_add(len);
                    least = least.min(start);
                    most = most.max(end(start).unwrap_or(u64::MAX));
                }
                _ => waits = true,
            }
        }
        let image = most.saturating_sub(least);
        if waits || image >= MAX_SPARSE_IMAGE.max(bytes.saturating_mul(2)) {
            self.passed = self.passed.saturating_add(count.saturating_mul(SEGMENT));
        }
        Ok(())
    }
}

/// The size of a table or a memory that is the module's own.
fn own(sizes: &[Option<u64>], index: u32) -> Option<u64> {
    sizes.get(usize::try_from(index).ok()?).copied().flatten()
}

/// How many instructions an expression has, without its end.
fn steps(expression: &ConstExpr<'_>) -> Result<u64> {
    let mut count = 0u64;
    let mut operators = expression.get_operators_reader();
    while !operators.eof() {
        if !matches!(operators.read()?, Operator::End) {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// The place that an expression says, if it does without computing it.
fn constant(expression: &ConstExpr<'_>) -> Result<Option<u64>> {
    let mut operators = expression.get_operators_reader();
    let place = match operators.read()? {
        Operator::I32Const { value } => u64::from(value.cast_unsigned()),
        Operator::I64Const { value } => value.cast_unsigned(),
        _ => return Ok(None),
    };
    Ok(matches!(operators.read()?, Operator::End).then_some(place))
}
