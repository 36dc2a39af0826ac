//! The state of one guest: its context, its descriptors, and what it may spend.

pub(crate) mod ctx;
pub(crate) mod entry;
pub(crate) mod identity;
pub(crate) mod limits;
pub(crate) mod listing;
pub(crate) mod quota;
pub(crate) mod strings;
pub(crate) mod subscription;
pub(crate) mod table;
