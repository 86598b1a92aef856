//! Warnings while reading: what a reader replaced or left out.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Name given to a service that a file does not name; the one that OpenTelemetry prescribes.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// Name given to an operation that a file does not name.
pub const UNKNOWN_OPERATION: &str = "unknown_operation";

/// Spans that were read with something replaced or left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadWarnings {
    /// Spans of a kind that does not exist, now unspecified.
    pub unknown_kinds: usize,
    /// Spans with a status that is no status code, now without one.
    pub unknown_statuses: usize,
    /// Spans of a service without a name, now [`UNKNOWN_SERVICE`].
    pub unnamed_services: usize,
    /// Spans without a name, now [`UNKNOWN_OPERATION`].
    pub unnamed_operations: usize,
    /// Spans without a start in a file that has starts, now that of the span before it in the trace.
    pub missing_starts: usize,
    /// Spans with a label or fault that is none, now without one.
    pub unknown_labels: usize,
    /// Spans with attributes that are not kept: see [`tracesmith_trace::ATTRIBUTE_KEYS`].
    pub other_attributes: usize,
    /// Spans with attributes that would be kept if their values were a text of up to [`tracesmith_trace::MAX_ATTRIBUTE_BYTES`].
    pub unusable_attributes: usize,
}

impl ReadWarnings {
    /// Whether everything was as it should be.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What was replaced or left out, and in how many spans.
    pub fn counts(&self) -> [(&'static str, usize); 8] {
        [
            ("unknown span kinds", self.unknown_kinds),
            ("unknown status codes", self.unknown_statuses),
            ("services without a name", self.unnamed_services),
            ("operations without a name", self.unnamed_operations),
            ("missing starts", self.missing_starts),
            ("unknown labels", self.unknown_labels),
            ("attributes of other kinds than are kept", self.other_attributes),
            ("attributes without text or too long", self.unusable_attributes),
        ]
    }

    /// The name of a service, or [`UNKNOWN_SERVICE`], which is counted.
    pub fn service(&mut self, name: Option<String>) -> String {
        named(name, UNKNOWN_SERVICE, &mut self.unnamed_services)
    }

    /// The name of an operation, or [`UNKNOWN_OPERATION`], which is counted.
    pub fn operation(&mut self, name: Option<String>) -> String {
        named(name, UNKNOWN_OPERATION, &mut self.unnamed_operations)
    }
}

fn named(name: Option<String>, replacement: &str, count: &mut usize) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        *count += 1;
        replacement.to_owned()
    })
}

impl AddAssign for ReadWarnings {
    fn add_assign(&mut self, other: Self) {
        self.unknown_kinds += other.unknown_kinds;
        self.unknown_statuses += other.unknown_statuses;
        self.unnamed_services += other.unnamed_services;
        self.unnamed_operations += other.unnamed_operations;
        self.missing_starts += other.missing_starts;
        self.unknown_labels += other.unknown_labels;
        self.other_attributes += other.other_attributes;
        self.unusable_attributes += other.unusable_attributes;
    }
}
