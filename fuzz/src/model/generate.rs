//! Models at random, which mostly fit together: an operation gets a window of as many axes as its operand has.

use super::op::Kind;
use super::{Attribute, Element, Model, Node, Op, Operand, Port, Tree};
use crate::number::{few, list, many, size};
use arbitrary::{Arbitrary, Result, Unstructured};

/// How deep bodies may be inside each other; the engine allows fewer.
const MAX_DEPTH: usize = 10;

/// What is known of a value, as far as guessing goes.
#[derive(Clone)]
struct Known {
    shape: Vec<i64>,
}

impl<'a> Arbitrary<'a> for Model {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let inputs = list(u, 1, 3, |u| {
            let rank = u.int_in_range(0..=4)?;
            let element = if u.ratio(8, 10)? { Element::F32 } else { u.arbitrary()? };
            let sane = u.ratio(3, 4)?;
            let axis = |u: &mut Unstructured<'a>| if sane { u.int_in_range(1..=16) } else { size(u) };
            Ok(Port { element, shape: list(u, rank, rank, axis)? })
        })?;
        let mut known: Vec<Known> = inputs.iter().map(|port| Known { shape: port.shape.clone() }).collect();
        let nodes = nodes(u, &mut known, 0)?;
        let damage = if u.ratio(1, 20)? { list(u, 1, 8, Arbitrary::arbitrary)? } else { Vec::new() };
        let opset = *u.choose(&[8, 9, 11, 12, 13, 13, 13, 17, 18, 20])?;
        Ok(Model { opset, inputs, nodes, all_outputs: u.ratio(1, 5)?, damage, open: few(u)? })
    }
}

fn nodes(u: &mut Unstructured<'_>, known: &mut Vec<Known>, depth: usize) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    // Sizes that depend on values are what much goes wrong with.
    if u.ratio(1, 8)? {
        nodes.extend(of_values());
        known.push(Known { shape: vec![1, 1, -1] });
    }
    let most = if depth == 0 { 12 } else { 3 };
    for _ in 0..u.int_in_range(1..=most)? {
        let node = node(u, known, depth)?;
        known.push(Known { shape: shape(&node, known) });
        nodes.push(node);
    }
    Ok(nodes)
}

/// The numbers of the elements that are not zero, as data of one channel: how many there are depends on values.
fn of_values() -> [Node; 3] {
    let plain =
        |op, operands, attributes| Node { op, times: 1, operands, attributes, results: 1, same_name: false };
    [
        plain(Op::NonZero, vec![Operand::Back(0)], Vec::new()),
        plain(Op::Cast, vec![Operand::Back(0)], vec![Attribute::To(Element::F32)]),
        plain(Op::Unsqueeze, vec![Operand::Back(0)], vec![Attribute::Axes(vec![0])]),
    ]
}

fn node(u: &mut Unstructured<'_>, known: &[Known], depth: usize) -> Result<Node> {
    let mut op: Op = u.arbitrary()?;
    // The engine does not know it, and says so at once.
    while op == Op::Loop && u.ratio(9, 10)? {
        op = u.arbitrary()?;
    }
    let back = if u.ratio(7, 10)? { 0 } else { u.int_in_range(0..=known.len() as u32)? };
    let taken = at(known, back);
    let rank = taken.len();
    let mut operands = Vec::new();
    for (index, kind) in op.operands().chars().enumerate() {
        let first = index == 0 && kind == 'd';
        operands.push(if first { Operand::Back(back) } else { operand(u, kind, &taken)? });
    }
    if u.ratio(1, 40)? {
        operands.push(Operand::Again { back, times: many(u)? });
    }
    let mut attributes = Vec::new();
    for kind in op.attributes() {
        while u.ratio(6, 10)? && attributes.len() < 12 {
            attributes.push(attribute(u, *kind, rank, depth)?);
            if u.ratio(29, 30)? {
                break;
            }
        }
    }
    if u.ratio(1, 40)? {
        attributes.push(Attribute::Noise { count: many(u)?, same: u.arbitrary()? });
    }
    let times = if u.ratio(19, 20)? { 1 } else { many(u)? };
    let results = if u.ratio(9, 10)? { 1 } else { few(u)? };
    Ok(Node { op, times, operands, attributes, results, same_name: u.ratio(1, 10)? })
}

fn operand(u: &mut Unstructured<'_>, kind: char, taken: &[i64]) -> Result<Operand> {
    let rank = taken.len();
    let small = |u: &mut Unstructured<'_>| u.int_in_range(1..=4);
    Ok(match kind {
        _ if u.ratio(1, 8)? => Operand::Back(few(u)?),
        '_' => Operand::Nothing,
        'i' if u.ratio(1, 4)? => Operand::Ints(taken.to_vec()),
        'i' => {
            let len = if u.ratio(8, 10)? { rank } else { u.int_in_range(0..=4)? };
            Operand::Ints(list(u, len, len, size)?)
        }
        'n' => Operand::Int(size(u)?),
        'b' => Operand::Filled { element: Element::Bool, shape: Vec::new(), with: u.arbitrary()? },
        'w' if u.ratio(4, 5)? => {
            let mut shape = list(u, rank, rank, small)?;
            if let (Some(channels), Some(size)) = (shape.get_mut(1), taken.get(1)) {
                *channels = *size;
            }
            constant(u, Element::F32, shape)?
        }
        'm' if u.ratio(4, 5)? => {
            let shape = vec![taken.last().copied().unwrap_or(1), small(u)?];
            constant(u, Element::F32, shape)?
        }
        'w' | 'm' => filled(u, Element::F32, rank.max(2))?,
        _ if u.ratio(1, 2)? => Operand::Back(few(u)?),
        _ => {
            let shape = if u.arbitrary()? { Vec::new() } else { taken.to_vec() };
            let element = if u.ratio(3, 4)? { Element::F32 } else { u.arbitrary()? };
            constant(u, element, shape)?
        }
    })
}

fn filled(u: &mut Unstructured<'_>, element: Element, rank: usize) -> Result<Operand> {
    let shape = list(u, rank, rank, size)?;
    constant(u, element, shape)
}

fn constant(u: &mut Unstructured<'_>, element: Element, shape: Vec<i64>) -> Result<Operand> {
    Ok(Operand::Filled { element, shape, with: u.int_in_range(0..=3)? })
}

fn attribute(u: &mut Unstructured<'_>, kind: Kind, rank: usize, depth: usize) -> Result<Attribute> {
    let spatial = rank.saturating_sub(2);
    let axis = |u: &mut Unstructured<'_>| {
        let rank = i64::try_from(rank).unwrap_or(0);
        if u.ratio(9, 10)? { u.int_in_range(-rank..=rank) } else { size(u) }
    };
    Ok(match kind {
        Kind::Axis => Attribute::Axis(axis(u)?),
        Kind::Axes => Attribute::Axes(list(u, 0, rank, axis)?),
        Kind::Window => Attribute::Window(list(u, spatial, spatial, size)?),
        Kind::Strides => Attribute::Strides(list(u, spatial, spatial, size)?),
        Kind::Pads => Attribute::Pads(list(u, 2 * spatial, 2 * spatial, size)?),
        Kind::Dilations => Attribute::Dilations(list(u, spatial, spatial, size)?),
        Kind::AutoPad => Attribute::AutoPad(u.arbitrary()?),
        Kind::CeilMode => Attribute::CeilMode(u.int_in_range(0..=1)?),
        Kind::CountIncludePad => Attribute::CountIncludePad(u.int_in_range(0..=1)?),
        Kind::Group => Attribute::Group(size(u)?),
        Kind::KeepDims => Attribute::KeepDims(u.int_in_range(0..=1)?),
        Kind::To => Attribute::To(u.arbitrary()?),
        Kind::Perm => Attribute::Perm(list(u, rank, rank, axis)?),
        Kind::Hidden => Attribute::Hidden(size(u)?),
        Kind::Direction => Attribute::Bidirectional(u.arbitrary()?),
        Kind::Equation => {
            let words = [
                "i,j->ij",
                "ij,jk->ik",
                "ij,ij->",
                "i,i->i",
                "...i,...i->...",
                "ijk,k->ij",
                "ii,i->i",
                "i,j",
            ];
            Attribute::Equation((*u.choose(&words)?).to_owned())
        }
        Kind::Mode => Attribute::Linear(u.arbitrary()?),
        Kind::Block => Attribute::Block(size(u)?),
        Kind::Size if u.arbitrary()? => Attribute::Shape(list(u, 0, 4, size)?),
        Kind::Size => Attribute::Size(size(u)?),
        Kind::Value => Attribute::Value(u.arbitrary()?),
        Kind::Tree => Attribute::Tree(Tree::arbitrary(u)?),
        Kind::Body if depth >= MAX_DEPTH => Attribute::Body(Vec::new()),
        Kind::Body => Attribute::Body(nodes(u, &mut vec![Known { shape: vec![-1] }], depth + 1)?),
    })
}

/// The shape of the result of a node, roughly; -1 is a size that nobody knows.
fn shape(node: &Node, known: &[Known]) -> Vec<i64> {
    let of = |operand: Option<&Operand>| match operand {
        Some(Operand::Back(back) | Operand::Again { back, .. }) => at(known, *back),
        Some(Operand::Ints(numbers)) => vec![i64::try_from(numbers.len()).unwrap_or(-1)],
        Some(Operand::Filled { shape, .. }) => shape.clone(),
        Some(Operand::Int(_) | Operand::Nothing) | None => Vec::new(),
    };
    let mut first = of(node.operands.first());
    let len = i64::try_from(first.len()).unwrap_or(-1);
    let last = match node.operands.get(1) {
        Some(Operand::Ints(numbers)) => numbers.clone(),
        _ => vec![-1; first.len()],
    };
    match node.op {
        Op::Shape => vec![len],
        Op::Range => vec![-1],
        Op::Size => Vec::new(),
        Op::NonZero => vec![len, -1],
        Op::Flatten => vec![-1, -1],
        Op::Unsqueeze => {
            first.insert(0, 1);
            first
        }
        Op::Squeeze => first.split_off(first.len().min(1)),
        Op::Reshape | Op::Expand => last,
        Op::MatMul
        | Op::Gemm
        | Op::Conv
        | Op::MaxPool
        | Op::AveragePool
        | Op::Slice
        | Op::Concat
        | Op::Pad => {
            // Only the first sizes stay.
            first.iter().enumerate().map(|(axis, size)| if axis < 2 { *size } else { -1 }).collect()
        }
        _ => first,
    }
}

fn at(known: &[Known], back: u32) -> Vec<i64> {
    known.iter().nth_back(back as usize % known.len().max(1)).map_or(vec![1], |known| known.shape.clone())
}
