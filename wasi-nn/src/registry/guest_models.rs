//! The host's choice of where models run that guests bring.

use super::order::NamedBackend;
use crate::{Error, GraphEncoding, Origin};
use std::collections::HashMap;
use std::sync::Arc;

/// Whether guests bring models of their own, and where those run.
///
/// A model is a program, and its bytes may attack what reads them. In the host's process, panics are contained, and what is
/// known to take all memory or to overflow the stack is refused; what is not known may still end the host. In a process of
/// its own, a model may do what it will: its guest gets an error. That costs a copy of each tensor more, some tens of
/// microseconds for each computation, and a process for each model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuestModels {
    /// They bring none, but for what [`RegistryBuilder::route`](crate::RegistryBuilder::route) says. The default.
    #[default]
    None,
    /// In the host's process: ONNX on the backend called `onnx`, and OpenVINO's format on the one called `openvino`, whose
    /// readers look at what they get. Other formats are missing, whose readers trust what they read.
    InProcess,
    /// In processes of their own: each format on the first backend that [is isolated](crate::backend::Backend::is_isolated)
    /// and takes it from guests, of which there must be one. Such a backend may take what none in the host's process should, as
    /// ONNX for OpenVINO.
    Isolated,
}

impl GuestModels {
    /// The backend of each encoding.
    pub(super) fn routes(
        self,
        libraries: &[Arc<NamedBackend>],
    ) -> Result<HashMap<GraphEncoding, String>, Error> {
        match self {
            GuestModels::None => Ok(HashMap::new()),
            GuestModels::InProcess => Ok(in_process()),
            GuestModels::Isolated => isolated(libraries),
        }
    }
}

/// The routes to backends of the host's process.
pub(super) fn in_process() -> HashMap<GraphEncoding, String> {
    HashMap::from([
        (GraphEncoding::Onnx, "onnx".to_owned()),
        (GraphEncoding::OpenVino, "openvino".to_owned()),
    ])
}

fn isolated(libraries: &[Arc<NamedBackend>]) -> Result<HashMap<GraphEncoding, String>, Error> {
    let mut isolated = libraries.iter().filter(|library| library.backend.is_isolated()).peekable();
    if isolated.peek().is_none() {
        let message = "guests' models are to run in processes of their own, and no backend does that; add one, or choose \
                       `GuestModels::InProcess`";
        return Err(Error::invalid_argument(message));
    }
    let mut routes = HashMap::new();
    for library in isolated {
        // What it finds out for itself goes nowhere.
        let encodings =
            GraphEncoding::ALL.into_iter().filter(|encoding| *encoding != GraphEncoding::Autodetect);
        for encoding in encodings.filter(|encoding| library.backend.accepts(*encoding, Origin::Guest)) {
            routes.entry(encoding).or_insert_with(|| library.name.to_string());
        }
    }
    Ok(routes)
}
