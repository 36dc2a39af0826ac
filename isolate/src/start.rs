//! The messages of a worker's start: its greeting, what it is told, and its report.

use crate::wire::{Reader, Writer};
use crate::{Confinement, Limits};
use std::time::Duration;

/// The first bytes of all, and the version of the protocol: both sides are of one release.
const MAGIC: &[u8] = b"wasi-isolate";
const VERSION: u32 = 2;

/// Bytes of a service's name, and of the host's word to it.
const MAX_NAME: usize = 256;
const MAX_CONFIG: usize = 64 << 10;

/// Bytes of what a worker says that cannot serve.
pub(crate) const MAX_REASON: usize = 1024;

/// What the worker says first, with its own number.
pub(crate) fn hello(pid: u32) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.bytes(MAGIC).u32(VERSION).u32(pid);
    writer.finish()
}

/// Checks a greeting, which is that of the process `pid`.
pub(crate) fn check_hello(message: &[u8], pid: u32) -> Result<(), String> {
    let mut reader = Reader::new(message);
    if reader.bytes(MAGIC.len()) != Some(MAGIC) {
        return Err("it is no worker; its `main` has to call `serve`".to_owned());
    }
    let version = reader.u32().unwrap_or_default();
    if version != VERSION {
        return Err(format!(
            "it speaks version {version} of the protocol, and this host {VERSION}; take both of one release"
        ));
    }
    match reader.u32() {
        Some(said) if said == pid => Ok(()),
        _ => Err("it is another process than the one that was started; name the program itself".to_owned()),
    }
}

/// What the host tells a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) service: String,
    pub(crate) config: Vec<u8>,
    pub(crate) memory: u64,
    pub(crate) file_bytes: u64,
    pub(crate) stack: u32,
    pub(crate) max_descriptors: u32,
    pub(crate) processor_time: Duration,
    pub(crate) total_processor_time: Duration,
}

impl Begin {
    pub(crate) fn new(service: &str, config: &[u8], limits: &Limits) -> Self {
        Begin {
            service: service.to_owned(),
            config: config.to_owned(),
            memory: limits.memory,
            file_bytes: limits.file_bytes,
            stack: limits.stack,
            max_descriptors: limits.max_descriptors,
            processor_time: limits.processor_time,
            total_processor_time: limits.total_processor_time,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.text(&self.service, MAX_NAME).bytes(&self.config).u64(self.memory).u64(self.file_bytes);
        writer.u32(self.stack).u32(self.max_descriptors).u64(self.processor_time.as_secs());
        writer.u64(self.total_processor_time.as_secs());
        writer.finish()
    }

    pub(crate) fn decode(message: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(message);
        let begin = Begin {
            service: reader.text(MAX_NAME)?.to_owned(),
            config: reader.bytes(MAX_CONFIG)?.to_owned(),
            memory: reader.u64()?,
            file_bytes: reader.u64()?,
            stack: reader.u32()?,
            max_descriptors: reader.u32()?,
            processor_time: Duration::from_secs(reader.u64()?),
            total_processor_time: Duration::from_secs(reader.u64()?),
        };
        reader.end().map(|()| begin)
    }
}

/// What the worker says when it serves.
pub(crate) fn ready(confinement: Confinement) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(confinement.files.into()).u8(confinement.calls.into());
    writer.finish()
}

/// What confines a worker, as it says.
pub(crate) fn confinement(message: &[u8]) -> Option<Confinement> {
    let mut reader = Reader::new(message);
    let confinement = Confinement { files: reader.u8()? == 1, calls: reader.u8()? == 1 };
    reader.end().map(|()| confinement)
}

#[cfg(test)]
mod tests {
    use super::{Begin, MAGIC, check_hello, confinement, hello, ready};
    use crate::wire::Writer;
    use crate::{Confinement, Limits};
    use proptest::prelude::*;

    #[test]
    fn messages_are_read_as_they_were_written() {
        let begin = Begin::new("echo", &[1, 2, 3], &Limits::default());
        assert_eq!(Begin::decode(&begin.encode()), Some(begin));
        for whole in [Confinement { files: true, calls: false }, Confinement { files: false, calls: true }] {
            assert_eq!(confinement(&ready(whole)), Some(whole));
        }
        assert_eq!(check_hello(&hello(7), 7), Ok(()));
    }

    #[test]
    fn another_worker_is_refused() {
        let mut older = Writer::new();
        older.bytes(MAGIC).u32(1).u32(7);
        assert!(check_hello(&older.finish(), 7).unwrap_err().contains("version 1 "));
        assert!(check_hello(&hello(7), 8).unwrap_err().contains("another process"));
        assert!(check_hello(b"hello", 7).unwrap_err().contains("no worker"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = (Begin::decode(&bytes), confinement(&bytes), check_hello(&bytes, 1));
        }
    }
}
