//! What users of other crates have: moved over as they would do it, built and run.

pub(crate) mod moved;
