//! What opening a path leads to.

/// A directory, or anything else.
pub(crate) enum Found<D, F> {
    Dir(D),
    File(F),
}
