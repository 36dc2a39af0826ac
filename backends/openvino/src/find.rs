//! The search for OpenVINO's library, at a given path or in the environment.
//!
//! Installations name it differently: archives and packages have `libopenvino_c.so`, Python's wheel has
//! `libopenvino_c.so.2641` and nothing else, which `openvino-finder` does not look for.

use std::env;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsString;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use wasi_nn::Error;

/// Names the library's file or its folder, and is looked at before all else in the environment.
pub(super) const VARIABLE: &str = "WASI_NN_OPENVINO";

/// Variables that name an installation, or one of several.
const INSTALLATIONS: &[&str] = &["OPENVINO_INSTALL_DIR", "INTEL_OPENVINO_DIR", "OPENVINO_BUILD_DIR"];

/// Where an installation has its libraries.
const BELOW_INSTALLATIONS: &[&str] = &[
    "runtime/lib/intel64",
    "runtime/lib/intel64/Release",
    "runtime/lib/aarch64",
    "runtime/lib/aarch64/Release",
    "runtime/lib/arm64",
    "runtime/lib/arm64/Release",
    "runtime/bin/intel64/Release",
    "runtime/bin/arm64/Release",
    "bin/intel64/Release",
    "bin/aarch64/Release",
    "bin/arm64/Release",
];

/// Variables that name a Python environment.
const PYTHON_PREFIXES: &[&str] = &["VIRTUAL_ENV", "CONDA_PREFIX"];

/// Where the environment has the system look for libraries.
const LIBRARY_PATH: &str = if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else if cfg!(windows) {
    "PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// Where to look.
#[derive(Clone, Debug)]
pub(super) enum Search {
    /// In this file or folder and nowhere else, for it is meant.
    Path(PathBuf),
    /// Where the environment and the system's habits point.
    Environment,
    /// Nowhere.
    Nowhere,
}

/// The library's file, without links on the way: its plugins lie beside the file itself.
pub(super) fn find(search: &Search) -> Result<PathBuf, Error> {
    let mut tried = Vec::new();
    let found = match search {
        Search::Path(path) => in_path(path, &mut tried),
        Search::Environment => in_environment(&|name| env::var_os(name), &mut tried),
        Search::Nowhere => None,
    };
    found.and_then(|file| file.canonicalize().ok()).ok_or_else(|| absent(&tried))
}

fn absent(tried: &[String]) -> Error {
    let places = if tried.is_empty() {
        "nothing was searched, since no path was given and the environment is not to be used".to_owned()
    } else {
        format!("tried {}", tried.join(", "))
    };
    Error::runtime(format!("OpenVINO is absent; install it, or give the path of its library; {places}"))
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn in_environment(variables: Variables<'_>, tried: &mut Vec<String>) -> Option<PathBuf> {
    if let Some(path) = variables(VARIABLE).filter(|path| !path.is_empty()) {
        tried.push(format!("${VARIABLE}"));
        return in_path(Path::new(&path), tried);
    }
    tried.push(format!("${VARIABLE} (not set)"));
    tried.push("the places of openvino-finder".to_owned());
    // It panics where a folder cannot be listed.
    let found = catch_unwind(|| openvino_finder::find("openvino_c", openvino_finder::Linking::Dynamic));
    // Relative to the working directory, anybody who writes there could have the host load anything.
    let found = found.ok().flatten().filter(|file| file.is_absolute());
    found.or_else(|| folders(variables).iter().find_map(|folder| in_folder(folder, tried)))
}

/// A file is taken as it is.
fn in_path(path: &Path, tried: &mut Vec<String>) -> Option<PathBuf> {
    if path.is_dir() {
        return in_folder(path, tried);
    }
    tried.push(path.display().to_string());
    path.is_file().then(|| path.to_owned())
}

/// The library of the highest version in a folder.
fn in_folder(folder: &Path, tried: &mut Vec<String>) -> Option<PathBuf> {
    tried.push(folder.display().to_string());
    let entries = folder.read_dir().ok()?.flatten();
    let named = entries.filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path())));
    named.filter(|(_, path)| path.is_file()).max().map(|(_, path)| path)
}

/// The version in the name of a library's file, as numbers. One without a version goes before all, as it is
/// what whoever installed several has chosen.
fn version(file_name: &str) -> Option<(bool, Vec<u64>)> {
    let rest = file_name.strip_prefix(DLL_PREFIX)?.strip_prefix("openvino_c")?;
    let (before, after) = rest.split_once(DLL_SUFFIX)?;
    let parts = before.split('.').chain(after.split('.')).filter(|part| !part.is_empty());
    let numbers: Vec<u64> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    Some((numbers.is_empty(), numbers))
}

/// The folders that the environment points to, in which versions may stand in names.
fn folders(variables: Variables<'_>) -> Vec<PathBuf> {
    let one = |name: &&str| variables(name).map(PathBuf::from);
    let many = |name: &str| {
        let value = variables(name).unwrap_or_default();
        env::split_paths(&value).collect::<Vec<_>>()
    };
    let mut folders = Vec::new();
    for installation in INSTALLATIONS.iter().filter_map(one) {
        folders.extend(BELOW_INSTALLATIONS.iter().map(|below| installation.join(below)));
    }
    folders.extend(many(LIBRARY_PATH));
    folders.extend(many("PYTHONPATH").iter().map(|packages| wheel(packages)));
    let programs = many("PATH");
    let prefixes = PYTHON_PREFIXES
        .iter()
        .filter_map(one)
        .chain(programs.iter().filter_map(|bin| bin.parent().map(Path::to_owned)))
        .chain(one(&"HOME").map(|home| home.join(".local")));
    for prefix in prefixes {
        folders.extend(python_packages(&prefix).iter().map(|packages| wheel(packages)));
    }
    let mut seen = Vec::new();
    folders.retain(|folder| {
        let is_new = folder.is_absolute() && folder.is_dir() && !seen.contains(folder);
        if is_new {
            seen.push(folder.clone());
        }
        is_new
    });
    folders
}

/// Where the wheel has its libraries, in a folder of packages.
fn wheel(packages: &Path) -> PathBuf {
    packages.join("openvino").join("libs")
}

/// The folders of packages of all Pythons that are installed under a prefix.
fn python_packages(prefix: &Path) -> Vec<PathBuf> {
    let entries = prefix.join("lib").read_dir().into_iter().flatten().flatten();
    let pythons = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"python3"));
    let below =
        pythons.flat_map(|entry| ["site-packages", "dist-packages"].map(|name| entry.path().join(name)));
    // Windows has one Python a prefix.
    below.chain([prefix.join("Lib").join("site-packages")]).collect()
}

#[cfg(test)]
mod tests {
    use super::{DLL_PREFIX, DLL_SUFFIX, Search, find, folders, in_folder, version};
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    fn touch(folder: &Path, name: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), "").unwrap();
    }

    #[test]
    fn versions_are_numbers() {
        let named = |after: &str| version(&format!("{DLL_PREFIX}openvino_c{DLL_SUFFIX}{after}"));
        assert!(named(".10000") > named(".2641"), "not as text");
        assert!(named(".2026.10.0") > named(".2026.4.1"));
        assert!(named("") > named(".9999"));
        assert_eq!(version(&format!("{DLL_PREFIX}openvino_c.2641{DLL_SUFFIX}")), named(".2641"));
        assert_eq!(named(".2641.debug"), None);
        assert_eq!(version(&format!("{DLL_PREFIX}openvino{DLL_SUFFIX}")), None);
        assert_eq!(version("openvino_c.lib"), None);
    }

    #[test]
    fn a_folder_gives_its_latest_library() {
        let dir = tempfile::tempdir().unwrap();
        let name = |version: &str| format!("{DLL_PREFIX}openvino_c{DLL_SUFFIX}{version}");
        for version in [".900", ".2641", ".2530", ".2641.debug"] {
            touch(dir.path(), &name(version));
        }
        fs::create_dir(dir.path().join(name(".9999"))).unwrap();
        let found = in_folder(dir.path(), &mut Vec::new());
        assert_eq!(found, Some(dir.path().join(name(".2641"))));
    }

    #[test]
    fn a_path_that_is_given_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let error = find(&Search::Path(dir.path().join("none"))).unwrap_err().to_string();
        assert!(error.contains(&format!("tried {}", dir.path().join("none").display())), "{error}");
        let error = find(&Search::Path(dir.path().to_owned())).unwrap_err().to_string();
        assert!(error.ends_with(&format!("tried {}", dir.path().display())), "{error}");
        touch(dir.path(), "anything.so");
        let file = dir.path().join("anything.so");
        assert_eq!(find(&Search::Path(file.clone())).unwrap(), file.canonicalize().unwrap());
        assert!(find(&Search::Nowhere).unwrap_err().to_string().contains("nothing was searched"));
    }

    #[test]
    fn folders_come_from_variables_and_are_absolute() {
        let dir = tempfile::tempdir().unwrap();
        let made = [
            ("INTEL_OPENVINO_DIR", "intel", "intel/runtime/lib/intel64"),
            ("PYTHONPATH", "packages", "packages/openvino/libs"),
            ("VIRTUAL_ENV", "venv", "venv/lib/python3.11/site-packages/openvino/libs"),
            ("PATH", "usr/bin", "usr/lib/python3/dist-packages/openvino/libs"),
            ("HOME", "home", "home/.local/lib/python3.14/site-packages/openvino/libs"),
        ];
        for (_, _, folder) in made {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let variables = |name: &str| {
            let (_, value, _) = made.iter().find(|(variable, _, _)| *variable == name)?;
            Some(dir.path().join(value).into_os_string())
        };
        let expected: Vec<_> = made.iter().map(|(_, _, folder)| dir.path().join(folder)).collect();
        assert_eq!(folders(&variables), expected);
        let relative = |name: &str| (name == super::LIBRARY_PATH).then(|| OsString::from("."));
        assert!(folders(&relative).is_empty());
        assert!(folders(&|_| None).is_empty());
    }
}
