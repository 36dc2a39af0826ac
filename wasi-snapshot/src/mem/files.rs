//! The iterator over the files of a directory in memory.

use super::SharedTree;
use super::file::Held;
use super::tree::Id;
use std::sync::Arc;

/// All names below a directory, as they were at one moment, and how far they have been looked at.
pub(super) struct Files {
    shared: Arc<SharedTree>,
    names: Vec<Name>,
    next: usize,
}

struct Name {
    /// Which of the names that of the directory is, unless that is where the search began.
    above: Option<usize>,
    name: Box<str>,
    id: Id,
}

impl Files {
    pub(super) fn new(dir: &Held) -> Self {
        let mut names = Vec::new();
        let tree = dir.shared.lock();
        let entries = |id| tree.entries(id).into_iter().flatten();
        // Not by recursion: a guest makes the tree as deep as it likes.
        let mut open = vec![(None, entries(dir.id))];
        while let Some((above, rest)) = open.last_mut() {
            let Some((name, id)) = rest.next() else {
                open.pop();
                continue;
            };
            let here = names.len();
            names.push(Name { above: *above, name: name.clone(), id: *id });
            open.push((Some(here), entries(*id)));
        }
        drop(open);
        drop(tree);
        Files { shared: Arc::clone(&dir.shared), names, next: 0 }
    }

    fn path(&self, name: &Name) -> String {
        let above = |name: &&Name| self.names.get(name.above?);
        let mut steps: Vec<&str> = std::iter::successors(Some(name), above).map(|name| &*name.name).collect();
        steps.reverse();
        steps.join("/")
    }
}

impl Iterator for Files {
    type Item = (String, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let name = self.names.get(self.next)?;
            self.next = self.next.saturating_add(1);
            // What is no file has no contents, and neither has what is gone.
            let bytes = self.shared.lock().contents(name.id).map(|contents| contents.as_ref().to_vec());
            if let Ok(bytes) = bytes {
                return Some((self.path(name), bytes));
            }
        }
    }
}
