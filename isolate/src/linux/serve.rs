//! The worker's side: a process that confines itself, and answers.

use super::begin::{Begun, begin};
use super::descriptors;
use crate::frame::{Broken, Frames, Tag};
use crate::{ARGUMENT, MAX_MESSAGE, Service};
use std::env;
use std::os::unix::net::UnixStream;
use std::process;
use std::thread;

/// Serves, and never returns, if this process was started as a worker; otherwise returns at once.
///
/// It has to be the first thing that `main` does: before another thread is started or a file is opened, since a worker closes
/// all descriptors that it does not know.
///
/// * `offer`: makes the service of a name, if the program has it
///
/// ```
/// use wasi_isolate::{Files, Needs, Service, serve};
///
/// struct Reverse;
///
/// impl Service for Reverse {
///     fn prepare(&mut self, _: &[u8]) -> Result<Needs, String> {
///         Ok(Needs::default())
///     }
///
///     fn answer(&mut self, request: &[u8], _: &Files) -> Vec<u8> {
///         request.iter().rev().copied().collect()
///     }
/// }
///
/// // At the beginning of `main`.
/// serve(&|name| (name == "reverse").then(|| Box::new(Reverse) as Box<dyn Service>));
/// ```
pub fn serve(offer: &dyn Fn(&str) -> Option<Box<dyn Service>>) {
    if env::args_os().next_back().is_some_and(|last| last == ARGUMENT) && descriptors::has_channel() {
        process::exit(work(offer));
    }
}

/// The life of a worker, and its exit code.
fn work(offer: &dyn Fn(&str) -> Option<Box<dyn Service>>) -> i32 {
    const ENDED: i32 = 0;
    const FAILED: i32 = 1;
    let Ok(given) = descriptors::take() else { return FAILED };
    let mut frames = Frames::new(given.channel);
    let begun = match begin(&mut frames, (given.reads, given.writes), offer) {
        Ok(begun) => begun,
        Err(Broken::End) => return ENDED,
        Err(_) => return FAILED,
    };
    let serving =
        thread::Builder::new().stack_size(begun.stack).spawn(move || answer_all(&mut frames, begun));
    match serving.map(thread::JoinHandle::join) {
        Ok(Ok(Broken::End)) => ENDED,
        _ => FAILED,
    }
}

/// Answers until the host has gone.
fn answer_all(frames: &mut Frames<UnixStream>, begun: Begun) -> Broken {
    let Begun { mut service, files, mut processor_time, .. } = begun;
    loop {
        let message = match frames.receive(&[Tag::Request]) {
            Ok((_, message)) => message,
            Err(broken) => return broken,
        };
        let Some((number, request)) = message.split_first_chunk::<4>() else {
            return Broken::Wrong("a request without a number");
        };
        processor_time.raise();
        let (number, answer) = (*number, service.answer(request, &files));
        if answer.len() > MAX_MESSAGE {
            return Broken::Wrong("the service's answer is too long");
        }
        if let Err(broken) = frames.send(Tag::Answer, &[&number, &answer]) {
            return broken;
        }
    }
}
