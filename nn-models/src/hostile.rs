//! Models that a host must refuse or survive, and innocent ones that look like them.
//!
//! * [`external`] has ONNX models that ask for the host's files and memory.
//! * [`greedy`] has models that ask for more memory than there is.
//! * [`broken`] has damaged files of both formats.

pub mod broken;
pub mod external;
pub mod greedy;

/// A model with a name that says what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<M> {
    /// What is wrong with it, for messages of tests.
    pub name: &'static str,
    /// The model.
    pub model: M,
}

const fn named<M>(name: &'static str, model: M) -> Named<M> {
    Named { name, model }
}
