//! Tests of the OpenVINO backend through the traits, on the real library, which `cargo xtask setup openvino` brings.

mod absence;
mod alone;
mod control;
mod devices;
mod files;
mod golden;
mod hostile;
mod ports;
mod requests;
mod steady;
mod support;
mod threads;
