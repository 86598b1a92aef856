//! Why nothing was streamed or received at all.

use std::{io, net::SocketAddr, path::PathBuf};

use thiserror::Error;

/// A failure before the first trace. What goes wrong later is in the [`crate::Tally`].
#[derive(Debug, Error)]
pub enum LiveError {
    /// The endpoint is not on this machine, and that was not allowed.
    #[error(
        "{endpoint} is not a loopback address: synthetic traces stay on this machine unless remote endpoints are allowed (--allow-remote)"
    )]
    Remote {
        /// The endpoint.
        endpoint: String,
    },
    /// The arrivals are faster than the cap.
    #[error("{rate:.1} traces/s is above the cap of {cap:.1} traces/s, which protects the collector: raise it with --max-rate {rate:.0}")]
    TooFast {
        /// Traces a second, at the peak of a pattern.
        rate: f64,
        /// The cap.
        cap: f64,
    },
    /// The certificates cannot be read.
    #[error("cannot read certificates from {}: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificates were given for a connection that is not encrypted.
    #[error("{endpoint} is not encrypted: certificates (--tls-ca) are for https://")]
    UnusedCertificates {
        /// The endpoint.
        endpoint: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// A port cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The threads of the network cannot be started.
    #[error("cannot start the network: {0}")]
    Runtime(io::Error),
}
