//! Headers that the caller adds to every request, for example credentials.

use std::fmt;

use hyper::http::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

/// Headers by name. Printing them for debugging does not show their values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers(HeaderMap);

/// Why a header cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidHeader {
    /// It has no `=`.
    #[error("{0:?} has no =: a header is NAME=VALUE")]
    NoValue(String),
    /// Its name or value has characters that headers do not have.
    #[error("the header {0:?} has a name or a value that no header can have")]
    Characters(String),
    /// The protocol sets it.
    #[error("the header {0:?} is set by the protocol")]
    Reserved(String),
}

impl Headers {
    /// Adds a header, written `NAME=VALUE`.
    ///
    /// # Errors
    /// [`InvalidHeader`] if it cannot be sent. The value is not in the message: it may be a secret.
    pub fn add(&mut self, text: &str) -> Result<(), InvalidHeader> {
        let (name, value) = text.split_once('=').ok_or_else(|| InvalidHeader::NoValue(text.to_owned()))?;
        let characters = || InvalidHeader::Characters(name.to_owned());
        let parsed: HeaderName = name.trim().parse().map_err(|_| characters())?;
        if is_reserved(&parsed) {
            return Err(InvalidHeader::Reserved(name.to_owned()));
        }
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| characters())?;
        value.set_sensitive(true);
        self.0.append(parsed, value);
        Ok(())
    }

    pub(super) fn map(&self) -> &HeaderMap {
        &self.0
    }
}

fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [&str; 9] =
        ["content-type", "content-encoding", "content-length", "transfer-encoding", "connection", "host", "te", "upgrade", "expect"];
    // Binary metadata of gRPC would have to be base64.
    RESERVED.contains(&name.as_str()) || name.as_str().starts_with("grpc-") || name.as_str().ends_with("-bin")
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_anything_after_the_first_equals_sign() {
        let mut headers = Headers::default();
        headers.add("Authorization = Basic dXNlcg==").unwrap();
        assert_eq!(headers.map()["authorization"], "Basic dXNlcg==");
        assert_eq!(format!("{headers:?}"), "[\"authorization\"]");
    }

    #[test]
    fn what_is_no_header_or_not_for_the_caller_is_refused() {
        let add = |text: &str| Headers::default().add(text).unwrap_err();
        assert_eq!(add("token"), InvalidHeader::NoValue("token".into()));
        assert_eq!(add("a b=secret"), InvalidHeader::Characters("a b".into()));
        assert_eq!(add("a=sec\nret"), InvalidHeader::Characters("a".into()));
        for name in ["Content-Type", "te", "grpc-timeout", "trace-bin"] {
            assert_eq!(add(&format!("{name}=x")), InvalidHeader::Reserved(name.into()));
        }
    }
}
