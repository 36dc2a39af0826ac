//! The files in which a model of the host's has data, and the folders in which they may be.
//!
//! A file may be a link, as those are that Hugging Face's cache has in the folder of a revision: the model and its data are
//! somewhere else, under other names. What a model says of its files is a name in its folder, so the model's file and its data
//! have to be links into one place. ONNX Runtime, which is given the model's bytes, follows no link out of the folder; so it is
//! given the bytes of such data too, as it would read them if it were given the model's file.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use wasi_nn::{Error, Printable};

/// The location by which ONNX Runtime means its own memory.
const MEMORY: &str = "_ORT_MEM_ADDR_";

/// Data of a model.
#[derive(Debug)]
pub(super) struct Data {
    /// The model's folder.
    pub(super) folder: CString,
    /// What is in links out of it, by their names in it.
    pub(super) linked: Vec<(String, Vec<u8>)>,
}

impl Data {
    /// The data of a model in `file`, which names `locations`.
    pub(super) fn find(file: &Path, locations: &BTreeSet<String>) -> Result<Self, Error> {
        let own = folder(&file.canonicalize().map_err(|error| unreadable(file, &error))?);
        let named = Path::new(".").join(folder(file));
        let named = named.canonicalize().map_err(|error| unreadable(&named, &error))?;
        match locations.iter().map(|location| locate(&own, &[&own], location)).find_map(Result::err) {
            None => Ok(Data { folder: text(&own)?, linked: Vec::new() }),
            Some(error) if named == own => Err(error),
            Some(_) => Data::linked(&named, &own, locations),
        }
    }

    /// The data of a model of which the file in the folder `named` is a link into the folder `own`.
    fn linked(named: &Path, own: &Path, locations: &BTreeSet<String>) -> Result<Self, Error> {
        let mut linked = Vec::new();
        for location in locations {
            let found = locate(named, &[named, own], location)?;
            if !found.starts_with(named) {
                let bytes = fs::read(&found).map_err(|error| unreadable(&found, &error))?;
                linked.push((location.clone(), bytes));
            }
        }
        Ok(Data { folder: text(named)?, linked })
    }
}

fn folder(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

fn text(folder: &Path) -> Result<CString, Error> {
    let text = folder.to_str().and_then(|folder| CString::new(folder).ok());
    text.ok_or_else(|| Error::runtime(format!("{} is not valid Unicode; rename it", folder.display())))
}

/// The file at a location in a folder. Links on the way lead into one of `allowed`.
fn locate(folder: &Path, allowed: &[&Path], location: &str) -> Result<PathBuf, Error> {
    let shown = Printable::at_most(location, 64);
    let path = Path::new(location);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_plain || location.is_empty() || location.contains(MEMORY) {
        return Err(Error::unsupported(format!(
            "the model has data in `{shown}`, which is not in its own folder; put the file beside the model, and name it so"
        )));
    }
    let found = folder.join(path).canonicalize();
    let found = found.map_err(|error| {
        Error::runtime(format!("cannot read `{shown}`, in which the model has data: {error}"))
    })?;
    // Links may lead elsewhere.
    if !allowed.iter().any(|folder| found.starts_with(folder)) || !found.is_file() {
        return Err(Error::unsupported(format!(
            "the model has data in `{shown}`, which is no file in the model's own folder; copy it there"
        )));
    }
    Ok(found)
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!("cannot read {}: {error}", path.display()))
}
