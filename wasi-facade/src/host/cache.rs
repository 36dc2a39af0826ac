//! Compiled code on disk, so that the second start of a module is quick.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What the directory may hold before the entries that were not used for longest go.
const CAPACITY: u64 = 2 << 30;

/// A directory of compiled code, which any number of processes may share.
///
/// An entry is found by a hash of the whole module, the engine's version and its settings, so it is never
/// stale. **Whoever can write the directory can run native code as you**: it must belong to you and give
/// nobody else access, which [`open`](Self::open) sees to, and no guest may be given it with `--dir`.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: Arc<Path>,
}

/// A directory that cannot hold a cache.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It cannot be made, or written.
    #[error("cannot keep compiled code in `{}`: {error}; use another directory, or no cache", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What went wrong.
        #[source]
        error: io::Error,
    },
    /// Others have access to it, or own it.
    #[error(
        "will not take compiled code from `{}`, which others can write; make it yours alone with \
         `chmod 700`, or use another directory",
        .0.display()
    )]
    NotPrivate(PathBuf),
}

impl Cache {
    /// Opens a cache in `dir`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if it cannot be made or written, or is not the user's own and private.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let dir = dir.into();
        match make_private(&dir).and_then(|()| is_private(&dir)) {
            Ok(true) => Ok(Cache { dir: dir.into() }),
            Ok(false) => Err(CacheError::NotPrivate(dir)),
            Err(error) => Err(CacheError::Io { dir, error }),
        }
    }

    /// The place of the code for the binary module that `source` gives, compiled by an engine with these
    /// `settings`. It is read in pieces: to bring a large file into memory takes longer than to hash it.
    pub(super) fn entry(&self, source: impl Read, settings: impl Hash) -> io::Result<Entry<'_>> {
        let mut key = Key(blake3::Hasher::new());
        settings.hash(&mut key);
        key.0.update_reader(source)?;
        Ok(Entry { dir: &self.dir, file: self.dir.join(format!("{}.cwasm", key.0.finalize().to_hex())) })
    }
}

/// The place of one module's code in a cache.
pub(super) struct Entry<'c> {
    dir: &'c Path,
    file: PathBuf,
}

impl Entry<'_> {
    /// Gives the file to `load`, and notes that it was of use.
    pub(super) fn load<T, E>(&self, load: impl FnOnce(File) -> Result<T, E>) -> Result<T, Option<E>> {
        let file = File::open(&self.file).map_err(|_| None)?;
        let again = file.try_clone();
        let loaded = load(file).map_err(Some)?;
        // Only the order in which entries go depends on it.
        let _ = again.and_then(|file| file.set_modified(SystemTime::now()));
        Ok(loaded)
    }

    /// Writes the file, replacing one that did not load; others see the old one or the whole new one.
    pub(super) fn store(&self, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.dir)?;
        file.write_all(code)?;
        // Otherwise a crash of the machine could leave the name without the contents.
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        evict(self.dir, CAPACITY)
    }
}

/// Removes the files that were not used for longest until the rest fits `capacity`. Processes that have one
/// of them mapped keep it.
fn evict(dir: &Path, capacity: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        files.push((metadata.modified()?, metadata.len(), entry.path()));
    }
    files.sort();
    let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in files {
        if total <= capacity {
            break;
        }
        fs::remove_file(path)?;
        total = total.saturating_sub(len);
    }
    Ok(())
}

/// Makes `dir` for this user alone. Directories above it get their usual permissions.
#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Is `dir` the user's own, with access for nobody else? A new file tells who the user is.
#[cfg(unix)]
fn is_private(dir: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let user = tempfile::tempfile_in(dir)?.metadata()?.uid();
    let dir = fs::metadata(dir)?;
    Ok(dir.uid() == user && dir.mode() & 0o077 == 0)
}

/// Elsewhere a directory below the user's own is the user's own.
#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> io::Result<bool> {
    Ok(true)
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
    use super::{Cache, CacheError, evict};
    use std::fs;
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in [(3, "old"), (2, "older-but-used"), (1, "new")] {
            let file = fs::File::create(dir.path().join(name)).unwrap();
            file.set_len(100).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age * 60)).unwrap();
        }
        evict(dir.path(), 250).unwrap();
        assert!(!dir.path().join("old").exists());
        assert!(dir.path().join("older-but-used").exists());
        assert!(dir.path().join("new").exists());
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
