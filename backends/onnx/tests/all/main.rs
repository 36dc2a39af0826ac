//! Tests of the embedded ONNX engine, by its backend: what it computes, and what it refuses.

mod external;
mod golden;
mod growth;
mod held;
mod limits;
mod mutants;
mod node_checks;
mod oracle;
mod recurrent;
mod scan;
mod stop;
mod support;
mod work;
