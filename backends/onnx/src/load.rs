//! The steps from the bytes of a model to a plan: reading, checking, guarding, compiling.

/// Has no two operations of a type be equal. The engine's own composed operations say the same: it only costs a missed chance
/// to share.
macro_rules! never_equal {
    ($operation:ty) => {
        impl PartialEq for $operation {
            fn eq(&self, _other: &Self) -> bool {
                false
            }
        }

        impl Eq for $operation {}
    };
}

pub(crate) mod bodies;
#[cfg(any(windows, test))]
pub(crate) mod caches;
mod choice;
pub(crate) mod compile;
mod dequantise;
mod extreme;
mod fold;
pub(crate) mod guarded;
mod inline;
mod node_checks;
mod one_hot;
pub(crate) mod ports;
mod recurrent;
mod rewrite;
pub(crate) mod source;
pub(crate) mod values;
mod vocabulary;
