//! The largest and the smallest element along axes, where all are infinite or there are none.
//!
//! The engine begins with the least finite number, which then stands where negative infinity should. Masks of attention
//! are rows of it.

use tract_onnx::tract_core::ops::Cost;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};
use tract_onnx::tract_hir::internal::*;
use wasi_nn::Error;

/// The engine's operation, whose result is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Extreme(Reduce);

/// Puts it in place of the engine's among the nodes that a model has since there were `known`.
pub(crate) fn replace_since(model: &mut TypedModel, known: usize) {
    for node in model.nodes.iter_mut().skip(known) {
        let is_float = node.outputs.first().is_some_and(|output| output.fact.datum_type.is_float());
        let own = node.op_as::<Reduce>().filter(|reduce| is_float && is_extreme(reduce.reducer));
        if let Some(reduce) = own.cloned() {
            node.op = Box::new(Extreme(reduce));
        }
    }
}

/// Refuses a constant that the engine has made by itself, and that stands for infinity or may do so.
pub(crate) fn check(model: &TypedModel, outlets: &[OutletId]) -> TractResult<()> {
    for outlet in outlets {
        let Some(value) = &model.outlet_fact(*outlet)?.konst else { continue };
        let finite = value.datum_type().is_float().then(|| value.cast_to::<f64>()).transpose()?;
        let ends = [f64::from(f16::MAX.to_f32()), f64::from(f32::MAX), f64::MAX];
        if let Some(finite) = finite
            && finite.try_as_plain_ram()?.as_slice::<f64>()?.iter().any(|value| ends.contains(&value.abs()))
        {
            bail!(Error::unsupported(
                "the embedded ONNX engine has no operator `ReduceMax` or `ReduceMin` of no elements, or of constants that \
                 are infinite; give the model to another backend, such as OpenVINO"
            ));
        }
    }
    Ok(())
}

fn is_extreme(reducer: Reducer) -> bool {
    matches!(reducer, Reducer::Max | Reducer::Min)
}

impl Extreme {
    /// The result, with infinity where the engine has the number next to it.
    fn look<T: Datum + Copy + PartialOrd>(
        &self,
        input: &Tensor,
        result: &mut Tensor,
        infinity: T,
        next: T,
    ) -> TractResult<()> {
        let input = input.to_plain_array_view::<T>()?;
        let mut axes = self.0.axes.to_vec();
        axes.sort_unstable();
        let mut view = result.to_plain_array_view_mut::<T>()?;
        if view.iter().all(|value| *value != next) {
            return Ok(());
        }
        let is_min = self.0.reducer == Reducer::Min;
        let mut exact = input.to_owned();
        for axis in axes.into_iter().rev() {
            let axis = tract_ndarray::Axis(axis);
            exact = exact.fold_axis(axis, infinity, |best, value| {
                if (is_min && *value < *best) || (!is_min && *value > *best) { *value } else { *best }
            });
            exact.insert_axis_inplace(axis);
        }
        view.zip_mut_with(&exact, |value, exact| {
            if *value == next {
                *value = *exact;
            }
        });
        Ok(())
    }
}

impl Op for Extreme {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    op_as_typed_op!();
}

impl EvalOp for Extreme {
    op_out_of_plan!();

    fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = inputs.first().context("a reduction has an input")?.clone();
        let made = self.0.eval(context, inputs)?.into_iter().next().context("a reduction has an output")?;
        let mut made = made.into_tensor();
        let sign = if self.0.reducer == Reducer::Min { 1.0 } else { -1.0 };
        match made.datum_type() {
            DatumType::F16 => self.look(
                &input,
                &mut made,
                f16::from_f64(sign * f64::INFINITY),
                f16::from_f64(sign * f64::from(f16::MAX.to_f32())),
            )?,
            DatumType::F32 => {
                let sign = if sign > 0.0 { 1.0 } else { -1.0 };
                self.look(&input, &mut made, sign * f32::INFINITY, sign * f32::MAX)?;
            }
            DatumType::F64 => self.look(&input, &mut made, sign * f64::INFINITY, sign * f64::MAX)?,
            _ => {}
        }
        Ok(tvec![made.into_tvalue()])
    }
}

impl TypedOp for Extreme {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        self.0.output_facts(inputs)
    }

    fn axes_mapping(&self, inputs: &[&TypedFact], outputs: &[&TypedFact]) -> TractResult<AxesMapping> {
        self.0.axes_mapping(inputs, outputs)
    }

    fn cost(&self, inputs: &[&TypedFact]) -> TractResult<TVec<(Cost, TDim)>> {
        self.0.cost(inputs)
    }

    as_op!();
}
