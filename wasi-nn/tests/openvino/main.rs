//! OpenVINO behind the traits, on the real library, which `cargo xtask setup openvino` brings.
#![cfg(feature = "openvino")]

mod golden;
mod support;
