//! What is known about the state of the system while a trace was recorded.

use serde::{Deserialize, Serialize};

/// An injected fault.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// Service (or pod) that the fault was injected into.
    pub service: String,
    /// Kind of fault, e.g. `cpu_load` or `network_delay`.
    pub kind: String,
}

/// Label of a trace. A trace is abnormal if its root span overlaps a fault window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Recorded outside every fault window.
    Normal,
    /// Recorded inside a fault window.
    Abnormal(Fault),
}

impl Label {
    /// Whether the trace was recorded inside a fault window.
    pub fn is_abnormal(&self) -> bool {
        matches!(self, Label::Abnormal(_))
    }
}
