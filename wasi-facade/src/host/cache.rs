//! The cache of compiled code on disk, which makes the second start of a module quick.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use system::{is_private, make_private, open_to_date, replaceable};

/// What the directory may hold before the entries that were not used for longest go.
const CAPACITY: u64 = 2 << 30;

/// The end of the name of an entry, and of a file that will become one.
const ENTRY: &str = ".cwasm";
const UNFINISHED: &str = ".part";

/// How old an unfinished file is that nobody writes any more: writing one takes seconds.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A directory of compiled code, which any number of processes may share.
///
/// An entry is found by a hash of the whole module, the engine's version and its settings, so it is never
/// stale. **Whoever can write the directory can run native code as you**: it must belong to you and give
/// nobody else access, which [`open`](Self::open) sees to, and no guest may be given it to write, which
/// [`could_reach`](crate::could_reach) tells.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: Arc<Path>,
}

/// A directory that cannot hold a cache.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It cannot be made, or not be read.
    #[error("cannot keep compiled code in `{}`: {error}; use another directory, or no cache", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
    /// Others have access to it, or own it.
    #[error(
        "will not take compiled code from `{}`, which others can write; make it yours alone with \
         `{}`, or use another directory",
        .0.display(),
        system::MAKES_PRIVATE
    )]
    NotPrivate(PathBuf),
    /// Others can put another directory in its place.
    #[error(
        "will not take compiled code from `{}`, since others can write `{}` above it; use a directory below one of \
         your own",
        dir.display(),
        above.display()
    )]
    Replaceable {
        /// The directory.
        dir: PathBuf,
        /// The one above it.
        above: PathBuf,
    },
}

impl Cache {
    /// Opens a cache in `dir`, which is made if it is missing. One that cannot be written gives what it has.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if it cannot be made or read, or is not the user's own and private.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let dir = dir.into();
        let checked = || {
            make_private(&dir)?;
            // From here on the way to it has no symlink, which somebody could point elsewhere.
            let real = dir.canonicalize()?;
            if !is_private(&real)? {
                return Ok(Err(CacheError::NotPrivate(dir.clone())));
            }
            fs::read_dir(&real)?;
            Ok(match replaceable(&real)? {
                Some(above) => Err(CacheError::Replaceable { dir: dir.clone(), above }),
                None => Ok(Cache { dir: real.into() }),
            })
        };
        checked().unwrap_or_else(|error| Err(CacheError::Io { dir: dir.clone(), error }))
    }

    /// The directory, without symlinks on the way to it.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The place of the code for the binary module that `source` gives, compiled by an engine with these
    /// `settings`. It is read in pieces: to bring a large file into memory takes longer than to hash it.
    pub(super) fn entry(&self, source: impl Read, settings: impl Hash) -> io::Result<CacheEntry<'_>> {
        let mut key = Key(blake3::Hasher::new());
        settings.hash(&mut key);
        key.0.update_reader(source)?;
        Ok(CacheEntry {
            dir: &self.dir,
            file: self.dir.join(format!("{}{ENTRY}", key.0.finalize().to_hex())),
        })
    }
}

/// The place of one module's code in a cache.
pub(super) struct CacheEntry<'c> {
    dir: &'c Path,
    file: PathBuf,
}

impl CacheEntry<'_> {
    /// Gives the file to `load`, and notes that it was of use.
    pub(super) fn load<T, E>(&self, load: impl FnOnce(&Path) -> Result<T, E>) -> Result<T, E> {
        let loaded = load(&self.file)?;
        // Only the order in which entries go depends on it.
        let _ = open_to_date(&self.file).and_then(|file| file.set_modified(SystemTime::now()));
        Ok(loaded)
    }

    /// Writes the file, replacing one that did not load; others see the old one or the whole new one.
    pub(super) fn store(&self, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(self.dir)?;
        file.write_all(code)?;
        // Otherwise a crash of the machine could leave the name without the contents.
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        evict(self.dir, CAPACITY)
    }
}

/// Removes the entries that were not used for longest until the rest fits `capacity`. Processes that have one of them
/// mapped keep it; Windows refuses to remove it until they end, so others go in its place.
///
/// Other processes do the same at the same time: what they removed is gone, and what they have not finished is theirs,
/// unless it is so old that whoever wrote it must have died.
fn evict(dir: &Path, capacity: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let Some(metadata) = unless_gone(entry.metadata())? else { continue };
        let (path, modified) = (entry.path(), metadata.modified()?);
        let has_end = |end: &str| path.as_os_str().as_encoded_bytes().ends_with(end.as_bytes());
        if has_end(UNFINISHED) && modified.elapsed().is_ok_and(|age| age > ABANDONED) {
            unless_gone(fs::remove_file(path))?;
        } else if has_end(ENTRY) {
            files.push((modified, metadata.len(), path));
        }
    }
    files.sort();
    let mut total = files.iter().fold(0u64, |total, (_, len, _)| total.saturating_add(*len));
    for (_, len, path) in files {
        if total <= capacity {
            break;
        }
        if unless_gone(fs::remove_file(path)).is_ok() {
            total = total.saturating_sub(len);
        }
    }
    Ok(())
}

fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets engines describe their settings to the hash.
struct Key(blake3::Hasher);

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest is taken from the field.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::CacheError;
    use super::{Cache, evict};
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    /// A file of 100 bytes that was last used so many minutes ago.
    fn file(path: &Path, minutes: u64) {
        let file = fs::File::create(path).unwrap();
        file.set_len(100).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(minutes * 60)).unwrap();
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in [(3, "old.cwasm"), (2, "older-but-used.cwasm"), (1, "new.cwasm")] {
            file(&dir.path().join(name), age);
        }
        evict(dir.path(), 250).unwrap();
        assert!(!dir.path().join("old.cwasm").exists());
        assert!(dir.path().join("older-but-used.cwasm").exists());
        assert!(dir.path().join("new.cwasm").exists());
    }

    #[test]
    fn what_another_process_writes_stays_until_nobody_can_be_at_it() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in
            [(60, "a.part"), (3 * 24 * 60, "b.part"), (9 * 24 * 60, "notes.txt"), (1, "c.cwasm")]
        {
            file(&dir.path().join(name), age);
        }
        evict(dir.path(), 0).unwrap();
        let left: BTreeSet<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, BTreeSet::from(["a.part".into(), "notes.txt".into()]));
    }

    #[test]
    fn processes_that_evict_at_the_same_time_both_get_to_the_end() {
        let dir = tempfile::tempdir().unwrap();
        for index in 0..500 {
            file(&dir.path().join(format!("{index}.cwasm")), index);
        }
        std::thread::scope(|scope| {
            let evictions: Vec<_> = (0..4).map(|_| scope.spawn(|| evict(dir.path(), 1000))).collect();
            assert!(evictions.into_iter().all(|eviction| eviction.join().unwrap().is_ok()));
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_can_replace_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("above/cache");
        assert!(Cache::open(&cache).is_ok());
        let above = dir.path().join("above");
        let mode = |mode| fs::set_permissions(&above, fs::Permissions::from_mode(mode)).unwrap();
        for writable in [0o777, 0o770, 0o702] {
            mode(writable);
            let refused = Cache::open(&cache).unwrap_err();
            assert!(
                matches!(&refused, CacheError::Replaceable { above: named, .. } if named.ends_with("above"))
            );
        }
        // As a directory for temporary files has it: nobody can rename what belongs to another.
        mode(0o1777);
        assert!(Cache::open(&cache).is_ok());
        // A symlink is looked through.
        mode(0o777);
        std::os::unix::fs::symlink(&cache, dir.path().join("link")).unwrap();
        assert!(matches!(Cache::open(dir.path().join("link")), Err(CacheError::Replaceable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_of_others_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert!(matches!(Cache::open(dir.path()), Err(CacheError::NotPrivate(_))));
    }

    #[test]
    fn settings_and_modules_have_entries_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path().join("a/b")).unwrap();
        let file = |source: &[u8], settings: u32| cache.entry(source, settings).unwrap().file;
        assert_eq!(file(b"x", 1), file(b"x", 1));
        assert_ne!(file(b"x", 1), file(b"x", 2));
        assert_ne!(file(b"x", 1), file(b"y", 1));
    }
}
