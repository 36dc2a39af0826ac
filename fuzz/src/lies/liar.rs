//! A worker that says what its recipe has.

use super::message::{Body, Output, Port, encode};
use super::{LIAR, Lies, Said};
use std::env;
use std::io::{Read, Result, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;
use wasi_facade::isolate::wire::Writer;

/// Bytes of a request at most, and of what comes before it: a kind, and a length.
const MAX_REQUEST: usize = 1 << 20;
const HEADER: usize = 5;

/// Lies, and never returns, if this process was started as a liar.
pub fn lie_if_asked() {
    let mut arguments = env::args().skip(1);
    if arguments.next().is_none_or(|first| first != LIAR) {
        return;
    }
    let lies = arguments.next().and_then(|script| serde_json::from_str::<Lies>(&script).ok());
    if let Some((lies, channel)) = lies.zip(std::io::stdin().as_fd().try_clone_to_owned().ok()) {
        // The host may have killed it meanwhile.
        let _ = lie(&lies.said, &mut UnixStream::from(channel));
    }
    process::exit(0);
}

fn lie(said: &[Said], channel: &mut UnixStream) -> Result<()> {
    let mut number = Vec::new();
    for (step, said) in said.iter().enumerate() {
        match step {
            0 => {}
            // What carries the descriptors, and what is to be done.
            1 => {
                channel.read_exact(&mut [0])?;
                receive(channel)?;
            }
            _ => number = receive(channel)?.into_iter().take(4).collect(),
        }
        match said {
            Said::Honest => channel.write_all(&honest(step, &number))?,
            // It goes when the host does.
            Said::Silence => return std::io::copy(channel, &mut std::io::sink()).map(drop),
            Said::Bytes(bytes) => channel.write_all(bytes)?,
            Said::Frame { tag, len, has_number, body, times } => {
                let message = [if *has_number { number.as_slice() } else { &[] }, &encode(body)].concat();
                for _ in 0..*times {
                    channel.write_all(&frame(*tag, *len, &message))?;
                }
            }
        }
    }
    receive(channel).map(drop)
}

/// What an honest worker says at this step; from the answer to a load on, of a model that gives back what it gets.
fn honest(step: usize, number: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    match step {
        0 => {
            writer.bytes(b"wasi-isolate").u32(2).u32(process::id());
            frame(1, None, &writer.finish())
        }
        1 => frame(3, None, &[1, 1]),
        _ => {
            let port = || Port { name: "x".to_owned(), element: 3, shape: Some(vec![Some(4)]), times: 1 };
            let body = match step {
                2 => Body::Loaded {
                    device: "CPU".to_owned(),
                    held: 7,
                    ports: [vec![port()], vec![port()]],
                    checks: vec![0],
                },
                _ => Body::Outputs(vec![Output::Here(vec![1; 4])]),
            };
            frame(6, None, &[number, &encode(&body)].concat())
        }
    }
}

fn frame(tag: u8, len: Option<u32>, message: &[u8]) -> Vec<u8> {
    let len = len.unwrap_or_else(|| u32::try_from(message.len()).unwrap_or(u32::MAX));
    [&[tag], len.to_le_bytes().as_slice(), message].concat()
}

fn receive(channel: &mut UnixStream) -> Result<Vec<u8>> {
    let mut header = [0; HEADER];
    channel.read_exact(&mut header)?;
    let [_, len @ ..] = header;
    let mut message = vec![0; MAX_REQUEST.min(u32::from_le_bytes(len) as usize)];
    channel.read_exact(&mut message)?;
    Ok(message)
}
