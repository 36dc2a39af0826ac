//! The resolution of paths in which no symlink is followed.

use super::handle::{DirHandle, Opening};
use crate::abi::{Filestat, Filetype, SetTime};
use crate::errno::Errno;
use crate::open_how::OpenHow;
use crate::path::{Component, Last, PathRef};

/// How many directories a path may go down to come up again. Each is held open meanwhile, and a guest should
/// not make the host open thousands; real paths have a tenth of it.
const MAX_DEPTH: usize = 64;

/// Resolves `path` from `start` step by step, each in the directory that the one before opened, and runs `act` on the
/// directory in which the last step is to be made, with that step. So nobody can put a symlink in the way between looking
/// and acting, and any kind of directory can be asked.
///
/// # Errors
///
/// `loop` for a symlink before the last step, `perm` for a way out, `nametoolong` for one that goes down too far to come up
/// again; and those of `act`.
pub(super) fn at<T>(
    start: &DirHandle,
    path: &PathRef<'_>,
    act: impl FnOnce(&DirHandle, &PathRef<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let ups = path.components().filter(|step| *step == Component::Parent).count();
    let mut way = Way { start, entered: Vec::new(), depth: 0, ups };
    let mut last = None;
    for step in path.components() {
        if let Some(name) = last.take() {
            way.enter(&PathRef::name(name, true))?;
        }
        match step {
            Component::Name(name) => last = Some(name),
            Component::Parent => way.leave()?,
        }
    }
    match last {
        Some(name) if path.last() == Last::Name => act(way.here(), &PathRef::name(name, path.must_be_dir())),
        // A dot behind a name is a name in what that leads to.
        Some(name) => {
            way.enter(&PathRef::name(name, true))?;
            act(way.here(), &PathRef::parse(".")?)
        }
        None => act(way.here(), &PathRef::parse(".")?),
    }
}

/// Opens what the last step leads to.
///
/// # Errors
///
/// `loop` if that is a symlink.
pub(super) fn open(dir: &DirHandle, last: &PathRef<'_>, how: OpenHow) -> Result<Opening, Errno> {
    let opened = dir.open(last, OpenHow { follow: false, ..how });
    opened.map_err(|errno| because_of_link(dir, last, errno))
}

/// Sets the times of what the last step leads to.
///
/// # Errors
///
/// `loop` if that is a symlink that was to be followed.
pub(super) fn set_times(
    dir: &DirHandle,
    last: &PathRef<'_>,
    follow: bool,
    atim: SetTime,
    mtim: SetTime,
) -> Result<(), Errno> {
    stat(dir, last, follow)?;
    // Should it have become a symlink by now, the times of the symlink are set.
    dir.set_times(&last.without_slash(), false, atim, mtim)
}

/// The attributes of what the last step leads to.
///
/// # Errors
///
/// `loop` if it is a symlink that was to be followed.
pub(super) fn stat(dir: &DirHandle, last: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
    let stat = dir.stat(&last.without_slash(), false)?;
    if follow && stat.filetype == Filetype::SymbolicLink { Err(Errno::Loop) } else { Ok(stat) }
}

/// Systems disagree on whether a symlink that should have been a directory is none, or one too many.
fn because_of_link(dir: &DirHandle, last: &PathRef<'_>, errno: Errno) -> Errno {
    match errno {
        Errno::Notdir => stat(dir, last, true).err().unwrap_or(errno),
        other => other,
    }
}

/// How far a path has been resolved.
struct Way<'a> {
    start: &'a DirHandle,
    /// The directories that were entered, as many of the last ones as the rest of the path can come back to.
    entered: Vec<DirHandle>,
    depth: usize,
    /// How often the rest of the path goes up.
    ups: usize,
}

impl Way<'_> {
    fn here(&self) -> &DirHandle {
        self.entered.last().unwrap_or(self.start)
    }

    fn enter(&mut self, name: &PathRef<'_>) -> Result<(), Errno> {
        let here = self.here();
        let dir = here.enter(name).map_err(|errno| because_of_link(here, name, errno))?;
        if self.entered.len() > self.ups {
            self.entered.remove(0);
        }
        if self.entered.len() == MAX_DEPTH {
            return Err(Errno::Nametoolong);
        }
        self.entered.push(dir);
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Errno> {
        self.depth = self.depth.checked_sub(1).ok_or(Errno::Perm)?;
        // `..` is a name in the directory, too.
        self.here().search()?;
        self.ups = self.ups.saturating_sub(1);
        self.entered.pop();
        Ok(())
    }
}
