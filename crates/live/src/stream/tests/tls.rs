//! Encrypted connections.

use std::{net::SocketAddr, path::Path, sync::Arc, thread};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{LiveError, ReceiveSettings, Receiver};

/// Takes encrypted connections for `inner`; `ca` gets the certificate that clients have to trust.
fn encrypted(inner: SocketAddr, ca: &Path) -> SocketAddr {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(ca, cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((outer, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut outer = acceptor.accept(outer).await?;
                    let mut inner = TcpStream::connect(inner).await?;
                    tokio::io::copy_bidirectional(&mut outer, &mut inner).await
                });
            }
        });
    });
    address
}

#[test]
fn certificates_of_the_given_authority_are_trusted_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, other_ca) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    let receiver = Receiver::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
    let address = encrypted(receiver.addresses()[0], &ca);
    encrypted(address, &other_ca);
    let stop = Stop::new();
    let receiving = {
        let stop = stop.clone();
        thread::spawn(move || receiver.run(&ReceiveSettings::default(), &stop))
    };
    let url = format!("https://localhost:{}", address.port());
    for protocol in Protocol::ALL {
        let trusting = StreamSettings { tls_ca: Some(ca.clone()), ..settings(&url, protocol) };
        assert_eq!(streamed(10, &trusting).accepted.traces, 10);
        for tls_ca in [Some(other_ca.clone()), None] {
            let tally = streamed(10, &StreamSettings { tls_ca, ..trusting.clone() });
            assert_eq!(tally.given_up.traces, 10);
            assert!(tally.failure.as_ref().unwrap().contains("certificate"), "{tally:?}");
        }
    }
    stop.now();
    assert_eq!(receiving.join().unwrap().traces, 20);
}

#[test]
fn files_without_a_certificate_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    let with = |url: &str, tls_ca| StreamSettings { tls_ca: Some(tls_ca), ..settings(url, Protocol::Http) };
    let failure = |settings| stream(numbered_traces(1), &settings, &Stop::new()).unwrap_err();
    assert!(failure(with("https://localhost:1", file.clone())).to_string().contains("it holds no certificate in PEM"));
    assert!(matches!(failure(with("https://localhost:1", folder.path().join("none"))), LiveError::Certificates { .. }));
    assert!(matches!(failure(with("http://localhost:1", file)), LiveError::UnusedCertificates { .. }));
}
