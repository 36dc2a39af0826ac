//! A directory's entries, kept while a guest reads them piece by piece.

use crate::abi::Filetype;
use crate::errno::Errno;
use crate::error::Result;
use crate::sys::interrupt::Interrupt;
use crate::vfs::DirHandle;

/// Names between two looks at the interrupt: a millisecond's worth.
pub(crate) const LOOK: u64 = 1024;

/// A snapshot of a directory. Cookies are positions in it, so they stay valid while entries come and go,
/// and reading it to the end is linear in the number of entries.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The host's number of the device, the same for all entries but mount points.
    dev: u64,
    /// All names, one after the other.
    names: Vec<u8>,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    /// Where the name starts, and its length in bytes.
    start: usize,
    len: u16,
    filetype: Filetype,
    ino: u64,
}

/// An entry of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a [u8],
    /// The host's inode number.
    pub(crate) ino: u64,
    pub(crate) filetype: Filetype,
}

impl Listing {
    /// Reads all of `dir`. Names that are not UTF-8 are left out: the ABI's paths cannot name them. The order
    /// is the host's, unless it is to be that of the names.
    ///
    /// # Errors
    ///
    /// `nomem` if it takes more than `max_bytes`; the trap of an interrupt.
    pub(crate) fn read(
        dir: &DirHandle,
        max_bytes: usize,
        sorted: bool,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let own = dir.filestat()?;
        let mut listing = Listing { dev: own.dev, ..Listing::default() };
        // Where `..` leads is no business of the guest's, so both have the number of the directory.
        listing.push(b".", own.ino, Filetype::Directory);
        listing.push(b"..", own.ino, Filetype::Directory);
        let (mut seen, mut stopped) = (0_u64, false);
        let listed = dir.list(|name, ino, filetype| {
            seen = seen.wrapping_add(1);
            stopped |= seen % LOOK == 0 && interrupt.check().is_err();
            if stopped {
                return Err(Errno::Intr);
            }
            if std::str::from_utf8(name).is_ok() {
                listing.push(name, ino, filetype);
            }
            if listing.bytes() > max_bytes { Err(Errno::Nomem) } else { Ok(()) }
        });
        if stopped {
            interrupt.check()?;
        }
        listed?;
        if sorted {
            let Listing { names, items, .. } = &mut listing;
            sort(items.get_mut(2..).unwrap_or_default(), names, interrupt)?;
        }
        Ok(listing)
    }

    /// Takes an entry in, unless its name is longer than any path.
    fn push(&mut self, name: &[u8], ino: u64, filetype: Filetype) {
        let Ok(len) = u16::try_from(name.len()) else { return };
        self.items.push(Item { start: self.names.len(), len, filetype, ino });
        self.names.extend_from_slice(name);
    }

    pub(crate) fn dev(&self) -> u64 {
        self.dev
    }

    /// The host memory that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.names.capacity().saturating_add(self.items.capacity().saturating_mul(size_of::<Item>()))
    }

    /// The entry at a position; `None` at the end and beyond.
    pub(crate) fn get(&self, position: u64) -> Option<Named<'_>> {
        let item = self.items.get(usize::try_from(position).ok()?)?;
        Some(Named { name: item.name(&self.names), ino: item.ino, filetype: item.filetype })
    }
}

/// Puts entries in the order of their names, in place. Large parts are halved around their middle before they are
/// sorted, so that an interrupt is seen in between: no part takes longer than going through all names once.
///
/// # Errors
///
/// The trap of an interrupt.
fn sort(items: &mut [Item], names: &[u8], interrupt: &Interrupt) -> Result {
    let middle = items.len() / 2;
    if u64::try_from(middle).unwrap_or(u64::MAX) < LOOK {
        items.sort_unstable_by_key(|item| item.name(names));
        return Ok(());
    }
    interrupt.check()?;
    let (before, _, after) = items.select_nth_unstable_by_key(middle, |item| item.name(names));
    // Halving ends soon: there are no more levels than a number has bits.
    sort(before, names, interrupt)?;
    sort(after, names, interrupt)
}

impl Item {
    /// Its name among all `names`.
    fn name<'n>(&self, names: &'n [u8]) -> &'n [u8] {
        let end = self.start.saturating_add(usize::from(self.len));
        names.get(self.start..end).unwrap_or_default()
    }
}
