//! Tests of https: a certificate that the host trusts, one that nobody vouches for, and one for another name.

use crate::honest::{Speech, handle};
use crate::support::{Line, Server};
use crate::{execution, expected, load, relu};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use wasi_nn::{Control, ErrorKind};
use wasi_nn_remote::Remote;

/// A server on the loopback whose certificate is for `name`, its address by that of the loopback, and the certificate's file.
fn server(name: &str) -> (Server, String, PathBuf, TempDir) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    fs::write(&file, certificate.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::start_at(
        "127.0.0.1:0".parse().unwrap(),
        Arc::new(|request, line| handle(Speech::Binary, request, line)),
        Arc::new(move |stream| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            Some(Box::new(StreamOwned::new(session, stream)) as Box<dyn Line>)
        }),
    );
    let url = format!("https://127.0.0.1:{}", server.address().port());
    (server, url, file, folder)
}

#[test]
fn a_server_that_is_trusted() {
    let (server, url, file, _folder) = server("127.0.0.1");
    let remote = Remote::http(&url).root_certificates(file).build().unwrap();
    let graph = load(&remote, &url, "relu").unwrap();
    let mut execution = execution(&graph);
    for _ in 0..5 {
        assert_eq!(relu(execution.as_mut(), &Control::unbounded()).unwrap(), expected());
    }
    assert_eq!(server.connections(), 1);
    let numbers: Vec<f32> = (0..1_u16 << 14).map(f32::from).collect();
    let tensor = nn_models::Tensor::f32(&[1 << 13, 2], &numbers);
    let outputs = backend_tests::run(execution.as_mut(), std::slice::from_ref(&tensor), 1).unwrap();
    assert_eq!(outputs[0], tensor.bytes);
}

#[test]
fn nobody_vouches_for_it() {
    let (_server, url, _file, _folder) = server("127.0.0.1");
    let remote = Remote::http(&url).build().unwrap();
    let error = load(&remote, &url, "relu").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().starts_with(&format!("the server of {url} cannot be trusted: ")), "{error}");
}

#[test]
fn its_name_is_another() {
    let (server, url, file, _folder) = server("example.org");
    let remote = Remote::http(&url).root_certificates(file).build().unwrap();
    let error = load(&remote, &url, "relu").err().unwrap().to_string();
    assert!(error.contains("cannot be trusted"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn it_speaks_without_encryption() {
    let server = Server::start(|request, line| handle(Speech::Binary, request, line));
    let url = format!("https://{}", server.address());
    let remote = Remote::http(&url).timeout(Duration::from_secs(1)).build().unwrap();
    assert!(load(&remote, &url, "relu").is_err());
}

#[test]
fn certificates_are_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&file, text).unwrap();
        let error =
            Remote::http("https://127.0.0.1").root_certificates(&file).build().unwrap_err().to_string();
        assert!(error.contains("has no certificates of authorities in PEM"), "{error}");
    }
}
