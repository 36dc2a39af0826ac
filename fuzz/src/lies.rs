//! Workers from a grammar that speak the protocol by themselves, and lie: in bytes, in frames and in what those say.

mod generate;
#[cfg(unix)]
pub mod liar;
mod message;

pub use message::{Body, Output, Port, Shape};

use crate::isolated::host::{self, Given};
use crate::watch::Bounds;
use crate::{End, Recipe};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wasi_facade::nn::GraphEncoding;

/// What a worker says, one after the other; then no more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lies {
    /// The greeting, the report that it is ready, the answer to a load, and those to what is asked after that.
    pub said: Vec<Said>,
    /// What sizes that the model leaves open are in the computation.
    pub open: u32,
}

/// Something that a worker says when it should say something else, or nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Said {
    /// What an honest worker says at the start.
    Honest,
    /// Nothing, for good.
    Silence,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A frame.
    Frame {
        /// Its kind.
        tag: u8,
        /// The length that it claims; without one, its own.
        len: Option<u32>,
        /// Whether it begins with the number of the request, as answers do.
        has_number: bool,
        /// What it says.
        body: Body,
        /// How often.
        times: u8,
    },
}

impl Recipe for Lies {
    const LONGEST: Duration = Duration::from_secs(8);

    /// Memory: a message with thousands of ports, read once, and a tensor. Time: of the host alone, which waits.
    fn bounds(&self) -> Bounds {
        Bounds { memory: 24 << 20, time: Duration::from_secs(2) }
    }

    fn run(&self) -> Result<End, String> {
        // An argument has at most 128 KiB, and this is within it as the worker reads it.
        let script = serde_json::to_string(self).map_err(|error| error.to_string())?;
        if script.len() > 100 << 10 {
            return Ok(End::Refused("the script is too long for an argument".to_owned()));
        }
        let worker = host::own_program().arg(LIAR).arg(script);
        let given =
            Given { encoding: GraphEncoding::Onnx, parts: vec![b"a model".to_vec()], open: self.open };
        host::run(worker, "any", Vec::new(), given)
    }
}

/// The first argument of this program as a liar.
pub const LIAR: &str = "liar";
