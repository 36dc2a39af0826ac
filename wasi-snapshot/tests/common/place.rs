//! A directory that a test gives to guests and looks at from outside, on the host or in memory.

use super::layer::Layer;
use super::ops::{REGULAR_FILE, SOCKET_STREAM, SYMBOLIC_LINK, TYPE_DIRECTORY, UNKNOWN};
use super::system::{self, symlink};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tempfile::TempDir;
use wasi_snapshot::{
    Dir, Errno, Filestat, Filetype, HostDir, MemDir, MemLimits, OpenHow, Opened, PathRef, Perms,
    WasiCtxBuilder,
};

/// What tests of files are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    Host,
    /// The host, below a layer that an embedder might write.
    Layered,
    Memory,
}

/// What a directory in memory can hold: more than any test of files needs.
pub(crate) const MEMORY: usize = 8 << 20;

/// A directory, seen without a guest: by the host's own calls, or by those of `Dir` on what is in memory.
#[derive(Clone)]
pub(crate) enum Place {
    /// The last says whether guests get it below a layer.
    Host(Rc<TempDir>, PathBuf, bool),
    Memory(MemDir),
}

impl Place {
    /// An empty directory.
    pub(crate) fn new(ground: Ground) -> Self {
        match ground {
            Ground::Host => Place::host_in(&std::env::temp_dir()),
            Ground::Layered => Place::of_host(TempDir::new().unwrap(), true),
            Ground::Memory => Place::Memory(MemDir::new(MemLimits::default().max_bytes(MEMORY))),
        }
    }

    /// An empty directory of the host's, somewhere below another.
    pub(crate) fn host_in(above: &Path) -> Self {
        Place::of_host(TempDir::new_in(above).unwrap(), false)
    }

    /// A directory of the host's, which guests get below a layer or as it is.
    pub(crate) fn of_host(root: TempDir, layered: bool) -> Self {
        let path = root.path().to_owned();
        Place::Host(Rc::new(root), path, layered)
    }

    /// A directory in it.
    pub(crate) fn at(&self, path: &str) -> Self {
        match self {
            Place::Host(root, here, layered) => Place::Host(Rc::clone(root), here.join(path), *layered),
            Place::Memory(dir) => {
                let mut how = OpenHow::read();
                how.directory = true;
                let Ok(Opened::Dir(dir)) = dir.open(&parse(path), how) else {
                    panic!("{path} is no directory")
                };
                Place::Memory(dir.downcast_ref::<MemDir>().unwrap().clone())
            }
        }
    }

    /// Where it is on the host, for tests of what only the host has.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Place::Host(_, path, _) => path,
            Place::Memory(_) => panic!("what is in memory has no path"),
        }
    }

    /// Gives it to a guest.
    pub(crate) fn preopen(&self, builder: WasiCtxBuilder, guest: &str, perms: Perms) -> WasiCtxBuilder {
        match self {
            Place::Host(_, path, true) => {
                builder.preopen(Layer::new(HostDir::open(path).unwrap()), guest, perms)
            }
            Place::Host(_, path, false) => builder.preopen_dir(path, guest, perms),
            Place::Memory(dir) => builder.preopen(dir.clone(), guest, perms),
        }
    }

    /// Makes a directory, and those on the way to it.
    pub(crate) fn make_dir(&self, path: &str) {
        match self {
            Place::Host(_, here, _) => fs::create_dir_all(here.join(path)).unwrap(),
            Place::Memory(dir) => {
                for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
                    let made = dir.create_dir(&parse(&path[..end]));
                    assert!(matches!(made, Ok(()) | Err(Errno::Exist)), "{path}: {made:?}");
                }
            }
        }
    }

    /// Makes a file.
    pub(crate) fn make_file(&self, path: &str, contents: impl AsRef<[u8]>) {
        let contents = contents.as_ref();
        match self {
            Place::Host(_, here, _) => fs::write(here.join(path), contents).unwrap(),
            Place::Memory(dir) => dir.add(path, contents.to_vec()).unwrap(),
        }
    }

    /// Makes a symlink, to an absolute path if need be, which no guest can.
    pub(crate) fn make_link(&self, target: &str, path: &str) {
        match self {
            Place::Host(_, here, _) => symlink(target, here.join(path)).unwrap(),
            Place::Memory(dir) => dir.symlink(target, &parse(path)).unwrap(),
        }
    }

    pub(crate) fn make_hard_link(&self, old: &str, new: &str) {
        match self {
            Place::Host(_, here, _) => fs::hard_link(here.join(old), here.join(new)).unwrap(),
            Place::Memory(dir) => dir.link(&parse(old), dir, &parse(new)).unwrap(),
        }
    }

    /// Removes a file or a symlink.
    pub(crate) fn remove_file(&self, path: &str) {
        match self {
            Place::Host(_, here, _) => fs::remove_file(here.join(path)).unwrap(),
            Place::Memory(dir) => dir.unlink(&parse(path)).unwrap(),
        }
    }

    /// The contents of the file that a path leads to.
    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        match self {
            Place::Host(_, here, _) => fs::read(here.join(path)).unwrap(),
            Place::Memory(dir) => dir.read(path).unwrap(),
        }
    }

    /// The target of a symlink.
    pub(crate) fn target(&self, path: &str) -> String {
        match self {
            Place::Host(_, here, _) => {
                let target = fs::read_link(here.join(path)).unwrap();
                String::from_utf8(system::bytes(target.as_os_str())).unwrap()
            }
            Place::Memory(dir) => dir.read_link(&parse(path)).unwrap(),
        }
    }

    /// Attributes of what has a name, of a symlink itself.
    pub(crate) fn stat(&self, path: &str) -> Option<Filestat> {
        match self {
            Place::Host(_, here, _) => of_host(&here.join(path)).ok(),
            Place::Memory(dir) => dir.stat(&parse(path), false).ok(),
        }
    }

    /// Is there something with that name, be it a dangling symlink?
    pub(crate) fn has(&self, path: &str) -> bool {
        self.stat(path).is_some()
    }

    /// Names and types of the entries.
    pub(crate) fn list(&self) -> BTreeMap<Vec<u8>, u8> {
        match self {
            Place::Host(_, here, _) => {
                let entries = fs::read_dir(here).unwrap().map(Result::unwrap);
                let types = entries.map(|entry| {
                    let stat = of_host(&entry.path()).unwrap();
                    (system::bytes(&entry.file_name()), number(stat.filetype))
                });
                types.collect()
            }
            Place::Memory(dir) => {
                let mut found = BTreeMap::new();
                let listed = dir.list(&mut |entry| {
                    found.insert(entry.name.as_bytes().to_vec(), number(entry.filetype));
                    Ok(())
                });
                listed.unwrap();
                found
            }
        }
    }

    /// What is at each path below: all attributes but the access time, which reading may change; and contents.
    pub(crate) fn describe(&self) -> BTreeMap<Vec<u8>, String> {
        match self {
            Place::Host(_, path, _) => super::tree::describe(path),
            Place::Memory(dir) => {
                let mut found = BTreeMap::new();
                describe(dir, "", &mut found);
                found
            }
        }
    }
}

fn parse(path: &str) -> PathRef<'_> {
    PathRef::parse(path).unwrap_or_else(|errno| panic!("{path}: {errno}"))
}

fn describe(root: &MemDir, path: &str, found: &mut BTreeMap<Vec<u8>, String>) {
    let here = parse(if path.is_empty() { "." } else { path });
    let stat = root.stat(&here, false).unwrap();
    let contents = match stat.filetype {
        Filetype::RegularFile => root.read(path).unwrap().escape_ascii().to_string(),
        Filetype::SymbolicLink => format!("-> {:?}", root.read_link(&here).unwrap()),
        _ => String::new(),
    };
    let line =
        format!("{:?} links {} ino {} mtime {} {contents}", stat.filetype, stat.nlink, stat.ino, stat.mtim);
    found.insert(path.as_bytes().to_vec(), line);
    if stat.filetype == Filetype::Directory {
        let place = Place::Memory(root.clone());
        let dir = if path.is_empty() { place } else { place.at(path) };
        for name in dir.list().keys() {
            let name = std::str::from_utf8(name).unwrap();
            let below = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            describe(root, &below, found);
        }
    }
}

/// The attributes that guests are told, but for the numbers, which are hidden from them.
fn of_host(path: &Path) -> std::io::Result<Filestat> {
    Ok(system::filestat(path, &path.symlink_metadata()?))
}

/// The number of a type in the witx.
pub(crate) fn number(filetype: Filetype) -> u8 {
    match filetype {
        Filetype::Directory => TYPE_DIRECTORY,
        Filetype::RegularFile => REGULAR_FILE,
        Filetype::SymbolicLink => SYMBOLIC_LINK,
        Filetype::SocketStream => SOCKET_STREAM,
        _ => UNKNOWN,
    }
}
