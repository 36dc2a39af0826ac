//! The sources of random bytes for `random_get`: the host's, a seeded one, or the embedder's.

use crate::errno::Errno;
use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// A source of random bytes, given with [`WasiCtxBuilder::random`](crate::WasiCtxBuilder::random).
///
/// ```
/// use wasi_snapshot::{Errno, Random, WasiCtx};
///
/// struct Four;
///
/// impl Random for Four {
///     fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
///         // Chosen by a fair dice roll.
///         buffer.fill(4);
///         Ok(())
///     }
/// }
///
/// let ctx = WasiCtx::builder().random(Four).build()?;
/// # drop(ctx);
/// # Ok::<(), wasi_snapshot::BuildError>(())
/// ```
pub trait Random: Send {
    /// Fills `buffer`. Guests and memories split what they want as they like, so the bytes should not depend
    /// on how many are asked for at once.
    ///
    /// # Errors
    ///
    /// What the guest gets instead of bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno>;
}

/// A guest's source of random bytes: the host's is called statically.
#[derive(Default)]
pub(crate) enum RandomBytes {
    /// A cryptographic generator in user space, seeded by the system.
    Host(Box<ChaCha12Rng>),
    #[default]
    Unseeded,
    Own(Box<dyn Random>),
}

impl RandomBytes {
    /// Fills `buffer`.
    ///
    /// # Errors
    ///
    /// `io` if the system has no entropy to give, and whatever a given source says.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
        match self {
            RandomBytes::Host(generator) => generator.fill_bytes(buffer),
            RandomBytes::Own(random) => random.fill(buffer)?,
            RandomBytes::Unseeded => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(|_| Errno::Io)?;
                let mut generator = ChaCha12Rng::from_seed(seed);
                generator.fill_bytes(buffer);
                *self = RandomBytes::Host(Box::new(generator));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for RandomBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, RandomBytes::Own(_)) { "a given source" } else { "the host's" })
    }
}

/// The same bytes for the same seed, on every host and in every version: SplitMix64 (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014), each number with its lowest byte first. Who
/// knows the seed knows the bytes, so a better generator would hide nothing.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    state: u64,
    /// Bytes of the last number that were not asked for yet.
    rest: [u8; 8],
    used: usize,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Seeded { state: seed, rest: [0; 8], used: 8 }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Errno> {
        for byte in buffer {
            if self.used == self.rest.len() {
                self.rest = self.next().to_le_bytes();
                self.used = 0;
            }
            *byte = self.rest.get(self.used).copied().unwrap_or_default();
            self.used += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Seeded};

    /// The first numbers for the seed 1234567, as other implementations have them.
    #[test]
    fn it_is_splitmix64() {
        let mut random = Seeded::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next());
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn bytes_do_not_depend_on_how_they_are_asked_for() {
        let (mut whole, mut pieces) = ([0; 100], [0; 100]);
        Seeded::new(7).fill(&mut whole).unwrap();
        let mut random = Seeded::new(7);
        for piece in pieces.chunks_mut(3) {
            random.fill(piece).unwrap();
        }
        assert_eq!(whole, pieces);
    }
}
