//! Tests of the registry, through its public interface and with backends that the tests script.

mod abandoned;
mod content;
mod files;
mod limits;
mod named;
mod once;
mod order;
mod routing;
mod scripted;
mod stats;
