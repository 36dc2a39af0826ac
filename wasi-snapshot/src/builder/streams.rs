//! The builder's methods for the standard streams.

use super::WasiCtxBuilder;
use crate::stdio::{Sink, Source};

impl WasiCtxBuilder {
    /// What the guest reads from its standard input.
    pub fn stdin(mut self, source: Source) -> Self {
        self.stdin = source;
        self
    }

    /// Where the guest's standard output goes.
    pub fn stdout(mut self, sink: Sink) -> Self {
        self.stdout = sink;
        self
    }

    /// Where the guest's standard error goes.
    pub fn stderr(mut self, sink: Sink) -> Self {
        self.stderr = sink;
        self
    }

    /// Lends the guest all three standard streams of the host.
    pub fn inherit_stdio(self) -> Self {
        self.stdin(Source::inherit()).stdout(Sink::inherit()).stderr(Sink::inherit())
    }
}
