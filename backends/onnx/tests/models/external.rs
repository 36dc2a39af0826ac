//! Tests of data outside of the model: never read for guests, and read beside the model for the host.

use super::support::{CPU, floats, load, of_host, refused};
use nn_models::Tensor;
use nn_models::hostile::external::{self, Reference};
use std::path::Path;
use std::sync::Arc;
use wasi_nn::backend::{Backend, Graph};
use wasi_nn::{Control, Error, ErrorKind, Source};
use wasi_nn_onnx::Onnx;

#[test]
fn guests_get_no_data_of_the_host() {
    let secret = Reference { location: "Cargo.toml", offset: 0, length: 16 };
    for case in external::everywhere(&secret) {
        assert_eq!(refused(load(case.model)).0, ErrorKind::Unsupported, "{}", case.name);
    }
    // The words alone do no harm, and fields that nobody knows are passed over.
    assert!(load(external::only_words()).is_ok());
    assert!(load(external::unknown_fields()).is_ok());
}

fn load_file(path: &Path) -> Result<Arc<dyn Graph>, Error> {
    Onnx::new().load(of_host(Source::Files(vec![path.to_owned()])), &CPU, &Control::unbounded())
}

#[test]
fn the_hosts_models_have_weights_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let weights = Tensor::f32(&[2], &[10.0, 20.0]).bytes;
    std::fs::write(inside.join("weights"), &weights).unwrap();
    std::fs::write(folder.path().join("weights"), &weights).unwrap();
    let path = inside.join("model.onnx");
    std::fs::write(&path, external::weights_in("weights")).unwrap();
    let mut execution = load_file(&path).unwrap().execution(&Control::unbounded()).unwrap();
    super::support::set(execution.as_mut(), 0, &Tensor::f32(&[2], &[1.0, 2.0])).unwrap();
    execution.compute(&Control::unbounded()).unwrap();
    assert_eq!(floats(execution.output(0).unwrap()), [11.0, 22.0]);
    // Beside means beside.
    let elsewhere = folder.path().join("weights");
    for location in ["../weights", elsewhere.to_str().unwrap()] {
        std::fs::write(&path, external::weights_in(location)).unwrap();
        assert_eq!(refused(load_file(&path)).0, ErrorKind::Runtime, "{location}");
    }
}

#[test]
fn bytes_of_the_host_have_no_files_beside_them() {
    let model = of_host(Source::Bytes(vec![external::weights_in("Cargo.toml")]));
    assert_eq!(refused(Onnx::new().load(model, &CPU, &Control::unbounded())).0, ErrorKind::Runtime);
}

#[test]
fn a_missing_file_is_named() {
    let (kind, message) = refused(load_file(Path::new("no-such-folder/model.onnx")));
    assert_eq!(kind, ErrorKind::Runtime);
    assert!(message.contains("model.onnx"), "{message}");
}
