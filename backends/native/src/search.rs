//! The search for a native library's file, at a given path or in the environment.
//!
//! Installations name it differently: archives and packages have `libNAME.so`, Python's wheels have `libNAME.so.VERSION` and
//! nothing else.

use std::env;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use wasi_nn::Error;

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

/// A native library, and where installations have it.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// Its name for people, as `OpenVINO`.
    pub product: &'static str,
    /// The name of its file, without what systems put around it and without a version, as `openvino_c`.
    pub file: &'static str,
    /// The variable that names the file or its folder, and is looked at before all else in the environment.
    pub variable: &'static str,
    /// A search of somebody else's, which comes next.
    pub first: Option<Other>,
    /// Variables that name an installation, or one of several.
    pub installations: &'static [&'static str],
    /// Where an installation has its libraries.
    pub below_installations: &'static [&'static str],
    /// Where the wheel has its libraries, in a folder of Python's packages.
    pub wheel: &'static str,
    /// Folders of the system, which come last.
    pub system: &'static [&'static str],
}

/// A search of somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct Other {
    /// What it is called.
    pub name: &'static str,
    /// Gives the file, if it finds one.
    pub find: fn() -> Option<PathBuf>,
}

/// Where to look.
#[derive(Clone, Debug)]
pub enum Search {
    /// In this file or folder and nowhere else, for it is meant.
    Path(PathBuf),
    /// Where the environment and the system's habits point.
    Environment,
    /// Nowhere.
    Nowhere,
}

impl Search {
    /// In a place that was named, or in the environment if that is allowed.
    #[must_use]
    pub fn new(place: Option<PathBuf>, environment: bool) -> Self {
        match place {
            Some(path) => Search::Path(path),
            None if environment => Search::Environment,
            None => Search::Nowhere,
        }
    }
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Library {
    /// The library's file, without links on the way: its plugins lie beside the file itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Runtime`](wasi_nn::ErrorKind::Runtime) with the places that were tried, if it is in none of them.
    pub fn find(&self, search: &Search) -> Result<PathBuf, Error> {
        let mut tried = Vec::new();
        let found = match search {
            Search::Path(path) => self.in_path(path, &mut tried),
            Search::Environment => self.in_environment(&|name| env::var_os(name), &mut tried),
            Search::Nowhere => None,
        };
        found.and_then(|file| file.canonicalize().ok()).ok_or_else(|| self.absent(&tried))
    }

    fn absent(&self, tried: &[String]) -> Error {
        let places = if tried.is_empty() {
            "nothing was searched, since no path was given and the environment is not to be used".to_owned()
        } else {
            format!("tried {}", tried.join(", "))
        };
        let product = self.product;
        Error::runtime(format!("{product} is absent; install it, or give the path of its library; {places}"))
    }

    fn in_environment(&self, variables: Variables<'_>, tried: &mut Vec<String>) -> Option<PathBuf> {
        let variable = self.variable;
        if let Some(path) = variables(variable).filter(|path| !path.is_empty()) {
            tried.push(format!("${variable}"));
            return self.in_path(Path::new(&path), tried);
        }
        tried.push(format!("${variable} (not set)"));
        let first = self.first.and_then(|other| {
            tried.push(other.name.to_owned());
            // Relative to the working directory, anybody who writes there could have the host load anything.
            (other.find)().filter(|file| file.is_absolute())
        });
        first.or_else(|| self.folders(variables).iter().find_map(|folder| self.in_folder(folder, tried)))
    }

    /// A file is taken as it is.
    fn in_path(&self, path: &Path, tried: &mut Vec<String>) -> Option<PathBuf> {
        if path.is_dir() {
            return self.in_folder(path, tried);
        }
        tried.push(path.display().to_string());
        path.is_file().then(|| path.to_owned())
    }

    /// The library of the highest version in a folder.
    fn in_folder(&self, folder: &Path, tried: &mut Vec<String>) -> Option<PathBuf> {
        tried.push(folder.display().to_string());
        let entries = folder.read_dir().ok()?.flatten();
        let named =
            entries.filter_map(|entry| Some((self.version(entry.file_name().to_str()?)?, entry.path())));
        named.filter(|(_, path)| path.is_file()).max().map(|(_, path)| path)
    }

    /// The version in the name of a library's file, as numbers. One without a version goes before all, as it is what
    /// whoever installed several has chosen.
    fn version(&self, file_name: &str) -> Option<(bool, Vec<u64>)> {
        let rest = file_name.strip_prefix(DLL_PREFIX)?.strip_prefix(self.file)?;
        let (before, after) = rest.split_once(DLL_SUFFIX)?;
        let parts = before.split('.').chain(after.split('.')).filter(|part| !part.is_empty());
        let numbers: Vec<u64> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
        Some((numbers.is_empty(), numbers))
    }

    /// The folders that the environment points to, in which versions may stand in names.
    fn folders(&self, variables: Variables<'_>) -> Vec<PathBuf> {
        let one = |name: &&str| variables(name).map(PathBuf::from);
        let many = |name: &str| {
            let value = variables(name).unwrap_or_default();
            env::split_paths(&value).collect::<Vec<_>>()
        };
        let mut folders = Vec::new();
        for installation in self.installations.iter().filter_map(one) {
            folders.extend(self.below_installations.iter().map(|below| installation.join(below)));
        }
        folders.extend(many(LIBRARY_PATH));
        folders.extend(many("PYTHONPATH").iter().map(|packages| packages.join(self.wheel)));
        let programs = many("PATH");
        let prefixes = PYTHON_PREFIXES
            .iter()
            .filter_map(one)
            .chain(programs.iter().filter_map(|bin| bin.parent().map(Path::to_owned)))
            .chain(one(&"HOME").map(|home| home.join(".local")));
        for prefix in prefixes {
            folders.extend(python_packages(&prefix).iter().map(|packages| packages.join(self.wheel)));
        }
        folders.extend(self.system.iter().map(PathBuf::from));
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
    use super::{DLL_PREFIX, DLL_SUFFIX, Library, Search};
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;

    const OPENVINO: Library = Library {
        product: "OpenVINO",
        file: "openvino_c",
        variable: "WASI_NN_OPENVINO",
        first: None,
        installations: &["OPENVINO_INSTALL_DIR", "INTEL_OPENVINO_DIR"],
        below_installations: &["runtime/lib/intel64", "bin/intel64/Release"],
        wheel: "openvino/libs",
        system: &[],
    };

    fn touch(folder: &Path, name: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(name), "").unwrap();
    }

    #[test]
    fn versions_are_numbers() {
        let version = |name: &str| OPENVINO.version(name);
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
        let found = OPENVINO.in_folder(dir.path(), &mut Vec::new());
        assert_eq!(found, Some(dir.path().join(name(".2641"))));
    }

    #[test]
    fn a_path_that_is_given_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let error = OPENVINO.find(&Search::Path(dir.path().join("none"))).unwrap_err().to_string();
        assert!(error.contains(&format!("tried {}", dir.path().join("none").display())), "{error}");
        let error = OPENVINO.find(&Search::Path(dir.path().to_owned())).unwrap_err().to_string();
        assert!(error.ends_with(&format!("tried {}", dir.path().display())), "{error}");
        touch(dir.path(), "anything.so");
        let file = dir.path().join("anything.so");
        assert_eq!(OPENVINO.find(&Search::Path(file.clone())).unwrap(), file.canonicalize().unwrap());
        assert!(OPENVINO.find(&Search::Nowhere).unwrap_err().to_string().contains("nothing was searched"));
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
        assert_eq!(OPENVINO.folders(&variables), expected);
        let relative = |name: &str| (name == super::LIBRARY_PATH).then(|| OsString::from("."));
        assert!(OPENVINO.folders(&relative).is_empty());
        assert!(OPENVINO.folders(&|_| None).is_empty());
    }
    #[test]
    fn the_system_comes_last() {
        let (dir, system) = (tempfile::tempdir().unwrap(), if cfg!(windows) { "C:\\" } else { "/" });
        let library = Library { system: Vec::leak(vec![system]), ..OPENVINO };
        let path = |name: &str| (name == super::LIBRARY_PATH).then(|| dir.path().as_os_str().to_owned());
        assert_eq!(library.folders(&path), [dir.path(), Path::new(system)]);
        assert_eq!(OPENVINO.folders(&path), [dir.path()]);
    }
}
