//! A directory over another one, by the public traits alone: the least that an overlay is. It changes nothing, so that
//! guests must find no difference.

use wasi_snapshot::{
    Dir, DirEntry, Errno, File, Filestat, Filetype, HostDir, OpenHow, Opened, PathRef, ReadyFlag, SetTime,
};

pub(crate) struct Layer(HostDir);

/// A regular file that was opened in a layer. Guests get streams and devices as they are below.
struct LayeredFile(Box<dyn File>);

impl Layer {
    pub(crate) fn new(below: HostDir) -> Self {
        Layer(below)
    }

    fn below(dir: &dyn Dir) -> &HostDir {
        &dir.downcast_ref::<Layer>().expect("the core gives directories of one type only").0
    }
}

impl Dir for Layer {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.0.filestat()
    }

    fn open(&self, path: &PathRef<'_>, how: OpenHow) -> Result<Opened, Errno> {
        Ok(match self.0.open(path, how)? {
            Opened::Dir(dir) => Opened::dir(Layer(dir.downcast_ref::<HostDir>().unwrap().clone())),
            Opened::File(file) if file.filestat()?.filetype == Filetype::RegularFile => {
                Opened::file(LayeredFile(file))
            }
            other => other,
        })
    }

    fn stat(&self, path: &PathRef<'_>, follow: bool) -> Result<Filestat, Errno> {
        self.0.stat(path, follow)
    }

    fn list(&self, visit: &mut dyn FnMut(DirEntry<'_>) -> Result<(), Errno>) -> Result<(), Errno> {
        self.0.list(visit)
    }

    fn sync(&self) -> Result<(), Errno> {
        self.0.sync()
    }

    fn read_link(&self, path: &PathRef<'_>) -> Result<String, Errno> {
        self.0.read_link(path)
    }

    fn set_times(
        &self,
        path: &PathRef<'_>,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<(), Errno> {
        self.0.set_times(path, follow, accessed, modified)
    }

    fn create_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.create_dir(path)
    }

    fn remove_dir(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.remove_dir(path)
    }

    fn unlink(&self, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.unlink(path)
    }

    fn symlink(&self, target: &str, path: &PathRef<'_>) -> Result<(), Errno> {
        self.0.symlink(target, path)
    }

    fn rename(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.0.rename(from, Layer::below(dir), to)
    }

    fn link(&self, from: &PathRef<'_>, dir: &dyn Dir, to: &PathRef<'_>) -> Result<(), Errno> {
        self.0.link(from, Layer::below(dir), to)
    }
}

impl File for LayeredFile {
    fn filestat(&self) -> Result<Filestat, Errno> {
        self.0.filestat()
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> Result<usize, Errno> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.0.write_at(bytes, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        self.0.append(bytes)
    }

    fn set_size(&mut self, size: u64) -> Result<(), Errno> {
        self.0.set_size(size)
    }

    fn set_times(&mut self, accessed: SetTime, modified: SetTime) -> Result<(), Errno> {
        self.0.set_times(accessed, modified)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        self.0.sync()
    }

    fn readable(&self) -> Option<&ReadyFlag> {
        self.0.readable()
    }

    fn writable(&self) -> Option<&ReadyFlag> {
        self.0.writable()
    }
}
