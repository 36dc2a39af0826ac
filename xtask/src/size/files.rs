//! The tracked files at an earlier revision, and which one.

use crate::project::Files;
use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The files of `revision`, read from git's objects.
pub(super) fn at(shell: &Shell, revision: &str) -> Result<Files> {
    let format = "--format=%(objectname) %(path)";
    let list = cmd!(shell, "git ls-tree -r -z {format} {revision}")
        .quiet()
        .read()
        .with_context(|| format!("git knows no revision {revision:?}"))?;
    let entries: Vec<_> = list.split('\0').filter_map(|entry| entry.split_once(' ')).collect();
    let names: String = entries.iter().map(|(object, _)| format!("{object}\n")).collect();
    let batch = cmd!(shell, "git cat-file --batch").stdin(names).quiet().output()?.stdout;
    let contents = split(&batch).context("git cat-file --batch answers in another form")?;
    Ok(entries.iter().map(|(_, path)| (*path).to_owned()).zip(contents).collect())
}

/// The contents in the output of `git cat-file --batch`: a line with a length at its end, and that many bytes.
fn split(mut batch: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut contents = Vec::new();
    while !batch.is_empty() {
        let end = batch.iter().position(|byte| *byte == b'\n')?;
        let len: usize = std::str::from_utf8(&batch[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
        contents.push(batch.get(end + 1..end + 1 + len)?.to_vec());
        batch = batch.get(end + 1 + len + 1..)?;
    }
    Some(contents)
}

/// What to compare with: the newest tag of a release, or `main` if nothing was released.
pub(super) fn base(shell: &Shell) -> Option<String> {
    let tag = cmd!(shell, "git describe --tags --abbrev=0 --match *-v[0-9]*").quiet().ignore_stderr().read();
    let known = |revision: &str| {
        cmd!(shell, "git rev-parse --verify --quiet {revision}").quiet().ignore_stderr().read().is_ok()
    };
    let branch = || ["origin/main", "main"].into_iter().find(|branch| known(branch)).map(str::to_owned);
    tag.ok().filter(|tag| !tag.is_empty()).or_else(branch)
}

#[cfg(test)]
mod tests {
    use super::{at, split};
    use crate::project;

    #[test]
    fn objects_are_cut_by_their_lengths() {
        let batch = b"0a blob 3\na\nb\n0b blob 0\n\n";
        assert_eq!(split(batch).unwrap(), [b"a\nb".to_vec(), Vec::new()]);
        assert_eq!(split(b"0a blob 9\na\n"), None);
        assert_eq!(split(b"0a missing\n"), None);
    }

    #[test]
    fn files_of_a_revision_are_those_of_git() {
        let shell = project::shell().unwrap();
        let files = at(&shell, "HEAD").unwrap();
        let count =
            xshell::cmd!(shell, "git ls-tree -r --name-only HEAD").quiet().read().unwrap().lines().count();
        assert_eq!(files.len(), count);
        let license = xshell::cmd!(shell, "git show HEAD:LICENSE").quiet().output().unwrap().stdout;
        assert_eq!(files["LICENSE"], license);
        assert!(at(&shell, "no-such-revision").is_err());
    }
}
