//! Where traces are sent to.

use std::{fmt, net::IpAddr};

use hyper::http::{
    Uri,
    uri::{PathAndQuery, Scheme},
};
use thiserror::Error;

/// How OTLP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// gRPC over HTTP/2; collectors listen on port 4317.
    Grpc,
    /// Protobuf in the bodies of HTTP/1.1; collectors listen on port 4318.
    Http,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 2] = [Self::Grpc, Self::Http];

    /// Name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        }
    }
}

/// Path of OTLP over HTTP.
pub(crate) const TRACES_PATH: &str = "/v1/traces";

/// Address of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    protocol: Protocol,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// It is no URL.
    #[error("the endpoint {url:?} is no URL: write http://HOST:PORT or https://HOST:PORT")]
    Malformed {
        /// What was given.
        url: String,
    },
    /// It is not HTTP.
    #[error("the endpoint {url:?} is neither http:// nor https://")]
    Scheme {
        /// What was given.
        url: String,
    },
    /// It has a user name, which would be sent nowhere.
    #[error("the endpoint holds credentials: give them as a header instead")]
    Credentials,
    /// gRPC has no paths.
    #[error("the endpoint {url:?} has a path: over gRPC it is http://HOST:PORT; paths are for the protocol http")]
    Path {
        /// What was given.
        url: String,
    },
}

impl Endpoint {
    /// The endpoint at `url`; without a scheme it is http. Over HTTP, a URL without a path gets the one that OTLP prescribes.
    ///
    /// # Errors
    /// [`EndpointError`] if nothing can be sent there.
    pub fn parse(url: &str, protocol: Protocol) -> Result<Self, EndpointError> {
        let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let malformed = || EndpointError::Malformed { url: url.to_owned() };
        let uri: Uri = whole.parse().map_err(|_| malformed())?;
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(malformed)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        // Anything after the host that is not a number is no port.
        let rest = &authority.as_str()[authority.host().len()..];
        if !rest.is_empty() && authority.port_u16().is_none() {
            return Err(malformed());
        }
        if uri.scheme() != Some(&Scheme::HTTP) && uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(EndpointError::Scheme { url: url.to_owned() });
        }
        let has_path = uri.path_and_query().is_some_and(|path| path.as_str() != "/");
        let mut parts = uri.into_parts();
        match (protocol, has_path) {
            (Protocol::Grpc, true) => return Err(EndpointError::Path { url: url.to_owned() }),
            (Protocol::Http, false) => parts.path_and_query = Some(PathAndQuery::from_static(TRACES_PATH)),
            _ => {}
        }
        Ok(Self { uri: Uri::from_parts(parts).map_err(|_| malformed())?, protocol })
    }

    /// How OTLP is spoken there.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether it is on this machine by its address alone: `localhost` or a loopback address. No name is looked up, because what a name
    /// stands for may change between the look-up and the connection.
    pub fn is_loopback(&self) -> bool {
        let host = self.uri.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, protocol: Protocol) -> Result<String, EndpointError> {
        Endpoint::parse(url, protocol).map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn urls_are_completed() {
        for url in ["localhost:4318", "http://localhost:4318", "http://localhost:4318/", "http://localhost:4318/v1/traces"] {
            assert_eq!(parse(url, Protocol::Http).unwrap(), "http://localhost:4318/v1/traces");
        }
        assert_eq!(parse("https://a.example/otlp?x=1", Protocol::Http).unwrap(), "https://a.example/otlp?x=1");
        assert_eq!(parse("[::1]:4317", Protocol::Grpc).unwrap(), "http://[::1]:4317/");
        assert!(Endpoint::parse("https://a.example", Protocol::Grpc).unwrap().is_encrypted());
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused_with_the_reason() {
        for url in ["", "http://", "http://a b", "http://localhost:port", "localhost:99999", "::1"] {
            assert_eq!(parse(url, Protocol::Http), Err(EndpointError::Malformed { url: url.into() }));
        }
        assert_eq!(parse("ftp://localhost", Protocol::Http), Err(EndpointError::Scheme { url: "ftp://localhost".into() }));
        assert_eq!(parse("http://me:secret@localhost", Protocol::Http), Err(EndpointError::Credentials));
        assert!(matches!(parse("http://localhost:4317/v1/traces", Protocol::Grpc), Err(EndpointError::Path { .. })));
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        let is_loopback = |url| Endpoint::parse(url, Protocol::Http).unwrap().is_loopback();
        for url in ["localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:80", "https://[::1]:4318", "[::ffff:127.0.0.1]"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["collector", "10.0.0.1", "0.0.0.0", "localhost.example.com", "x.localhost", "127.0.0.1.example.com", "[2001:db8::1]"] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
