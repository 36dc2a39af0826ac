//! https, by rustls with ring.

use crate::trouble::Trouble;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use wasi_nn::{Error, Printable};

/// Whom to trust.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts what the system trusts, and the certificates in a file of PEM.
    pub(crate) fn new(more: Option<&Path>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "certificates of the system cannot be read");
        }
        roots.add_parsable_certificates(system.certs);
        if let Some(file) = more {
            let wrong = |why: &dyn std::fmt::Display| {
                Error::invalid_argument(format!(
                    "{} has no certificates of authorities in PEM: {why}",
                    Printable::at_most(&file.display().to_string(), 256)
                ))
            };
            let mut count = 0_u32;
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
                roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
                count = count.saturating_add(1);
            }
            if count == 0 {
                return Err(wrong(&"it is empty"));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::runtime(format!("TLS cannot be used: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Tls(Arc::new(config)))
    }

    /// Agrees on keys with the server, which has to have a certificate for `host`.
    pub(super) fn handshake(&self, host: &str, mut socket: &TcpStream) -> Result<ClientConnection, Trouble> {
        let refused = |error: &dyn std::fmt::Display| {
            Trouble::Tls(Printable::at_most(&error.to_string(), 300).to_string())
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(&error))?;
        let mut session =
            ClientConnection::new(Arc::clone(&self.0), name).map_err(|error| refused(&error))?;
        while session.is_handshaking() {
            session.complete_io(&mut socket).map_err(|error| refused(&error))?;
        }
        Ok(session)
    }
}
