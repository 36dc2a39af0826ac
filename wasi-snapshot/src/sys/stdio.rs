//! The host's own standard streams, and what is called when nobody reads one any more.

pub(crate) use super::system::stdio::Inherited;

/// What the embedder does when nobody reads a stream any more.
pub(crate) type Closed = Box<dyn FnMut() + Send>;
