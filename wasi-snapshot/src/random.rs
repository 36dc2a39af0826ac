//! Where `random_get` takes its bytes from.

use crate::errno::Errno;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};

/// A cryptographic generator in user space, seeded by the system when it is first used.
#[derive(Default)]
pub(crate) struct Random(Option<StdRng>);

impl Random {
    /// Fills `buffer`.
    ///
    /// # Errors
    ///
    /// `io` if the system has no entropy to give.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
        let generator = match &mut self.0 {
            Some(generator) => generator,
            unseeded => unseeded.insert(StdRng::try_from_rng(&mut SysRng).map_err(|_| Errno::Io)?),
        };
        generator.fill_bytes(buffer);
        Ok(())
    }
}
