//! The time of a call: the guest's bounds, and what the host gives a server.

use crate::connection::Connection;
use std::time::Duration;
use wasi_nn::{CancelGuard, Control, Error, ErrorKind};

/// What ends a call.
pub(crate) struct Bounds<'a> {
    guest: &'a Control,
    /// Both together.
    all: Control,
    timeout: Duration,
}

impl<'a> Bounds<'a> {
    /// Bounds of a call that starts now.
    pub(crate) fn new(guest: &'a Control, timeout: Duration) -> Self {
        let own = Control::new(Some(timeout), guest.interrupt());
        let is_sooner = matches!((guest.deadline(), own.deadline()), (Some(guest), Some(own)) if guest < own);
        let all = if is_sooner { guest.clone() } else { own };
        Bounds { guest, all, timeout }
    }

    /// Shuts the connection once the time is up, until the guard is dropped.
    pub(crate) fn watch(&self, connection: &Connection) -> Result<CancelGuard, Error> {
        self.all.cancel_with(connection.shut())
    }

    /// Says whether to go on.
    pub(crate) fn check(&self, server: &dyn std::fmt::Display) -> Result<(), Error> {
        self.guest.check()?;
        self.all.check().map_err(|_| {
            let seconds = self.timeout.as_secs_f64();
            Error::new(
                ErrorKind::TimedOut,
                format!(
                    "the server of {server} did not answer within {seconds} s; see \
                     `RemoteBuilder::timeout`"
                ),
            )
        })
    }
}
