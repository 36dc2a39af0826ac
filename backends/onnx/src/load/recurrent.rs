//! One step of RNN, GRU and LSTM, with the attributes and types that the engine's own steps do not have: activations,
//! clipping, coupled gates, and halves.

use crate::attribute::attribute;
use crate::error::quoted;
use tract_onnx::model::ParsingContext;
use tract_onnx::ops::rec::common::{CommonRec, WireBody};
use tract_onnx::ops::rec::{gru, lstm, rnn};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_core::ops::array::Slice;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::activations as engine;
use tract_onnx::tract_hir::ops::nn::sigmoid;
use wasi_nn::Error;

/// The engine's operation, with our step where its own ignores something.
pub(super) fn build(
    _context: &ParsingContext<'_>,
    node: &NodeProto,
) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    let own: Box<dyn WireBody> = match node.op_type.as_str() {
        "RNN" => Box::new(rnn::RNN { fore: Box::new(math::tanh()), back: Box::new(math::tanh()) }),
        "GRU" => Box::new(gru::GRU {
            f: Box::new(sigmoid()),
            g: Box::new(math::tanh()),
            linear_before_reset: int(node, "linear_before_reset") != 0,
        }),
        _ => Box::new(lstm::LSTM {
            f: Box::new(sigmoid()),
            g: Box::new(math::tanh()),
            h: Box::new(math::tanh()),
        }),
    };
    let step = Step {
        own,
        activations: activations(node)?,
        clip: clip(node),
        is_linear_first: int(node, "linear_before_reset") != 0,
        is_coupled: int(node, "input_forget") != 0,
    };
    Ok((expand(CommonRec::from_node_and_options(node, 3, 0, Box::new(step))?), vec![]))
}

fn int(node: &NodeProto, name: &str) -> i64 {
    attribute(node, name).map_or(0, |attribute| attribute.i)
}

fn clip(node: &NodeProto) -> Option<f32> {
    attribute(node, "clip").map(|attribute| attribute.f).filter(|clip| *clip > 0.0)
}

/// A function that a gate ends in.
#[derive(Clone, Debug, PartialEq)]
enum Activation {
    Sigmoid,
    Tanh,
    Relu,
    Affine(f32, f32),
    LeakyRelu(f32),
    ThresholdedRelu(f32),
    ScaledTanh(f32, f32),
    HardSigmoid(f32, f32),
    Elu(f32),
    Softsign,
}

/// The activations of one direction, in the order of ONNX; both directions have the same.
fn activations(node: &NodeProto) -> TractResult<Vec<Activation>> {
    let usual = match node.op_type.as_str() {
        "RNN" => vec![Activation::Tanh],
        "GRU" => vec![Activation::Sigmoid, Activation::Tanh],
        _ => vec![Activation::Sigmoid, Activation::Tanh, Activation::Tanh],
    };
    let Some(names) = attribute(node, "activations").map(|attribute| &attribute.strings) else {
        return Ok(usual);
    };
    let numbers =
        |name: &str| attribute(node, name).map(|attribute| attribute.floats.clone()).unwrap_or_default();
    let (alphas, betas) = (numbers("activation_alpha"), numbers("activation_beta"));
    let (mut alphas, mut betas) = (alphas.into_iter(), betas.into_iter());
    let mut found = Vec::new();
    for name in names {
        // Only functions that have such a number take one from the list.
        let mut alpha = |default: f32| alphas.next().unwrap_or(default);
        let mut beta = |default: f32| betas.next().unwrap_or(default);
        found.push(match name.as_slice() {
            b"Sigmoid" => Activation::Sigmoid,
            b"Tanh" => Activation::Tanh,
            b"Relu" => Activation::Relu,
            b"Affine" => Activation::Affine(alpha(1.0), beta(0.0)),
            b"LeakyRelu" => Activation::LeakyRelu(alpha(0.01)),
            b"ThresholdedRelu" => Activation::ThresholdedRelu(alpha(1.0)),
            b"ScaledTanh" => Activation::ScaledTanh(alpha(1.0), beta(1.0)),
            b"HardSigmoid" => Activation::HardSigmoid(alpha(0.2), beta(0.5)),
            b"Elu" => Activation::Elu(alpha(1.0)),
            b"Softsign" => Activation::Softsign,
            other => bail!(Error::unsupported(format!(
                "the embedded ONNX engine has no activation {} for {}; give the model to another backend",
                quoted(&String::from_utf8_lossy(other)),
                node.op_type
            ))),
        });
    }
    let count = usual.len();
    let (first, second) = found.split_at_checked(count).unwrap_or((&found, &[]));
    ensure!(first.len() == count, "`{}` takes {count} activations a direction", node.op_type);
    if !second.is_empty() && first != second {
        bail!(Error::unsupported(format!(
            "the embedded ONNX engine has no {} whose directions have different activations; give the model to another \
             backend",
            node.op_type
        )));
    }
    Ok(first.to_vec())
}

/// One step in one direction.
#[derive(Clone, Debug)]
struct Step {
    /// The engine's.
    own: Box<dyn WireBody>,
    activations: Vec<Activation>,
    clip: Option<f32>,
    is_linear_first: bool,
    is_coupled: bool,
}

impl Step {
    /// Whether the engine's own step is what is meant.
    fn is_usual(&self) -> bool {
        use Activation::{Sigmoid, Tanh};
        let usual: &[Activation] = match self.own.name() {
            "RNN" => &[Tanh],
            "GRU" => &[Sigmoid, Tanh],
            _ => &[Sigmoid, Tanh, Tanh],
        };
        self.activations == usual && self.clip.is_none() && !self.is_coupled
    }
}

impl WireBody for Step {
    fn name(&self) -> &'static str {
        self.own.name()
    }

    fn w_b_multipliers(&self) -> (usize, usize) {
        self.own.w_b_multipliers()
    }

    fn have_extra_c_state(&self) -> bool {
        self.own.have_extra_c_state()
    }

    fn fused_sequence_op(
        &self,
        hidden: usize,
        has_bias: bool,
        chunk: isize,
        seq_len: usize,
        emit_y: bool,
    ) -> Option<Box<dyn TypedOp>> {
        self.is_usual()
            .then(|| self.own.fused_sequence_op(hidden, has_bias, chunk, seq_len, emit_y))
            .flatten()
    }

    fn wire_body(&self, prefix: &str, body: &mut TypedModel) -> TractResult<()> {
        let find =
            |body: &TypedModel, name: &str| body.node_by_name(name).ok().map(|node| OutletId::from(node.id));
        let r = find(body, "R").context("a recurrence has no weights")?;
        let fact = body.outlet_fact(r)?.clone();
        if self.is_usual() && fact.datum_type == f32::datum_type() {
            return self.own.wire_body(prefix, body);
        }
        let [x, w, h] = ["Xt", "W", "Ht_1"].map(|name| find(body, name));
        let (x, w, h) = (x.context("no input")?, w.context("no weights")?, h.context("no state")?);
        let (c, bias, peepholes) = (find(body, "Ct_1"), find(body, "b"), find(body, "peepholes"));
        let hidden = fact.shape.get(1).cloned().context("weights have two axes")?;
        let mut cell = Cell { body, hidden, datum: fact.datum_type, count: 0 };
        let gates = self.own.w_b_multipliers().0;
        let xw = cell.product(x, w)?;
        let (wb, rb) = match bias {
            Some(bias) => {
                (Some(cell.gates(bias, 0, gates)?), Some(cell.gates(bias, gates, gates.saturating_mul(2))?))
            }
            None => (None, None),
        };
        let xw = cell.sum(xw, wb)?;
        let outputs = match (self.own.name(), c) {
            ("RNN", _) => vec![self.rnn(&mut cell, xw, h, r, rb)?],
            ("GRU", _) => vec![self.gru(&mut cell, xw, h, r, rb)?],
            (_, Some(c)) => self.lstm(&mut cell, xw, (h, c), (r, rb), peepholes)?.to_vec(),
            (_, None) => bail!("an LSTM has no state"),
        };
        let outputs = outputs.into_iter().map(|output| cell.op(AxisOp::Add(1), &[output]));
        let outputs = outputs.collect::<TractResult<TVec<_>>>()?;
        body.select_output_outlets(&outputs)
    }
}

impl Step {
    /// A gate: the activation of a clipped sum.
    fn gate(&self, cell: &mut Cell<'_>, which: usize, sum: OutletId) -> TractResult<OutletId> {
        let sum = cell.clipped(sum, self.clip)?;
        cell.activation(self.activations.get(which).context("an activation is missing")?, sum)
    }

    fn rnn(
        &self,
        cell: &mut Cell<'_>,
        xw: OutletId,
        h: OutletId,
        r: OutletId,
        rb: Option<OutletId>,
    ) -> TractResult<OutletId> {
        let hr = cell.product(h, r)?;
        let sum = cell.sum(xw, Some(hr))?;
        let sum = cell.sum(sum, rb)?;
        self.gate(cell, 0, sum)
    }

    /// Gates in the order update, reset, hidden.
    fn gru(
        &self,
        cell: &mut Cell<'_>,
        xw: OutletId,
        h: OutletId,
        r: OutletId,
        rb: Option<OutletId>,
    ) -> TractResult<OutletId> {
        let hr = cell.product(h, r)?;
        let hr = cell.sum(hr, rb)?;
        let sum_of = |cell: &mut Cell<'_>, gate: usize| {
            let (a, b) = (cell.gate(xw, gate)?, cell.gate(hr, gate)?);
            cell.sum(a, Some(b))
        };
        let update = sum_of(cell, 0)?;
        let update = self.gate(cell, 0, update)?;
        let reset = sum_of(cell, 1)?;
        let reset = self.gate(cell, 0, reset)?;
        let linear = if self.is_linear_first {
            let linear = cell.gate(hr, 2)?;
            cell.op(math::mul(), &[reset, linear])?
        } else {
            let state = cell.op(math::mul(), &[reset, h])?;
            let rows = cell.hidden.clone();
            let weights = cell.op(Slice::new(0, rows.clone() * 2, rows * 3), &[r])?;
            let linear = cell.product(state, weights)?;
            let bias = rb.map(|rb| cell.gate(rb, 2)).transpose()?;
            cell.sum(linear, bias)?
        };
        let x = cell.gate(xw, 2)?;
        let hidden = cell.sum(x, Some(linear))?;
        let hidden = self.gate(cell, 1, hidden)?;
        let rest = cell.rest(update)?;
        let (new, old) = (cell.op(math::mul(), &[rest, hidden])?, cell.op(math::mul(), &[update, h])?);
        cell.sum(new, Some(old))
    }

    /// Gates in the order input, output, forget, cell.
    fn lstm(
        &self,
        cell: &mut Cell<'_>,
        xw: OutletId,
        (h, c): (OutletId, OutletId),
        (r, rb): (OutletId, Option<OutletId>),
        peepholes: Option<OutletId>,
    ) -> TractResult<[OutletId; 2]> {
        let hr = cell.product(h, r)?;
        let sum = cell.sum(xw, Some(hr))?;
        let sum = cell.sum(sum, rb)?;
        let looking = |cell: &mut Cell<'_>, gate: usize, peephole: usize, state: OutletId| {
            let own = cell.gate(sum, gate)?;
            let Some(peepholes) = peepholes else { return Ok(own) };
            let weights = cell.gate(peepholes, peephole)?;
            let seen = cell.op(math::mul(), &[weights, state])?;
            cell.sum(own, Some(seen))
        };
        let input = looking(cell, 0, 0, c)?;
        let input = self.gate(cell, 0, input)?;
        let forget = if self.is_coupled {
            cell.rest(input)?
        } else {
            let forget = looking(cell, 2, 2, c)?;
            self.gate(cell, 0, forget)?
        };
        let made = cell.gate(sum, 3)?;
        let made = self.gate(cell, 1, made)?;
        let (kept, added) = (cell.op(math::mul(), &[forget, c])?, cell.op(math::mul(), &[input, made])?);
        let state = cell.sum(kept, Some(added))?;
        let output = looking(cell, 1, 1, state)?;
        let output = self.gate(cell, 0, output)?;
        let shown = cell.activation(self.activations.get(2).context("an activation is missing")?, state)?;
        Ok([cell.op(math::mul(), &[output, shown])?, state])
    }
}

/// A body that is being made.
struct Cell<'a> {
    body: &'a mut TypedModel,
    hidden: TDim,
    datum: DatumType,
    count: usize,
}

impl Cell<'_> {
    fn name(&mut self) -> String {
        self.count = self.count.saturating_add(1);
        format!("step {}", self.count)
    }

    fn op(&mut self, operation: impl Into<Box<dyn TypedOp>>, inputs: &[OutletId]) -> TractResult<OutletId> {
        let name = self.name();
        self.body.wire_node(name, operation, inputs)?.first().copied().context("an operation made nothing")
    }

    /// The product of rows and transposed weights.
    fn product(&mut self, rows: OutletId, weights: OutletId) -> TractResult<OutletId> {
        self.op(EinSum::new("mk,nk->mn".parse()?, self.datum), &[rows, weights])
    }

    fn sum(&mut self, a: OutletId, b: Option<OutletId>) -> TractResult<OutletId> {
        b.map_or(Ok(a), |b| self.op(math::add(), &[a, b]))
    }

    /// The columns of one gate.
    fn gate(&mut self, all: OutletId, index: usize) -> TractResult<OutletId> {
        self.gates(all, index, index.saturating_add(1))
    }

    fn gates(&mut self, all: OutletId, from: usize, to: usize) -> TractResult<OutletId> {
        let at = |index: usize| self.hidden.clone() * index;
        self.op(Slice::new(1, at(from), at(to)), &[all])
    }

    /// What is left of one.
    fn rest(&mut self, part: OutletId) -> TractResult<OutletId> {
        let one = engine::broadcast_scalar(1.0, self.body, &[part])?;
        let name = self.name();
        let one = self.body.add_const(name, one)?;
        self.op(math::sub(), &[one, part])
    }

    fn clipped(&mut self, value: OutletId, clip: Option<f32>) -> TractResult<OutletId> {
        clip.map_or(Ok(value), |clip| self.expansion(&engine::Clip::new(Some(-clip), Some(clip)), value))
    }

    fn expansion(&mut self, expansion: &dyn Expansion, value: OutletId) -> TractResult<OutletId> {
        let name = self.name();
        expansion.wire(&name, self.body, &[value])?.first().copied().context("an operation made nothing")
    }

    fn activation(&mut self, activation: &Activation, value: OutletId) -> TractResult<OutletId> {
        match *activation {
            Activation::Sigmoid => self.op(sigmoid(), &[value]),
            Activation::Tanh => self.op(math::tanh(), &[value]),
            Activation::Relu => self.expansion(&engine::Clip::new(Some(0.0), None), value),
            Activation::Affine(alpha, beta) => {
                let [alpha, beta] =
                    [alpha, beta].map(|number| engine::broadcast_scalar(number, self.body, &[value]));
                let names = [self.name(), self.name()];
                let [first, second] = names;
                let alpha = self.body.add_const(first, alpha?)?;
                let beta = self.body.add_const(second, beta?)?;
                let scaled = self.op(math::mul(), &[alpha, value])?;
                self.op(math::add(), &[scaled, beta])
            }
            Activation::LeakyRelu(alpha) => self.expansion(&engine::LeakyRelu(alpha), value),
            Activation::ThresholdedRelu(alpha) => self.expansion(&engine::ThresholdRelu(alpha), value),
            Activation::ScaledTanh(alpha, beta) => self.expansion(&engine::ScaledTanh(alpha, beta), value),
            Activation::HardSigmoid(alpha, beta) => self.expansion(&engine::HardSigmoid(alpha, beta), value),
            Activation::Elu(alpha) => self.expansion(&engine::Elu(alpha), value),
            Activation::Softsign => self.expansion(&engine::Softsign, value),
        }
    }
}
