//! One trace, owned: what generators build and [`crate::CorpusBuilder`] takes.

use serde::{Deserialize, Serialize};

use crate::{Label, SpanKind, Status};

/// A span whose names are ids of the corpus's vocabularies.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Span {
    /// Id of the service.
    pub service: u32,
    /// Id of the operation.
    pub operation: u32,
    /// Start in µs after the start of the trace; 0 where the corpus has no start offsets.
    pub start_us: f64,
    /// Duration in µs.
    pub duration_us: f64,
    /// How it ended.
    pub status: Status,
    /// Part in a call; files written before it was kept do not have it.
    #[serde(default)]
    pub kind: SpanKind,
    /// Id of the attributes, by [`crate::Corpus::attribute_sets`]; 0 if there are none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attributes: u32,
}

fn is_none(attributes: &u32) -> bool {
    *attributes == 0
}

/// A parent → child edge between two spans of a trace, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// Position of the child, larger than that of the parent.
    pub child: u32,
    /// Position of the parent.
    pub parent: u32,
}

/// A trace: spans in a causal order, and edges from earlier to later spans.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// Id of the trace, as the source has it.
    pub id: String,
    /// Start in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// State of the system.
    pub label: Label,
    /// Spans, parents before children.
    pub spans: Vec<Span>,
    /// Edges, in any order.
    pub edges: Vec<Edge>,
}
