//! The inputs and outputs of a model as ports of `wasi-nn`: names, types and shapes.

use crate::error::explain;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::{ValueInfoProto, type_proto};
use tract_onnx::prelude::{
    DatumType, InferenceFact, InferenceModel, OutletId, TDim, TractResult, TypedFact, TypedModel,
};
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::bail;
use wasi_nn::backend::{Port, PortType};
use wasi_nn::{ElementType, Error, ErrorKind};

/// The dimensions of a tensor, as far as they are known.
type Dimensions = Option<Vec<Option<u32>>>;

/// The engine, in errors.
const LIBRARY: &str = "the embedded ONNX engine";

/// The inputs, as the model declares them.
pub(crate) fn inputs(model: &InferenceModel) -> Result<Vec<Port>, Error> {
    let port = |outlet: &OutletId| {
        let (fact, name) = (fact(model, *outlet)?, &model.node(outlet.node).name);
        let dimensions = fact.shape.dims().filter_map(|dimension| dimension.concretize()?.as_i64());
        if dimensions.into_iter().any(|dimension| u32::try_from(dimension).is_err()) {
            let message = format!("a dimension of the input `{name}` is beyond 2^32");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(Port::new(name.clone(), port_type(fact.datum_type.concretize()), shape(fact)))
    };
    model.inputs.iter().map(port).collect()
}

/// The outputs, as they were found to be, and otherwise as the model declares them.
pub(crate) fn outputs(model: &InferenceModel, declared: &[ValueInfoProto]) -> Result<Vec<Port>, Error> {
    let port = |(outlet, declared): (&OutletId, &ValueInfoProto)| {
        let fact = fact(model, *outlet)?;
        let (said, found) = (declared_datum(declared), fact.datum_type.concretize());
        let mut port = Port::new(declared.name.clone(), port_type(found.or(said)), shape(fact));
        let shape = declared_shape(declared);
        port.check_declared(said.map(|said| port_type(Some(said))).as_ref(), shape.as_deref(), LIBRARY)?;
        port.shape = port.shape.or(shape);
        Ok(port)
    };
    model.outputs.iter().zip(declared).map(port).collect()
}

/// Whether all shapes are known.
pub(crate) fn are_fixed(ports: &[Port]) -> bool {
    ports.iter().all(Port::is_fixed)
}

/// The shape of an output of a compiled model; what depends on values is open.
///
/// # Errors
///
/// The engine leaves it open whether shapes go together, where that could depend on a value. Here none does.
pub(crate) fn compiled_shape(fact: &TypedFact) -> TractResult<Vec<Option<u32>>> {
    let dimension = |dimension: &TDim| match dimension.to_i64() {
        Ok(size) => Ok(u32::try_from(size).ok()),
        Err(_) if dimension.symbols().is_empty() => {
            bail!("the shapes of the inputs do not go together: {dimension}")
        }
        Err(_) => Ok(None),
    };
    fact.shape.iter().map(dimension).collect()
}

fn fact(model: &InferenceModel, outlet: OutletId) -> Result<&InferenceFact, Error> {
    model.outlet_fact(outlet).map_err(|error| explain("reading the model", &error))
}

fn port_type(datum: Option<DatumType>) -> PortType {
    match datum {
        Some(DatumType::Bool) => PortType::Bool,
        Some(DatumType::I8) => PortType::I8,
        Some(datum) => element(datum)
            .map_or_else(|| PortType::Other(format!("{datum:?}").to_lowercase()), PortType::Known),
        None => PortType::Other("unknown".to_owned()),
    }
}

fn shape(fact: &InferenceFact) -> Dimensions {
    let rank = usize::try_from(fact.shape.rank().concretize()?).ok()?;
    let dimensions = fact.shape.dims().map(|dimension| u32::try_from(dimension.concretize()?.as_i64()?).ok());
    let mut dimensions: Vec<_> = dimensions.collect();
    dimensions.resize(rank, None);
    Some(dimensions)
}

/// Checks that the outputs of a plan have the types that are known of them. Sizes that follow from those of the inputs are
/// not compared: exporters write the ones of their example.
pub(crate) fn check_made(ports: &[Port], plan: &TypedModel) -> Result<(), Error> {
    for (port, outlet) in ports.iter().zip(&plan.outputs) {
        let fact = plan.outlet_fact(*outlet).map_err(|error| explain("compiling the model", &error))?;
        if !matches!(port.element, PortType::Other(_)) {
            let found = Port::new(port.name.clone(), port_type(Some(fact.datum_type)), None);
            found.check_declared(Some(&port.element), None, LIBRARY)?;
        }
    }
    Ok(())
}

fn declared_datum(declared: &ValueInfoProto) -> Option<DatumType> {
    let type_proto::Value::TensorType(tensor) = declared.r#type.as_ref()?.value.as_ref()?;
    DataType::try_from(tensor.elem_type).ok().and_then(|kind| DatumType::try_from(kind).ok())
}

fn declared_shape(declared: &ValueInfoProto) -> Dimensions {
    let Some(type_proto::Value::TensorType(tensor)) = &declared.r#type.as_ref()?.value else { return None };
    let dimensions = tensor.shape.as_ref()?.dim.iter().map(|dimension| match dimension.value {
        Some(dimension::Value::DimValue(value)) => u32::try_from(value).ok(),
        _ => None,
    });
    Some(dimensions.collect())
}

fn element(datum: DatumType) -> Option<ElementType> {
    match datum {
        // Shapes are numbers of the engine's own, and become plain ones where they leave it.
        DatumType::TDim => Some(ElementType::I64),
        datum => ElementType::ALL.into_iter().find(|element| same_datum(*element) == datum),
    }
}

/// The engine's type for the elements of an input, which a guest sets as `element`.
pub(crate) fn datum(port: &Port, element: ElementType) -> DatumType {
    match port.element {
        PortType::Bool => DatumType::Bool,
        PortType::I8 => DatumType::I8,
        PortType::Known(_) | PortType::Other(_) => same_datum(element),
    }
}

/// The engine's type of the same name.
fn same_datum(element: ElementType) -> DatumType {
    match element {
        ElementType::F16 => DatumType::F16,
        ElementType::F32 => DatumType::F32,
        ElementType::F64 => DatumType::F64,
        ElementType::U8 => DatumType::U8,
        ElementType::I32 => DatumType::I32,
        ElementType::I64 => DatumType::I64,
    }
}
