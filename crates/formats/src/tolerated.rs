//! What readers take although it is not as it should be.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::Format;

/// Name given to a service that a file does not name; the one that OpenTelemetry prescribes.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// Name given to an operation that a file does not name.
pub const UNKNOWN_OPERATION: &str = "unknown_operation";

/// Spans that were read with something replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tolerated {
    /// Spans of a kind that does not exist, now unspecified.
    pub unknown_kinds: usize,
    /// Spans with a status that is no status code, now without one.
    pub unknown_statuses: usize,
    /// Spans of a service without a name, now [`UNKNOWN_SERVICE`].
    pub unnamed_services: usize,
    /// Spans without a name, now [`UNKNOWN_OPERATION`].
    pub unnamed_operations: usize,
}

impl Tolerated {
    /// Whether everything was as it should be.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What was replaced, and in how many spans.
    pub fn counts(&self) -> [(&'static str, usize); 4] {
        [
            ("unknown span kinds", self.unknown_kinds),
            ("unknown status codes", self.unknown_statuses),
            ("services without a name", self.unnamed_services),
            ("operations without a name", self.unnamed_operations),
        ]
    }

    pub(crate) fn service(&mut self, name: Option<String>) -> String {
        named(name, UNKNOWN_SERVICE, &mut self.unnamed_services)
    }

    pub(crate) fn operation(&mut self, name: Option<String>) -> String {
        named(name, UNKNOWN_OPERATION, &mut self.unnamed_operations)
    }
}

fn named(name: Option<String>, replacement: &str, count: &mut usize) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        *count += 1;
        replacement.to_owned()
    })
}

impl AddAssign for Tolerated {
    fn add_assign(&mut self, other: Self) {
        self.unknown_kinds += other.unknown_kinds;
        self.unknown_statuses += other.unknown_statuses;
        self.unnamed_services += other.unnamed_services;
        self.unnamed_operations += other.unnamed_operations;
    }
}

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Its format.
    pub format: Format,
    /// What had to be replaced.
    pub tolerated: Tolerated,
}
