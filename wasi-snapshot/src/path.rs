//! Guest paths: their checks, before anything else sees them, and their components.

use crate::errno::Errno;

/// A relative path without trailing slashes or a trailing `/.`.
///
/// Kernels and libraries disagree about what those mean, and a library that put a slash back after it had
/// resolved a path let guests escape (GHSA-vqjp-4c8c-hfgg). So they are taken off here, once, and what
/// they said is kept beside the path.
///
/// A [`Dir`](crate::Dir) gets its paths like this. What is left for it to resolve are names, `..`, and
/// symlinks if it has any: [`components`](Self::components) takes them apart.
///
/// ```
/// use wasi_snapshot::{Component, Errno, PathRef};
///
/// let path = PathRef::parse("a/./b//../c/")?;
/// assert_eq!(path.as_str(), "a/./b//../c");
/// assert!(path.must_be_dir());
/// let components: Vec<_> = path.components().collect();
/// let (a, b, c) = (Component::Name("a"), Component::Name("b"), Component::Name("c"));
/// assert_eq!(components, [a, b, Component::Parent, c]);
/// assert_eq!(PathRef::parse("/etc"), Err(Errno::Perm));
/// # Ok::<(), Errno>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRef<'a> {
    path: &'a str,
    must_be_dir: bool,
    last: Last,
}

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component<'a> {
    /// To the entry of this name: UTF-8, without slashes and NULs, and neither empty nor `.` nor `..`.
    Name(&'a str),
    /// `..`: to the directory above. Above the one that the path starts in, it is `perm`.
    Parent,
}

/// The steps of a relative path; empty ones and `.` are left out.
pub(crate) fn components(path: &str) -> impl DoubleEndedIterator<Item = Component<'_>> {
    path.split('/').filter_map(|part| match part {
        "" | "." => None,
        ".." => Some(Component::Parent),
        name => Some(Component::Name(name)),
    })
}

/// What the last component of a path is, once trailing slashes are off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// A name.
    Name,
    /// `.`
    Dot,
    /// `..`
    DotDot,
}

impl<'a> PathRef<'a> {
    /// Checks a path and takes its end apart.
    ///
    /// # Errors
    ///
    /// `noent` for an empty path, `inval` for one with a NUL, `perm` for an absolute one. Paths that leave
    /// the directory on their way are found when they are resolved.
    pub fn parse(path: &'a str) -> Result<Self, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.contains('\0') {
            return Err(Errno::Inval);
        }
        if path.starts_with('/') {
            return Err(Errno::Perm);
        }
        let named = path.trim_end_matches('/');
        let last = match named.rsplit('/').next() {
            Some(".") => Last::Dot,
            Some("..") => Last::DotDot,
            _ => Last::Name,
        };
        let mut stripped = named;
        while let Some(shorter) = stripped.strip_suffix("/.") {
            stripped = shorter.trim_end_matches('/');
        }
        Ok(PathRef { path: stripped, must_be_dir: last != Last::Name || named.len() != path.len(), last })
    }

    /// A single step to a name.
    pub(crate) fn name(name: &'a str, must_be_dir: bool) -> Self {
        PathRef { path: name, must_be_dir, last: Last::Name }
    }

    /// The path without what was taken off; never empty, and its last byte is no slash.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.path
    }

    /// Did the guest end the path in a way that only fits a directory?
    ///
    /// Before it calls a [`Dir`](crate::Dir), the core has made sure that the path fits, except for
    /// [`open`](crate::Dir::open), where [`OpenHow::directory`](crate::OpenHow) says it too.
    #[must_use]
    pub fn must_be_dir(&self) -> bool {
        self.must_be_dir
    }

    /// The steps of the path; empty ones and `.` are left out, so a path to the directory itself has none.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = Component<'a>> {
        components(self.path)
    }

    /// The same path where a slash at its end has been dealt with.
    pub(crate) fn without_slash(&self) -> Self {
        PathRef { must_be_dir: self.last != Last::Name, ..*self }
    }

    /// The kind of the last component.
    pub(crate) fn last(&self) -> Last {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::{Last, PathRef};
    use crate::errno::Errno;
    use proptest::prelude::*;

    #[test]
    fn ends_of_paths() {
        let table = [
            ("a", "a", false, Last::Name),
            ("a/b", "a/b", false, Last::Name),
            ("a/", "a", true, Last::Name),
            ("a//", "a", true, Last::Name),
            ("a/.", "a", true, Last::Dot),
            ("a/./", "a", true, Last::Dot),
            ("a/././/", "a", true, Last::Dot),
            (".", ".", true, Last::Dot),
            ("./", ".", true, Last::Dot),
            ("./.", ".", true, Last::Dot),
            ("..", "..", true, Last::DotDot),
            ("a/..", "a/..", true, Last::DotDot),
            ("a/../", "a/..", true, Last::DotDot),
            ("a/../.", "a/..", true, Last::Dot),
            (".a", ".a", false, Last::Name),
            ("a.", "a.", false, Last::Name),
            ("a/b.", "a/b.", false, Last::Name),
            ("./a", "./a", false, Last::Name),
        ];
        for (path, stripped, must_be_dir, last) in table {
            assert_eq!(PathRef::parse(path), Ok(PathRef { path: stripped, must_be_dir, last }), "{path}");
        }
    }

    #[test]
    fn refused_paths() {
        for (path, errno) in [
            ("", Errno::Noent),
            ("/", Errno::Perm),
            ("//", Errno::Perm),
            ("/.", Errno::Perm),
            ("/etc/passwd", Errno::Perm),
            ("a\0", Errno::Inval),
            ("\0", Errno::Inval),
        ] {
            assert_eq!(PathRef::parse(path), Err(errno), "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_left_names_the_same_thing(path in "[./a]{1,12}") {
            if let Ok(parsed) = PathRef::parse(&path) {
                let left = parsed.as_str();
                prop_assert!(!left.is_empty() && !left.ends_with('/') && !left.ends_with("/."));
                // `Path` drops the same redundancies when it is taken apart.
                let components = |path: &str| {
                    std::path::Path::new(path).components().map(|part| part.as_os_str().to_owned())
                        .collect::<Vec<_>>()
                };
                prop_assert_eq!(components(left), components(&path));
            }
        }
    }
}
