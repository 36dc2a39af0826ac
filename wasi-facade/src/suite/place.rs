//! The trait of the places of proposals in a suite, by which the compiler finds a context.

use super::Suite;
use std::marker::PhantomData;
use wasi_policy::Proposal;

/// A suite with the proposal `P`, at the place `At`, which the compiler finds by itself.
#[diagnostic::on_unimplemented(
    message = "the host does not have the proposal `{P}`",
    label = "not among the proposals of `{Self}`",
    note = "`Host::with` adds a proposal; `Snapshot` and `Nn` are there with the features of their names"
)]
pub trait Place<P: Proposal, At>: Suite {
    /// Its context.
    #[doc(hidden)]
    fn find(contexts: &mut Self::Contexts) -> &mut P::Context;

    /// Its context, without the others.
    #[doc(hidden)]
    fn take(contexts: Self::Contexts) -> P::Context;
}

/// The last proposal that was added.
#[derive(Debug)]
pub struct Here;

/// The place `At` among those before it.
#[derive(Debug)]
pub struct Before<At>(PhantomData<At>);

impl<P, S> Place<P, Here> for (P, S)
where
    P: Proposal<Context: Send + 'static> + 'static,
    S: Suite,
{
    fn find(contexts: &mut Self::Contexts) -> &mut P::Context {
        &mut contexts.0
    }

    fn take(contexts: Self::Contexts) -> P::Context {
        contexts.0
    }
}

impl<P, Q, S, At> Place<P, Before<At>> for (Q, S)
where
    P: Proposal,
    Q: Proposal<Context: Send + 'static> + 'static,
    S: Place<P, At>,
{
    fn find(contexts: &mut Self::Contexts) -> &mut P::Context {
        S::find(&mut contexts.1)
    }

    fn take(contexts: Self::Contexts) -> P::Context {
        S::take(contexts.1)
    }
}
