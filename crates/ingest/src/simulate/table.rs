//! The measured tables, as they stand in the JSON files.

use std::collections::BTreeMap;

use serde::Deserialize;
use tracesmith_trace::Fault;

/// Figures of one run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name of the run.
    #[serde(rename = "run")]
    pub _run: String,
    /// Whether all spans have the root's HTTP status, or only those with the root's own name.
    pub status_on_every_span: bool,
    /// Length of the run in seconds.
    pub length_s: u32,
    /// Traces outside all fault windows.
    pub normal_traces: usize,
    /// Probabilities of all quantiles.
    pub probabilities: Vec<f64>,
    /// Fault windows in the order of time.
    pub faults: Vec<FaultShare>,
    /// Request shapes.
    pub shapes: Vec<ShapeTable>,
}

/// A fault window.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultShare {
    /// Service that the fault is injected into.
    pub service: String,
    /// Kind of fault.
    pub kind: String,
    /// Traces inside.
    pub traces: usize,
    /// Start in seconds after the start of the run.
    pub start_s: u32,
    /// Length in seconds.
    pub duration_s: u32,
}

impl FaultShare {
    /// The label of traces inside.
    pub fn fault(&self) -> Fault {
        Fault { service: self.service.clone(), kind: self.kind.clone() }
    }
}

/// A request shape: one tree of names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeTable {
    /// Traces in normal time, then inside each fault window.
    pub counts: Vec<u32>,
    /// Traces by the root's status.
    pub statuses: BTreeMap<u16, u32>,
    /// Spans, parents before children.
    pub nodes: Vec<Node>,
    /// Durations, where enough traces were seen.
    pub samples: Vec<Sample>,
}

/// A span of a shape.
#[derive(Debug, Deserialize)]
pub struct Node {
    /// Name of the service.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    parent: i32,
    /// Siblings of one stage run side by side; a later stage starts when the earlier one has ended. The order of calls is that of the
    /// systems' published source code, since the measured data has no start times.
    pub stage: usize,
}

impl Node {
    /// Position of the parent; `None` for the root.
    pub fn parent(&self) -> Option<usize> {
        usize::try_from(self.parent).ok()
    }
}

/// Durations of a shape in one window.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// 0 for normal time, else one more than the position of the fault window.
    pub window: usize,
    /// Traces measured.
    pub traces: usize,
    /// Duration quantiles of every span in µs.
    pub quantiles: Vec<Vec<f64>>,
}
