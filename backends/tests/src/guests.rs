//! The check that a model of a guest's gets nothing of its host's by naming it.

use crate::CPU;
use nn_models::hostile::external::{self, Reference};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use wasi_nn::backend::Backend;
use wasi_nn::{Control, GraphEncoding, Model, Origin, Source};

/// `backend` takes ONNX of guests. No such model is loaded whose data is in a file of this host, or in memory.
///
/// * `folder`: where a file can be made
#[track_caller]
pub fn nothing_that_onnx_names_is_read(backend: &dyn Backend, folder: &Path) {
    let secret = folder.join("secret");
    fs::write(&secret, [7; 64]).unwrap();
    for location in ["/etc/passwd", secret.to_str().unwrap(), "Cargo.toml", external::MEMORY] {
        let mut models = external::everywhere(&Reference { location, offset: 0, length: 16 });
        for named in &mut models {
            let source = Source::Bytes(vec![std::mem::take(&mut named.model)]);
            let model = Model { encoding: GraphEncoding::Onnx, source, origin: Origin::Guest };
            let loaded = backend.load(Arc::new(model), &CPU, &Control::unbounded());
            assert!(loaded.is_err(), "{location}: {}", named.name);
        }
    }
}
