//! The layers of a network and what joins them, as far as it takes to see what an operator gets.
//!
//! A layer's ports have types and sizes in the XML, which OpenVINO does not rely on, so neither does this: a type follows
//! from those of inputs and constants.

use super::Refusal;
use crate::xml::Attributes;
use std::cell::Cell;
use std::collections::HashMap;

/// A network, or the body of a branch.
#[derive(Default)]
pub(super) struct Network<'a> {
    layers: Vec<Layer<'a>>,
    edges: Vec<Edge>,
}

/// An operator.
#[derive(Default)]
pub(super) struct Layer<'a> {
    pub(super) id: Option<u64>,
    pub(super) name: &'a str,
    /// Its type, in lower case.
    pub(super) kind: String,
    pub(super) data: Attributes<'a>,
    /// The numbers of its ports, in order.
    pub(super) inputs: Vec<u64>,
    pub(super) outputs: Vec<u64>,
}

/// A layer and one of its ports, by their numbers.
type End = (u64, u64);

/// What joins an output to an input.
struct Edge {
    from: End,
    to: End,
}

/// An output of a layer, by the places of both.
pub(super) type Source = (usize, usize);

/// An input of a layer, likewise.
pub(super) type Input = (usize, usize);

/// A network whose edges can be followed.
pub(super) struct Joined<'n, 'a> {
    layers: &'n [Layer<'a>],
    /// Which output each input has.
    sources: HashMap<Input, Source>,
    weights: &'n [u8],
    effort: &'n Effort,
}

/// What looking at a model may still cost, for all operators of all its networks together.
pub(super) struct Effort {
    /// How many numbers of constants may be looked at.
    numbers: Cell<usize>,
    /// How many layers may be gone back.
    steps: Cell<usize>,
    is_spent: Cell<bool>,
}

/// A constant of a guest's.
pub(super) struct Constant {
    pub(super) numbers: Vec<f64>,
}

/// The most numbers of a constant that are looked at one by one, for each operator that has it, and of all together: a
/// tenth of a second's work. Repeats, amounts and ends are a few; what integers are divided by may be more.
const MAX_NUMBERS: usize = 1 << 18;
const MAX_ALL_NUMBERS: usize = 1 << 22;

/// How many layers are gone back to find where numbers come from, for one output and for all together.
const MAX_STEPS: u32 = 1 << 10;
const MAX_ALL_STEPS: usize = 1 << 22;

/// Operators that say something else than a number of the type of their first input, or whose type nobody can tell.
const OTHER_TYPES: &[&str] = &[
    "assign",
    "equal",
    "greater",
    "greaterequal",
    "if",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "lessequal",
    "logicaland",
    "logicalnot",
    "logicalor",
    "logicalxor",
    "notequal",
    "readvalue",
    "reducelogicaland",
    "reducelogicalor",
];

/// Operators whose numbers are some of those of their first input.
const SELECT: &[&str] = &[
    "broadcast",
    "convert",
    "gather",
    "identity",
    "reshape",
    "slice",
    "split",
    "squeeze",
    "stridedslice",
    "unsqueeze",
    "variadicsplit",
];

/// Operators whose numbers are no greater than the sum of those of their inputs.
const COMBINE: &[&str] = &["add", "concat", "maximum", "minimum", "subtract"];

impl<'a> Network<'a> {
    /// Adds a layer, and gives its place.
    pub(super) fn add(&mut self, layer: Layer<'a>) -> usize {
        self.layers.push(layer);
        self.layers.len().saturating_sub(1)
    }

    pub(super) fn layer_mut(&mut self, place: usize) -> Option<&mut Layer<'a>> {
        self.layers.get_mut(place)
    }

    pub(super) fn layers(&self) -> &[Layer<'a>] {
        &self.layers
    }

    pub(super) fn join(&mut self, from: End, to: End) {
        self.edges.push(Edge { from, to });
    }

    /// Makes the edges ready to be followed.
    pub(super) fn joined<'n>(
        &'n self,
        weights: &'n [u8],
        effort: &'n Effort,
    ) -> Result<Joined<'n, 'a>, Refusal> {
        Ok(Joined { layers: &self.layers, sources: self.sources()?, weights, effort })
    }

    /// Which output each input has.
    pub(super) fn sources(&self) -> Result<HashMap<Input, Source>, Refusal> {
        let mut places = HashMap::new();
        for (place, layer) in self.layers.iter().enumerate() {
            if layer.id.is_some_and(|id| places.insert(id, place).is_some()) {
                return Err("two layers in it have one number");
            }
        }
        let mut sources = HashMap::new();
        for Edge { from, to } in &self.edges {
            let place = |end: &End, is_output: bool| {
                let place = *places.get(&end.0)?;
                let layer = self.layers.get(place)?;
                let ports = if is_output { &layer.outputs } else { &layer.inputs };
                let mut same = ports.iter().enumerate().filter(|(_, port)| **port == end.1);
                same.next().map(|(port, _)| (place, port)).filter(|_| same.next().is_none())
            };
            let from = place(from, true).ok_or("an edge in it begins nowhere")?;
            let to = place(to, false).ok_or("an edge in it ends nowhere")?;
            if sources.insert(to, from).is_some() {
                return Err("an input in it has two edges");
            }
        }
        Ok(sources)
    }
}

impl Joined<'_, '_> {
    /// What an input of a layer has.
    pub(super) fn source(&self, layer: usize, input: usize) -> Option<Source> {
        self.sources.get(&(layer, input)).copied()
    }

    /// The type of an output.
    pub(super) fn element(&self, source: Source) -> Option<&str> {
        let (mut layer, mut output) = source;
        for _ in 0..MAX_STEPS {
            self.effort.go_back()?;
            let found = self.layers.get(layer)?;
            let input = match found.kind.as_str() {
                "const" | "parameter" => return found.data.get("element_type"),
                "convert" => return found.data.get("destination_type"),
                "shapeof" => return Some(found.data.get("output_type").unwrap_or("i64")),
                "range" if found.data.get("output_type").is_some() => return found.data.get("output_type"),
                "topk" if output == 1 => return found.data.get("index_element_type"),
                "convertlike" | "select" => 1,
                kind if OTHER_TYPES.contains(&kind) => return None,
                _ => 0,
            };
            (layer, output) = self.source(layer, input)?;
        }
        None
    }

    /// The layer of a constant, which another may convert.
    fn constant_layer(&self, source: Source) -> Option<&Layer<'_>> {
        let layer = self.layers.get(source.0)?;
        let layer =
            if layer.kind == "convert" { self.layers.get(self.source(source.0, 0)?.0)? } else { layer };
        (layer.kind == "const").then_some(layer)
    }

    /// The numbers of an output that is a constant.
    pub(super) fn constant(&self, source: Source) -> Option<Constant> {
        self.numbers(self.constant_layer(source)?)
    }

    /// The sizes of an output that is a constant.
    pub(super) fn sizes(&self, source: Source) -> Option<Vec<u64>> {
        super::dimensions(&self.constant_layer(source)?.data).ok()?.into_iter().collect()
    }

    fn numbers(&self, layer: &Layer<'_>) -> Option<Constant> {
        let number = |name| layer.data.get(name).and_then(super::decimal)?.try_into().ok();
        let (start, len): (usize, usize) = (number("offset")?, number("size")?);
        let bytes = self.weights.get(start..start.checked_add(len)?)?;
        let sizes = super::dimensions(&layer.data).ok()?.into_iter().collect::<Option<Vec<u64>>>()?;
        let decode: fn(&[u8]) -> Option<f64> = match layer.data.get("element_type")? {
            "i8" => |bytes| Some(i8::from_le_bytes(bytes.try_into().ok()?).into()),
            "u8" => |bytes| Some((*bytes.first()?).into()),
            "i32" => |bytes| Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            "i64" => |bytes| wide(i64::from_le_bytes(bytes.try_into().ok()?)),
            "f32" => |bytes| Some(f32::from_le_bytes(bytes.try_into().ok()?).into()),
            "f64" => |bytes| Some(f64::from_le_bytes(bytes.try_into().ok()?)),
            _ => return None,
        };
        let width = usize::try_from(super::bits(layer.data.get("element_type")?)? / 8).ok()?;
        let count: u64 = sizes.iter().try_fold(1_u64, |count, size| count.checked_mul(*size))?;
        let count = usize::try_from(count).ok().filter(|count| *count <= MAX_NUMBERS)?;
        self.effort.look_at(count)?;
        let numbers = bytes.chunks_exact(width).take(count).map(decode).collect::<Option<Vec<_>>>()?;
        (numbers.len() == count).then_some(Constant { numbers })
    }

    /// Whether the numbers of an output are sizes of tensors, sums of them, and constants up to `most`.
    pub(super) fn is_size(&self, source: Source, most: f64) -> bool {
        let is_small = |constant: Constant| constant.numbers.iter().all(|number| number.abs() <= most);
        self.trace(source, &|source, layer| match layer.kind.as_str() {
            "shapeof" => Some(0),
            "const" => self.constant(source).is_some_and(is_small).then_some(0),
            kind if SELECT.contains(&kind) => Some(1),
            kind if COMBINE.contains(&kind) => Some(layer.inputs.len()),
            _ => None,
        })
    }

    /// Whether an output is made of nothing but constants, so that its sizes are known when OpenVINO checks them.
    pub(super) fn is_fixed(&self, source: Source) -> bool {
        self.trace(source, &|_, layer| match layer.kind.as_str() {
            "const" => Some(0),
            kind if kind == "transpose" || SELECT.contains(&kind) || COMBINE.contains(&kind) => {
                Some(layer.inputs.len())
            }
            _ => None,
        })
    }

    /// Goes back from an output. `follow` says how many inputs of a layer are to be looked at, or that it will not do.
    fn trace(&self, source: Source, follow: &dyn Fn(Source, &Layer<'_>) -> Option<usize>) -> bool {
        let (mut todo, mut steps) = (vec![source], 0_u32);
        while let Some(source) = todo.pop() {
            steps = steps.saturating_add(1);
            let is_near = steps <= MAX_STEPS && self.effort.go_back().is_some();
            let layer = self.layers.get(source.0).filter(|_| is_near);
            let Some(count) = layer.and_then(|layer| follow(source, layer)) else { return false };
            for input in 0..count {
                let Some(before) = self.source(source.0, input) else { return false };
                todo.push(before);
            }
        }
        true
    }
}

impl Effort {
    pub(super) fn new() -> Self {
        Effort {
            numbers: Cell::new(MAX_ALL_NUMBERS),
            steps: Cell::new(MAX_ALL_STEPS),
            is_spent: Cell::new(false),
        }
    }

    /// Whether something was not looked at, since that would cost too much.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    fn look_at(&self, numbers: usize) -> Option<()> {
        self.spend(&self.numbers, numbers)
    }

    fn go_back(&self) -> Option<()> {
        self.spend(&self.steps, 1)
    }

    fn spend(&self, left: &Cell<usize>, amount: usize) -> Option<()> {
        let rest = left.get().checked_sub(amount);
        self.is_spent.set(self.is_spent() || rest.is_none());
        rest.map(|rest| left.set(rest))
    }
}

/// A number of 64 bits, if a float can tell it from all others.
fn wide(number: i64) -> Option<f64> {
    i32::try_from(number).ok().map(f64::from)
}
