//! A server with its connections, and calls to it.

use crate::bounds::Bounds;
use crate::http::{Body, Head};
use crate::pool::{Pool, Used};
use crate::token::Token;
use crate::trouble::Trouble;
use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wasi_nn::{Control, Error};

/// Bytes of what a server says of an error that are read.
const MAX_SAID: u64 = 64 << 10;

/// How often a call is tried again because a connection that was kept had ended, before anything was sent on it.
const MAX_RETRIES: u32 = 64;

/// A server, and how it is spoken to.
pub(crate) struct Client {
    pub(crate) pool: Pool,
    pub(crate) timeout: Duration,
    /// Bytes of the body of an answer.
    pub(crate) max_response: u64,
    token: Option<Token>,
}

/// An answer of which the head was read.
pub(crate) struct Answer<'a> {
    pub(crate) used: &'a mut Used,
    pub(crate) head: Head,
    pub(crate) body: Body,
}

impl Client {
    pub(crate) fn new(pool: Pool, timeout: Duration, max_response: u64, token: Option<Token>) -> Self {
        Client { pool, timeout, max_response, token }
    }

    /// Writes the head of a request but for its own headers and its end.
    pub(crate) fn write_head(&self, method: &str, path: &str, into: &mut Vec<u8>) {
        let (host, version) = (self.pool.server.authority(), env!("CARGO_PKG_VERSION"));
        // Writing to memory does not fail.
        let _ = write!(
            into,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: wasi-nn-remote/{version}\r\nAccept: */*\r\n"
        );
        if let Some(token) = &self.token {
            token.write(into);
        }
    }

    /// Gets a short body.
    pub(crate) fn get(&self, path: &str, most: u64, control: &Control) -> Result<Vec<u8>, Error> {
        let mut request = Vec::new();
        self.write_head("GET", path, &mut request);
        request.extend_from_slice(b"\r\n");
        let at = format!("{}{path}", self.pool.server);
        self.call(&[&request], control, &at, |answer| answer.body.read_all(&mut answer.used.connection, most))
    }

    /// Sends a request of several parts, and has `read` read the answer, if its status is one of success.
    ///
    /// * `at`: what is called, as errors name it
    pub(crate) fn call<T>(
        &self,
        request: &[&[u8]],
        control: &Control,
        at: &dyn Display,
        mut read: impl FnMut(&mut Answer<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Error> {
        control.check()?;
        let bounds = Bounds::new(control, self.timeout);
        let mut retries = 0;
        loop {
            let mut used = self.pool.take(&bounds)?;
            let guard = bounds.watch(&used.connection)?;
            let outcome = match send(&mut used, request) {
                Err(0) if used.connection.is_kept && retries < MAX_RETRIES => {
                    retries += 1;
                    self.pool.retries.fetch_add(1, Ordering::Relaxed);
                    bounds.check(at)?;
                    continue;
                }
                // A server may answer, as that it is too much, before it has read all.
                Err(_) | Ok(()) => self.answer(&mut used, &mut read),
            };
            drop(guard);
            return match outcome {
                Ok((value, keeps)) => {
                    if keeps {
                        used.keep();
                    }
                    value.map_err(|trouble| trouble.at(at))
                }
                Err(trouble) => {
                    // A connection that was shut since the time is up looks like one that broke off.
                    bounds.check(at)?;
                    Err(trouble.at(at))
                }
            };
        }
    }

    /// Reads an answer to its end. Gives what came of it, and whether the connection can be used again.
    fn answer<T>(
        &self,
        used: &mut Used,
        read: &mut impl FnMut(&mut Answer<'_>) -> Result<T, Trouble>,
    ) -> Result<(Result<T, Trouble>, bool), Trouble> {
        let head = Head::read(&mut used.connection)?;
        let mut body = head.body();
        match head.status {
            200 => {
                let mut answer = Answer { used, head, body };
                let value = read(&mut answer)?;
                let keeps = answer.body.ends(&mut answer.used.connection)?;
                Ok((Ok(value), keeps))
            }
            status @ 300..400 => Err(Trouble::Redirection(status)),
            status => {
                let said = body.read_all(&mut used.connection, MAX_SAID)?;
                let keeps = body.ends(&mut used.connection)?;
                Ok((Err(Trouble::status(status, &said, self.token.as_ref())), keeps))
            }
        }
    }
}

/// Sends all parts, or says how many bytes were sent.
fn send(used: &mut Used, request: &[&[u8]]) -> Result<(), usize> {
    let mut sent = 0_usize;
    for part in request {
        if let Err((count, error)) = used.connection.send(part) {
            tracing::debug!(%error, "a request cannot be sent");
            return Err(sent.saturating_add(count));
        }
        sent = sent.saturating_add(part.len());
    }
    used.connection.flush().map_err(|error| {
        tracing::debug!(%error, "a request cannot be sent");
        sent
    })
}
