//! The check whether a guest that may write a directory could change a file that the host relies on.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

/// As many symlinks as Linux follows on the way to a file (`path_resolution(7)`).
const LINKS: usize = 40;

/// Could a guest that may write below the directory `granted` change what `kept` names, or put something else in its
/// place?
///
/// It could if `kept` is or lies in `granted`, if a symlink on the way to `kept` does, or if `granted` lies in `kept`.
/// Directories are compared by device and inode, so it does not matter how they are written. `kept` need not exist
/// yet. Ask this for every directory that a guest may write, and for everything that the host opens after the guest
/// has started or takes for native code: caches of compiled code and of models, models, libraries.
///
/// What it cannot tell: a bind mount that shows the same directory at another place, and a file that has a second name
/// (a hard link) below `granted`.
///
/// # Errors
///
/// What the system says if `granted` does not exist, or a directory on the way to one of both cannot be looked at.
///
/// ```
/// let dir = tempfile::tempdir()?;
/// std::fs::create_dir(dir.path().join("data"))?;
/// let cache = dir.path().join("cache");
/// assert!(wasi_facade::could_reach(dir.path(), &cache)?);
/// assert!(!wasi_facade::could_reach(&dir.path().join("data"), &cache)?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn could_reach(granted: &Path, kept: &Path) -> io::Result<bool> {
    let granted = granted.canonicalize()?;
    let dir = identity(&granted, &fs::metadata(&granted)?);
    let way = way_to(kept)?;
    if way.dirs.contains(&dir) {
        return Ok(true);
    }
    let Some(end) = way.end else { return Ok(false) };
    for above in granted.ancestors() {
        if identity(above, &fs::metadata(above)?) == end {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Which file it is, whatever it is called.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(_: &Path, metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// The standard library has no numbers of files on Windows. The path by which the system knows it tells: there is one,
/// without junctions, short names, and another case.
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(not(unix))]
fn identity(path: &Path, _: &Metadata) -> Identity {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What is passed on the way to a file.
struct Way {
    /// All directories, and the end if it is one.
    dirs: Vec<Identity>,
    /// The end, if it exists.
    end: Option<Identity>,
}

/// Goes to `path` as the system would, one name after the other.
fn way_to(path: &Path) -> io::Result<Way> {
    let path = std::path::absolute(path)?;
    let mut names: VecDeque<PathBuf> = parts(&path).collect();
    let (mut here, mut dirs, mut links) = (PathBuf::new(), Vec::new(), 0usize);
    while let Some(name) = names.pop_front() {
        match name.components().next() {
            Some(Component::ParentDir) => {
                here.pop();
                continue;
            }
            // By itself a drive means its current directory; its root comes next.
            Some(Component::Prefix(_)) => {
                here = name;
                continue;
            }
            _ => {}
        }
        let next = here.join(&name);
        let metadata = match fs::symlink_metadata(&next) {
            // What is not there yet will be made in the last directory that is.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Way { dirs, end: None }),
            metadata => metadata?,
        };
        if metadata.is_symlink() {
            links = links.saturating_add(1);
            if links > LINKS {
                return Err(io::Error::other("there are too many symlinks on the way; name the file itself"));
            }
            let target = fs::read_link(&next)?;
            for name in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                names.push_front(name);
            }
            continue;
        }
        here = next;
        if metadata.is_dir() {
            dirs.push(identity(&here, &metadata));
        }
    }
    let end = identity(&here, &fs::metadata(&here)?);
    Ok(Way { dirs, end: Some(end) })
}

fn parts(path: &Path) -> impl Iterator<Item = PathBuf> {
    // Joining a root or a prefix to a path gives that root.
    path.components().filter(|part| *part != Component::CurDir).map(|part| PathBuf::from(part.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::could_reach;
    use std::fs;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home/data", "home/cache/wasi", "models"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("models/cats.onnx"), "").unwrap();
        dir
    }

    #[test]
    fn what_lies_in_it_and_what_it_lies_in() {
        let dir = tree();
        let reach = |granted: &str, kept: &str| {
            could_reach(&dir.path().join(granted), &dir.path().join(kept)).unwrap()
        };
        for (granted, kept, expected) in [
            ("home", "home/cache/wasi", true),
            ("home/cache/wasi", "home/cache/wasi", true),
            ("home/cache/wasi", "home/cache", true),
            ("home/data", "home/cache/wasi", false),
            ("home/data", "models/cats.onnx", false),
            ("models", "models/cats.onnx", true),
            ("home/../models/.", "home/../models/cats.onnx", true),
            // Not made yet.
            ("home", "home/new/cache", true),
            ("home/data", "home/new/cache", false),
            ("home/data", "home/data", true),
        ] {
            assert_eq!(reach(granted, kept), expected, "{granted} {kept}");
        }
        let root = dir.path().ancestors().last().unwrap();
        assert!(could_reach(root, &dir.path().join("models/cats.onnx")).unwrap());
        assert!(could_reach(&dir.path().join("none"), dir.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_on_either_way() {
        use std::os::unix::fs::symlink;
        let dir = tree();
        let path = |name: &str| dir.path().join(name);
        // The guest could point this elsewhere.
        symlink("../../models", path("home/data/models")).unwrap();
        assert!(could_reach(&path("home/data"), &path("home/data/models/cats.onnx")).unwrap());
        assert!(!could_reach(&path("home/cache"), &path("home/data/models/cats.onnx")).unwrap());
        // Another name for a directory is the same directory.
        symlink(path("home"), path("work")).unwrap();
        assert!(could_reach(&path("work"), &path("home/cache/wasi")).unwrap());
        assert!(could_reach(&path("home"), &path("work/cache/wasi")).unwrap());
        symlink("loop", path("loop")).unwrap();
        assert!(could_reach(&path("home"), &path("loop")).is_err());
    }
}
