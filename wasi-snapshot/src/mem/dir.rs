//! The implementation of the trait `Dir` for a directory in memory.

use super::MemDir;
use super::contents::Contents;
use super::file::{Held, MemFile};
use super::tree::{Id, Kind, Tree};
use super::walk::{PathEnd, walk};
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::PathRef;
use crate::vfs::{Dir, DirEntry, Opened};
use std::sync::{Arc, MutexGuard};

impl MemDir {
    fn find(&self, tree: &Tree, path: &PathRef<'_>, follow: bool) -> Result<PathEnd, Errno> {
        walk(tree, self.0.id, path, follow)
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.0.shared.lock()
    }

    /// Makes a node at a path where there must be nothing.
    fn make(&self, path: &PathRef<'_>, kind: impl FnOnce(Id) -> Kind) -> Result<(), Errno> {
        let mut tree = self.tree();
        let (parent, name, id) = self.find(&tree, path, false)?.entry(Errno::Exist)?;
        if id.is_some() {
            return Err(Errno::Exist);
        }
        tree.writable()?;
        tree.create(parent, &name, kind(parent)).map(drop)
    }

    /// Adds a file that has contents already.
    pub(super) fn add_file(&self, path: &PathRef<'_>, contents: Contents) -> Result<(), Errno> {
        self.make(path, |_| Kind::File(contents))
    }

    /// The other directory of a call over two, if it is of the same tree.
    fn sibling<'a>(&self, dir: &'a dyn Dir) -> Result<&'a MemDir, Errno> {
        let other = dir.downcast_ref::<MemDir>();
        other.filter(|other| Arc::ptr_eq(&self.0.shared, &other.0.shared)).ok_or(Errno::Xdev)
    }
}

fn is_dir(tree: &Tree, id: Id) -> Result<bool, Errno> {
    Ok(tree.filetype(id)? == Filetype::Directory)
}

/// What opening found or made.
fn open_node(tree: &mut Tree, place: PathEnd, how: OpenHow) -> Result<Id, Errno> {
    let id = match place {
        PathEnd::Entry { id: None, slash: true, .. } if how.create => return Err(Errno::Isdir),
        PathEnd::Entry { parent, name, id: None, .. } if how.create => {
            tree.writable()?;
            return tree.create(parent, &name, Kind::File(Contents::default()));
        }
        PathEnd::Entry { id: Some(_), .. } if how.create && how.exclusive => return Err(Errno::Exist),
        found => found.id()?,
    };
    let changes = how.write || how.truncate;
    match tree.filetype(id)? {
        Filetype::Directory if changes || how.create => Err(Errno::Isdir),
        Filetype::Directory => Ok(id),
        Filetype::SymbolicLink if !how.directory => Err(Errno::Loop),
        _ if how.directory => Err(Errno::Notdir),
        _ => {
            if changes {
                tree.writable()?;
            }
            if how.truncate {
                tree.resize(id, 0)?;
            }
            Ok(id)
        }
    }
}

impl Dir for MemDir {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.tree().filestat(self.0.id)
    }

    fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opened, Errno> {
        let (id, is_dir) = {
            let mut tree = self.tree();
            let follow = how.follow && !(how.create && how.exclusive);
            let place = self.find(&tree, path, follow)?;
            let id = open_node(&mut tree, place, how)?;
            // Nobody else can remove it before it is held.
            tree.hold(id)?;
            (id, is_dir(&tree, id)?)
        };
        let held = Held::adopt(&self.0.shared, id);
        Ok(if is_dir { Opened::dir(MemDir(held)) } else { Opened::file(MemFile::new(held)) })
    }

    fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        let tree = self.tree();
        tree.filestat(self.find(&tree, path, follow)?.id()?)
    }

    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
        let tree = self.tree();
        for (name, id) in tree.entries(self.0.id)? {
            visit(DirEntry { name, ino: *id, filetype: tree.filetype(*id)? })?;
        }
        Ok(())
    }

    fn read_link(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        let tree = self.tree();
        let id = self.find(&tree, path, false)?.id()?;
        match &tree.node(id)?.kind {
            Kind::Link(target) => Ok(target.to_string()),
            _ => Err(Errno::Inval),
        }
    }

    fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<(), Errno> {
        let mut tree = self.tree();
        let id = self.find(&tree, path, follow)?.id()?;
        tree.writable()?;
        tree.set_times(id, accessed, modified)
    }

    fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        // A slash at the end fits, although there is no directory yet.
        self.make(&path.without_slash(), Kind::empty_dir)
    }

    fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let mut tree = self.tree();
        let (parent, name, id) = self.find(&tree, &path.without_slash(), false)?.entry(Errno::Inval)?;
        if !tree.entries(id.ok_or(Errno::Noent)?)?.is_empty() {
            return Err(Errno::Notempty);
        }
        tree.writable()?;
        tree.remove(parent, &name)
    }

    fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        let mut tree = self.tree();
        let (parent, name, id) = self.find(&tree, path, false)?.entry(Errno::Isdir)?;
        if is_dir(&tree, id.ok_or(Errno::Noent)?)? {
            return Err(Errno::Isdir);
        }
        tree.writable()?;
        tree.remove(parent, &name)
    }

    fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        self.make(path, |_| Kind::Link(target.into()))
    }

    fn rename(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        let other = self.sibling(dir)?;
        let mut tree = self.tree();
        let (old_parent, old_name, old) =
            self.find(&tree, &from.without_slash(), false)?.entry(Errno::Busy)?;
        let (new_parent, new_name, replaced) =
            other.find(&tree, &to.without_slash(), false)?.entry(Errno::Busy)?;
        let old = old.ok_or(Errno::Noent)?;
        if replaced == Some(old) {
            return Ok(());
        }
        if is_dir(&tree, old)? && tree.is_within(new_parent, old) {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = replaced {
            // Whatever is to replace a directory that it is in: that one is not empty.
            if tree.is_within(old_parent, replaced) {
                return Err(Errno::Notempty);
            }
            replaceable(&tree, old, replaced)?;
        }
        tree.writable()?;
        tree.rename((old_parent, &old_name), (new_parent, &new_name), replaced.is_some())
    }

    fn link(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        let other = self.sibling(dir)?;
        let mut tree = self.tree();
        // Both ways come before both ends, as with the host.
        let (old, new) = (self.find(&tree, from, false)?, other.find(&tree, to, false)?);
        let old = old.id()?;
        let (parent, name, taken) = new.entry(Errno::Exist)?;
        if taken.is_some() {
            return Err(Errno::Exist);
        }
        if is_dir(&tree, old)? {
            return Err(Errno::Perm);
        }
        tree.writable()?;
        tree.enter(parent, &name, old)
    }
}

/// # Errors
///
/// `isdir`, `notdir` or `notempty` if `new` cannot give way to `old`.
fn replaceable(tree: &Tree, old: Id, new: Id) -> Result<(), Errno> {
    match (is_dir(tree, old)?, is_dir(tree, new)?) {
        (true, false) => Err(Errno::Notdir),
        (false, true) => Err(Errno::Isdir),
        (true, true) if !tree.entries(new)?.is_empty() => Err(Errno::Notempty),
        _ => Ok(()),
    }
}
