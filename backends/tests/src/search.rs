//! Helpers for tests of the search for a library, which is done in a copy of the test's process.

use std::path::Path;
use std::process::Command;
use test_support::copy;

/// The variables that are searched for any library; a test sets some, and none comes from outside.
const VARIABLES: &[&str] =
    &["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "HOME"];

/// What a copy of a test says that searches its environment, of which only `prepare` has set something. The test prints it
/// with [`say`].
///
/// * `test`: the name of the test, which does the search where `test_support::copy::mode` is something
/// * `own`: the variables that only this library is searched by
#[track_caller]
pub fn searched(test: &str, own: &[&str], prepare: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = copy::command(test, "search");
    for variable in VARIABLES.iter().chain(own) {
        command.env_remove(variable);
    }
    let text = copy::run(prepare(&mut command));
    let line = text.lines().find_map(|line| line.split_once("search: ")).unwrap_or_else(|| panic!("{text}"));
    line.1.to_owned()
}

/// Prints what [`searched`] gives.
pub fn say(what: &str) {
    println!("search: {what}");
}

/// Links a folder to where another is looked for.
pub fn link(original: &Path, link: &Path) {
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(original, link).unwrap();
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(original, link).unwrap();
}
