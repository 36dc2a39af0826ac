//! The nodes of a file system in memory, and what they take of its limits.

use super::MemLimits;
use super::contents::Contents;
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The number of a node, which is its inode number.
pub(super) type Id = u64;

/// The directory that all others are below.
pub(super) const ROOT: Id = 1;

/// What a name costs beside its bytes, and a node beside its contents: roughly what the maps take.
const OVERHEAD: usize = 128;

/// File systems are numbered from here, where no host's numbers are.
static NEXT_DEV: AtomicU64 = AtomicU64::new(1 << 63);

#[derive(Debug)]
pub(super) struct Tree {
    dev: u64,
    nodes: BTreeMap<Id, Node>,
    next: Id,
    limits: MemLimits,
    /// Bytes in use, of `limits.max_bytes`.
    bytes: usize,
    pub(super) read_only: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Names of a file; of a directory one while it is in the tree.
    names: u64,
    /// Handles that are open on it, which keep it without a name.
    handles: u64,
    accessed: u64,
    modified: u64,
    changed: u64,
}

#[derive(Debug)]
pub(super) enum Kind {
    Dir {
        parent: Id,
        entries: BTreeMap<Box<str>, Id>,
        /// How many of the entries are directories: counting them at each look would cost what a guest made.
        subdirectories: u64,
    },
    File(Contents),
    Link(Box<str>),
}

impl Kind {
    pub(super) fn empty_dir(parent: Id) -> Self {
        Kind::Dir { parent, entries: BTreeMap::new(), subdirectories: 0 }
    }

    fn filetype(&self) -> Filetype {
        match self {
            Kind::Dir { .. } => Filetype::Directory,
            Kind::File(_) => Filetype::RegularFile,
            Kind::Link(_) => Filetype::SymbolicLink,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            // Entries count where they are made.
            Kind::Dir { .. } => 0,
            Kind::File(contents) => contents.len(),
            Kind::Link(target) => target.len(),
        }
    }
}

impl Tree {
    pub(super) fn new(limits: MemLimits) -> Self {
        let mut tree = Tree {
            dev: NEXT_DEV.fetch_add(1, Ordering::Relaxed),
            nodes: BTreeMap::new(),
            next: ROOT + 1,
            limits,
            bytes: 0,
            read_only: false,
        };
        let now = now();
        let kind = Kind::empty_dir(ROOT);
        let root = Node { kind, names: 1, handles: 0, accessed: now, modified: now, changed: now };
        tree.nodes.insert(ROOT, root);
        tree
    }

    /// # Errors
    ///
    /// `rofs` if nothing may change.
    pub(super) fn writable(&self) -> Result<(), Errno> {
        if self.read_only { Err(Errno::Rofs) } else { Ok(()) }
    }

    /// The node of a handle or an entry; those that have neither are gone.
    pub(super) fn node(&self, id: Id) -> Result<&Node, Errno> {
        self.nodes.get(&id).ok_or(Errno::Stale)
    }

    fn node_mut(&mut self, id: Id) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&id).ok_or(Errno::Stale)
    }

    /// The entries of a directory.
    ///
    /// # Errors
    ///
    /// `notdir` if it is none.
    pub(super) fn entries(&self, id: Id) -> Result<&BTreeMap<Box<str>, Id>, Errno> {
        match &self.node(id)?.kind {
            Kind::Dir { entries, .. } => Ok(entries),
            _ => Err(Errno::Notdir),
        }
    }

    pub(super) fn filetype(&self, id: Id) -> Result<Filetype, Errno> {
        Ok(self.node(id)?.kind.filetype())
    }

    pub(super) fn filestat(&self, id: Id) -> Result<Filestat, Errno> {
        let node = self.node(id)?;
        // A directory has its own `.` and the `..` of each one in it as names too, as on most systems.
        let dots = match &node.kind {
            Kind::Dir { subdirectories, .. } if node.names > 0 => 1 + subdirectories,
            _ => 0,
        };
        Ok(Filestat {
            dev: self.dev,
            ino: id,
            filetype: node.kind.filetype(),
            nlink: node.names + dots,
            size: u64::try_from(node.kind.bytes()).unwrap_or(u64::MAX),
            atim: node.accessed,
            mtim: node.modified,
            ctim: node.changed,
        })
    }

    /// Makes a node and enters it in `parent`.
    ///
    /// # Errors
    ///
    /// `nospc` beyond the limits; `noent` in a directory that was removed.
    pub(super) fn create(&mut self, parent: Id, name: &str, kind: Kind) -> Result<Id, Errno> {
        if self.nodes.len() > self.limits.max_entries {
            return Err(Errno::Nospc);
        }
        let cost = kind.bytes().saturating_add(OVERHEAD);
        self.take(cost)?;
        let (id, now) = (self.next, now());
        self.next += 1;
        self.nodes
            .insert(id, Node { kind, names: 0, handles: 0, accessed: now, modified: now, changed: now });
        let entered = self.enter(parent, name, id);
        if entered.is_err() {
            self.sweep(id)?;
        }
        entered.map(|()| id)
    }

    /// Gives a node a name. What had that name before has been removed.
    pub(super) fn enter(&mut self, parent: Id, name: &str, id: Id) -> Result<(), Errno> {
        if self.node(parent)?.names == 0 {
            return Err(Errno::Noent);
        }
        self.take(name.len().saturating_add(OVERHEAD))?;
        let (now, is_dir) = (now(), self.filetype(id)? == Filetype::Directory);
        let directory = self.node_mut(parent)?;
        directory.touch(now);
        if let Kind::Dir { entries, subdirectories, .. } = &mut directory.kind {
            entries.insert(name.into(), id);
            *subdirectories += u64::from(is_dir);
        }
        let node = self.node_mut(id)?;
        node.names += 1;
        node.changed = now;
        if let Kind::Dir { parent: above, .. } = &mut node.kind {
            *above = parent;
        }
        Ok(())
    }

    /// Takes a name away, and the node with it if that was the last thing that kept it.
    pub(super) fn remove(&mut self, parent: Id, name: &str) -> Result<(), Errno> {
        let id = self.detach(parent, name)?;
        self.sweep(id)
    }

    /// Takes a name away and leaves the node, to be entered elsewhere.
    pub(super) fn detach(&mut self, parent: Id, name: &str) -> Result<Id, Errno> {
        let now = now();
        let directory = self.node_mut(parent)?;
        let Kind::Dir { entries, .. } = &mut directory.kind else { return Err(Errno::Notdir) };
        let id = entries.remove(name).ok_or(Errno::Noent)?;
        directory.touch(now);
        self.give(name.len().saturating_add(OVERHEAD));
        let node = self.node_mut(id)?;
        node.names = node.names.saturating_sub(1);
        node.changed = now;
        if matches!(node.kind, Kind::Dir { .. }) {
            if let Kind::Dir { subdirectories, .. } = &mut self.node_mut(parent)?.kind {
                *subdirectories = subdirectories.saturating_sub(1);
            }
        }
        Ok(id)
    }

    /// Moves a node from one name to another, over what is there.
    pub(super) fn rename(&mut self, old: (Id, &str), new: (Id, &str), replaces: bool) -> Result<(), Errno> {
        if self.node(new.0)?.names == 0 {
            return Err(Errno::Noent);
        }
        // What leaves makes room first, but the longer of two names may still not fit.
        if !replaces && new.1.len() > old.1.len().saturating_add(self.room()) {
            return Err(Errno::Nospc);
        }
        if replaces {
            self.remove(new.0, new.1)?;
        }
        let id = self.detach(old.0, old.1)?;
        self.enter(new.0, new.1, id)
    }

    fn sweep(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.node(id)?;
        if node.names == 0 && node.handles == 0 {
            let cost = node.kind.bytes().saturating_add(OVERHEAD);
            self.nodes.remove(&id);
            self.give(cost);
        }
        Ok(())
    }

    /// Keeps a node until [`release`](Self::release).
    pub(super) fn hold(&mut self, id: Id) -> Result<(), Errno> {
        self.node_mut(id)?.handles += 1;
        Ok(())
    }

    pub(super) fn release(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.node_mut(id)?;
        node.handles = node.handles.saturating_sub(1);
        self.sweep(id)
    }

    /// Is `id` the directory `above`, or below it?
    pub(super) fn is_within(&self, mut id: Id, above: Id) -> bool {
        loop {
            match self.node(id).map(|node| &node.kind) {
                _ if id == above => return true,
                Ok(Kind::Dir { parent, .. }) if *parent != id => id = *parent,
                _ => return false,
            }
        }
    }

    /// # Errors
    ///
    /// `isdir` or `inval` if it is no file.
    pub(super) fn contents(&self, id: Id) -> Result<&Contents, Errno> {
        match &self.node(id)?.kind {
            Kind::File(contents) => Ok(contents),
            Kind::Dir { .. } => Err(Errno::Isdir),
            Kind::Link(_) => Err(Errno::Inval),
        }
    }

    /// Sets the length of a file.
    ///
    /// # Errors
    ///
    /// `nospc` beyond the limit, and then nothing has changed.
    pub(super) fn resize(&mut self, id: Id, len: usize) -> Result<(), Errno> {
        let before = self.contents(id)?.len();
        self.take(len.saturating_sub(before))?;
        let node = self.node_mut(id)?;
        node.touch(now());
        let Kind::File(contents) = &mut node.kind else { return Err(Errno::Inval) };
        let resized = contents.resize(len);
        let after = if resized.is_ok() { len } else { before };
        self.give(before.max(len).saturating_sub(after));
        resized
    }

    /// Writes to a file, which grows if need be.
    pub(super) fn write(&mut self, id: Id, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let start = usize::try_from(offset).map_err(|_| Errno::Nospc)?;
        let end = start.checked_add(bytes.len()).ok_or(Errno::Fbig)?;
        let before = self.contents(id)?.len();
        // What still fits is written, as on a full disk.
        let end = end.min(before.max(before.saturating_add(self.room())));
        let fits = end.checked_sub(start).and_then(|fits| bytes.get(..fits)).filter(|fits| !fits.is_empty());
        let fits = fits.ok_or(Errno::Nospc)?;
        if end > before {
            self.resize(id, end)?;
        }
        let node = self.node_mut(id)?;
        node.touch(now());
        if let Kind::File(contents) = &mut node.kind {
            contents.write(fits, start)?;
        }
        Ok(fits.len())
    }

    pub(super) fn set_times(&mut self, id: Id, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        let (node, now) = (self.node_mut(id)?, now());
        for (time, set) in [(&mut node.accessed, accessed), (&mut node.modified, modified)] {
            match set {
                SetTime::Keep => {}
                SetTime::Now => *time = now,
                SetTime::At(at) => *time = at,
            }
        }
        node.changed = now;
        Ok(())
    }

    fn room(&self) -> usize {
        self.limits.max_bytes.saturating_sub(self.bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<(), Errno> {
        if bytes > self.room() {
            return Err(Errno::Nospc);
        }
        self.bytes += bytes;
        Ok(())
    }

    fn give(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Node {
    /// Contents have changed.
    fn touch(&mut self, now: u64) {
        self.modified = now;
        self.changed = now;
    }
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
