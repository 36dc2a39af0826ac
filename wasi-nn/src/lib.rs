//! `wasi_ephemeral_nn`, machine-learning inference for guests.
//!
//! The crate is reserved and offers nothing yet: the policy matrix has a row for the proposal
//! ([`DESCRIPTOR`]), `rfcs/0002-wasi-nn.md` says what it will be, and a host that is asked for it refuses
//! with the reason that it is not compiled in.
#![forbid(unsafe_code)]

pub use wasi_policy::matrix::NN as DESCRIPTOR;
