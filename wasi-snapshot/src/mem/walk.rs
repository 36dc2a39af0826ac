//! The resolution of paths in a tree in memory.

use super::tree::{Id, Kind, Tree};
use crate::errno::Errno;
use crate::path::{Component, PathRef, components};

/// Symlinks in one path; Linux follows as many.
const MAX_LINKS: u32 = 40;
/// Bytes in one name; so it is on most file systems.
const MAX_NAME: usize = 255;

/// Where a path leads.
pub(super) enum PathEnd {
    /// To a directory that is known by no name: the path ends with `..`, or has no steps.
    Dir(Id),
    /// To a name in a directory, and what has it, if anything does. What a link's target with a slash at its end leads
    /// to is a directory, or can only become one.
    Entry { parent: Id, name: String, id: Option<Id>, slash: bool },
}

impl PathEnd {
    /// # Errors
    ///
    /// `noent` if there is nothing.
    pub(super) fn id(&self) -> Result<Id, Errno> {
        match self {
            PathEnd::Dir(id) => Ok(*id),
            PathEnd::Entry { id, .. } => id.ok_or(Errno::Noent),
        }
    }

    /// The entry, for calls that change it.
    ///
    /// # Errors
    ///
    /// `if_dir` if the path names none.
    pub(super) fn entry(self, if_dir: Errno) -> Result<(Id, String, Option<Id>), Errno> {
        match self {
            PathEnd::Dir(_) => Err(if_dir),
            PathEnd::Entry { parent, name, id, .. } => Ok((parent, name, id)),
        }
    }
}

/// A step that is still to be made.
enum Step {
    Name(String),
    Parent,
    /// What was reached must be a directory, since a link's target ends with a dot.
    Check,
    /// The same for a slash, with which nothing need be there if it is the end.
    Slash,
}

impl From<Component<'_>> for Step {
    fn from(component: Component<'_>) -> Self {
        match component {
            Component::Name(name) => Step::Name(name.to_owned()),
            Component::Parent => Step::Parent,
        }
    }
}

/// Finds where `path` leads from `start`, above which nothing can be reached.
///
/// # Errors
///
/// `perm` on the way out, `noent` and `notdir` for the steps before the last, `loop` through too many
/// symlinks, `nametoolong`.
pub(super) fn walk(tree: &Tree, start: Id, path: &PathRef<'_>, follow: bool) -> Result<PathEnd, Errno> {
    let mut steps: Vec<Step> = path.components().rev().map(Step::from).collect();
    // The directories from the start to where we are, so that `..` cannot lead above it, even if one of
    // them was moved elsewhere.
    let mut above = Vec::new();
    let mut here = PathEnd::Dir(start);
    let mut links = 0;
    while let Some(step) = steps.pop() {
        let is_last = steps.is_empty();
        if let (Step::Slash, PathEnd::Entry { id: None, slash, .. }, true) = (&step, &mut here, is_last) {
            *slash = true;
            break;
        }
        let id = here.id()?;
        match step {
            Step::Check | Step::Slash => {
                tree.entries(id)?;
            }
            Step::Parent => {
                tree.entries(id)?;
                here = PathEnd::Dir(above.pop().ok_or(Errno::Perm)?);
            }
            Step::Name(name) => {
                let entries = tree.entries(id)?;
                if name.len() > MAX_NAME {
                    return Err(Errno::Nametoolong);
                }
                let found = entries.get(name.as_str()).copied();
                let node = found.map(|found| tree.node(found)).transpose()?;
                match node.map(|node| &node.kind) {
                    Some(Kind::Link(target)) if follow || !steps.is_empty() => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Errno::Loop);
                        }
                        follow_link(target, &mut steps)?;
                        continue;
                    }
                    _ => {}
                }
                above.push(id);
                here = PathEnd::Entry { parent: id, name, id: found, slash: false };
            }
        }
    }
    if path.must_be_dir() {
        tree.entries(here.id()?)?;
    }
    Ok(here)
}

/// Goes on with the steps of a link's target.
fn follow_link(target: &str, steps: &mut Vec<Step>) -> Result<(), Errno> {
    if target.starts_with('/') {
        return Err(Errno::Perm);
    }
    if target.ends_with('/') {
        steps.push(Step::Slash);
    } else if target.ends_with("/.") || target == "." {
        steps.push(Step::Check);
    }
    steps.extend(components(target).rev().map(Step::from));
    Ok(())
}
