//! The two kinds of things that a path opens: a directory, or anything else.

/// A directory, or anything else.
pub(crate) enum Found<D, F> {
    Dir(D),
    File(F),
}
