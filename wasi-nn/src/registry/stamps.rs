//! The stamps of files, by which a later look sees that a file has changed.

use crate::Error;
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What was changed so shortly before it was looked at can change again without a trace, since the clock of file systems
/// ticks: every 10 ms on Linux at most. Its content is compared then.
const TICK: Duration = Duration::from_millis(100);

/// Files, and how each of them was when it was looked at.
///
/// The system notes when a file, or what it is called, was last changed (`st_ctime`), which no program can set. So a
/// file of the same number, size and times has the same content.
#[derive(Debug, Default)]
pub(super) struct Stamps(HashMap<PathBuf, Stamp>);

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    state: State,
    /// The content of what had just been changed.
    content: Option<blake3::Hash>,
}

/// Which file it is, how large, and when it was last changed.
#[cfg(unix)]
type State = (u64, u64, u64, (i64, i64), (i64, i64));

#[cfg(unix)]
fn state(metadata: &Metadata) -> State {
    use std::os::unix::fs::MetadataExt;
    let (modified, changed) =
        ((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()));
    (metadata.dev(), metadata.ino(), metadata.size(), modified, changed)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let (seconds, nanos) = (metadata.ctime().try_into().ok()?, metadata.ctime_nsec().try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
}

/// Elsewhere the standard library tells less.
#[cfg(not(unix))]
type State = (u64, Option<SystemTime>, Option<SystemTime>);

#[cfg(not(unix))]
fn state(metadata: &Metadata) -> State {
    (metadata.len(), metadata.modified().ok(), metadata.created().ok())
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

impl Stamps {
    /// Looks at a file, or at all that lies in a directory.
    pub(super) fn add(&mut self, path: &Path) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            for entry in fs::read_dir(path)? {
                self.add(&entry?.path())?;
            }
        } else if !metadata.is_file() {
            return Err(io::Error::other("it is neither a file nor a directory"));
        }
        self.0.insert(path.to_owned(), Stamp::of(path)?);
        Ok(())
    }

    /// Looks at the files beside `path`, if there are at most `max`.
    pub(super) fn add_beside(&mut self, path: &Path, max: usize) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        // The parent of a name alone is the working directory.
        let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let names =
            fs::read_dir(listed)?.take(max.saturating_add(1)).flatten().map(|entry| entry.file_name());
        let names: Vec<_> = names.collect();
        if names.len() > max {
            return Ok(());
        }
        for file in names.iter().map(|name| folder.join(name)) {
            if self.knows(&file) || !file.is_file() {
                continue;
            }
            self.0.insert(file.clone(), Stamp::of(&file)?);
        }
        Ok(())
    }

    /// Whether it was looked at.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// The content of a file, if it is what it was.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let unreadable = |error: io::Error| unreadable(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let size = file.metadata().map_err(unreadable)?.len();
        let len = usize::try_from(size).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(len).map_err(|_| {
            Error::runtime(format!("there is no memory for the {len} bytes of `{}`", path.display()))
        })?;
        (&file).take(size).read_to_end(&mut bytes).map_err(unreadable)?;
        // Asked after it was read, so that it did not change meanwhile either.
        let now = state(&file.metadata().map_err(unreadable)?);
        let is_same = self.0.get(path).is_some_and(|stamp| {
            stamp.state == now && stamp.content.is_none_or(|content| content == blake3::hash(&bytes))
        });
        if is_same { Ok(bytes) } else { Err(changed_since(path)) }
    }

    /// Whether all that is, or lies in, `path` is what it was.
    pub(super) fn check(&self, path: &Path) -> Result<(), Error> {
        let (mut before, mut now) = (self.below(path), Stamps::default());
        now.add(path).map_err(|error| unreadable(path, &error))?;
        let has_more = now.0.len() > before.clone().count();
        let differs = |(path, stamp): &(&PathBuf, &Stamp)| match now.0.get(*path) {
            // A hash that one of both lacks was made of a file that has aged meanwhile.
            Some(now) => now.state != stamp.state || content_differs(path, stamp, now),
            None => true,
        };
        match before.find(differs) {
            Some((path, _)) => Err(changed_since(path)),
            None if has_more => Err(changed_since(path)),
            None => Ok(()),
        }
    }

    fn below(&self, path: &Path) -> impl Iterator<Item = (&PathBuf, &Stamp)> + Clone {
        self.0.iter().filter(move |(file, _)| file.starts_with(path))
    }
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let is_old = changed(&metadata)
            .zip(SystemTime::now().checked_sub(TICK))
            .is_some_and(|(changed, recently)| changed < recently);
        let content = if is_old || metadata.is_dir() { None } else { Some(hash(&file, metadata.len())?) };
        Ok(Stamp { state: state(&metadata), content })
    }
}

fn content_differs(path: &Path, before: &Stamp, now: &Stamp) -> bool {
    let Some(content) = before.content else { return false };
    let of_file = || {
        let file = File::open(path)?;
        hash(&file, file.metadata()?.len())
    };
    let now = now.content.map_or_else(of_file, Ok);
    now.ok() != Some(content)
}

/// The hash of the first `size` bytes, which are all unless somebody writes meanwhile: who goes on writing would keep us.
fn hash(file: &File, size: u64) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file.take(size))?;
    Ok(hasher.finalize())
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::invalid_argument(format!("cannot read `{}`: {error}", path.display()))
}

fn changed_since(path: &Path) -> Error {
    let path = path.display();
    Error::runtime(format!(
        "`{path}` has changed since the registry was built; build another to load it as it is now"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Stamps, hash};
    use std::fs::{self, File};
    #[cfg(target_os = "linux")]
    use std::path::Path;

    #[test]
    fn what_changed_is_told_from_what_did_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("model")).unwrap();
        for name in ["model/a", "model/b", "c"] {
            fs::write(path(name), name).unwrap();
        }
        let mut stamps = Stamps::default();
        stamps.add(&path("model")).unwrap();
        stamps.add(&path("c")).unwrap();
        assert!(stamps.check(&path("model")).is_ok() && stamps.check(&path("c")).is_ok());
        assert_eq!(stamps.read(&path("c")).unwrap(), b"c");
        // The same size, in the same tick of the clock.
        fs::write(path("c"), "d").unwrap();
        assert!(stamps.check(&path("c")).unwrap_err().to_string().contains("has changed"));
        assert!(stamps.read(&path("c")).is_err());
        fs::write(path("model/new"), "").unwrap();
        assert!(stamps.check(&path("model")).is_err());
        fs::remove_file(path("model/new")).unwrap();
        fs::remove_file(path("model/b")).unwrap();
        assert!(stamps.check(&path("model")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn an_old_file_is_told_by_its_times() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        // Old enough that its content is not looked at.
        let old = fs::canonicalize("/bin/sh").unwrap();
        symlink(&old, path("model")).unwrap();
        let mut stamps = Stamps::default();
        stamps.add(&path("model")).unwrap();
        assert!(stamps.0[&path("model")].content.is_none());
        assert_eq!(stamps.read(&path("model")).unwrap(), fs::read(&old).unwrap());
        fs::copy(&old, path("copy")).unwrap();
        fs::rename(path("copy"), path("model")).unwrap();
        assert!(stamps.read(&path("model")).is_err());
    }

    /// Somebody may write to a file as fast as it is read.
    #[test]
    fn no_more_is_read_than_the_size_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("grown");
        fs::write(&path, "before and after").unwrap();
        let file = File::open(&path).unwrap();
        assert_eq!(hash(&file, 6).unwrap(), blake3::hash(b"before"));
    }

    /// The system says that such a file has no bytes.
    #[cfg(target_os = "linux")]
    #[test]
    fn no_more_is_given_than_the_size_says() {
        let path = Path::new("/proc/self/maps");
        assert_ne!(fs::read(path).unwrap(), b"");
        let mut stamps = Stamps::default();
        stamps.add(path).unwrap();
        // The system may have made another entry of it meanwhile.
        assert_eq!(stamps.read(path).unwrap_or_default(), b"");
    }

    #[test]
    fn the_files_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        for (max, is_known) in [(3, true), (2, false)] {
            let mut stamps = Stamps::default();
            stamps.add_beside(&dir.path().join("a"), max).unwrap();
            assert_eq!(stamps.knows(&dir.path().join("b")), is_known);
        }
    }
}
