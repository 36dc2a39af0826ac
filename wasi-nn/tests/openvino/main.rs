//! OpenVINO behind the traits, on the real library, which `cargo xtask setup openvino` brings.
#![cfg(feature = "openvino")]

mod absence;
mod alone;
mod control;
mod devices;
#[path = "../common/execution.rs"]
mod execution;
mod files;
mod golden;
mod hostile;
mod ports;
mod requests;
mod steady;
mod support;
mod threads;
