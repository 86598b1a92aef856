//! TCP and TLS.

use std::{path::Path, sync::Arc, time::Duration};

use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{Endpoint, LiveError, Protocol};

pub(super) type Connector = HttpsConnector<HttpConnector>;

/// Connects to `endpoint`, whose certificate must be signed by one of those in the file `ca` or, without one, by those that the system trusts.
pub(super) fn connector(endpoint: &Endpoint, ca: Option<&Path>, timeout: Duration) -> Result<Connector, LiveError> {
    if !endpoint.is_encrypted() && ca.is_some() {
        return Err(LiveError::UnusedCertificates { endpoint: endpoint.to_string() });
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(timeout));
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls(endpoint, ca)?).https_or_http();
    Ok(match endpoint.protocol() {
        Protocol::Grpc => builder.enable_http2().wrap_connector(tcp),
        Protocol::Http => builder.enable_http1().wrap_connector(tcp),
    })
}

fn tls(endpoint: &Endpoint, ca: Option<&Path>) -> Result<ClientConfig, LiveError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| LiveError::Tls(error.to_string()))?;
    let builder = match ca {
        Some(file) => builder.with_root_certificates(certificates(file)?),
        // The certificates of the system need not be there if nothing is encrypted.
        None if !endpoint.is_encrypted() => builder.with_root_certificates(RootCertStore::empty()),
        None => builder.with_native_roots().map_err(|error| LiveError::Tls(error.to_string()))?,
    };
    Ok(builder.with_no_client_auth())
}

fn certificates(path: &Path) -> Result<RootCertStore, LiveError> {
    let wrong = |reason: String| LiveError::Certificates { path: path.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("it holds no certificate in PEM".into())) } else { Ok(roots) }
}
