//! Directories and sockets that are open when the guest starts.

use super::{BuildError, Builder};
use crate::abi::Fdflags;
use crate::perms::Perms;
use crate::sys::dir::Dir;
use crate::sys::net::Listener;
use crate::table::Entry;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug)]
pub(super) struct Preopen {
    host: PathBuf,
    guest: String,
    perms: Perms,
}

impl Builder {
    /// Opens the host's directory `host` for the guest, which knows it as `guest`.
    pub fn preopen_dir(
        &mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<String>,
        perms: Perms,
    ) -> &mut Self {
        self.preopens.push(Preopen { host: host.into(), guest: guest.into(), perms });
        self
    }

    /// Gives the guest a listening socket. Its number follows those of all directories.
    pub fn preopen_listener(&mut self, listener: impl Into<Listener>) -> &mut Self {
        self.listeners.push(listener.into());
        self
    }
}

pub(super) fn open(preopen: Preopen, names: &mut BTreeSet<String>) -> Result<Entry, BuildError> {
    let Preopen { host, guest, perms } = preopen;
    if guest.is_empty() || guest.contains('\0') {
        return Err(BuildError::GuestName(guest));
    }
    if !names.insert(guest.clone()) {
        return Err(BuildError::SameName(guest));
    }
    let dir = Dir::open_ambient(&host).map_err(|source| BuildError::Preopen { path: host, source })?;
    Ok(Entry::dir(dir, perms, Some(guest.into_boxed_str()), Fdflags::empty()))
}
