//! Looking at one trace of a corpus.

use crate::{Edge, Label, Span, SpanKind, Status, Trace};

/// A view of one trace of a [`crate::Corpus`]. All slices but `edges` have one entry a span; `attributes` may have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceRef<'a> {
    /// Id of the trace.
    pub id: &'a str,
    /// Start in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// State of the system.
    pub label: &'a Label,
    /// Service ids.
    pub services: &'a [u32],
    /// Operation ids.
    pub operations: &'a [u32],
    /// Starts in µs after `start_ns`.
    pub starts_us: &'a [f64],
    /// Durations in µs.
    pub durations_us: &'a [f64],
    /// How the spans ended.
    pub statuses: &'a [Status],
    /// Span kinds.
    pub kinds: &'a [SpanKind],
    /// Ids of the attributes, by [`crate::Corpus::attribute_sets`]; empty if no span of the corpus has any.
    pub attributes: &'a [u32],
    /// Edges, sorted by child and then by parent.
    pub edges: &'a [Edge],
}

impl TraceRef<'_> {
    /// Number of spans, at least 1.
    pub fn span_count(&self) -> usize {
        self.services.len()
    }

    /// Start of a span in nanoseconds since the Unix epoch, rounded to whole ones.
    pub fn span_start_ns(&self, span: usize) -> i64 {
        // `as` saturates: an offset beyond the i64 nanoseconds is no time anyway.
        self.start_ns.saturating_add((self.starts_us[span] * 1000.0).round() as i64)
    }

    /// The earliest parent of every span; `None` for a root. In a tree it is the only one.
    pub fn parents(&self) -> Vec<Option<usize>> {
        let mut parents = vec![None; self.span_count()];
        for edge in self.edges.iter().rev() {
            parents[edge.child as usize] = Some(edge.parent as usize);
        }
        parents
    }

    /// Children of every span in ascending order.
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.span_count()];
        for edge in self.edges {
            children[edge.parent as usize].push(edge.child as usize);
        }
        children
    }

    /// Depth of every span: 0 for a root, else one more than its deepest parent.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.span_count()];
        for edge in self.edges {
            let child = edge.child as usize;
            depths[child] = depths[child].max(depths[edge.parent as usize] + 1);
        }
        depths
    }

    /// An owned copy.
    pub fn to_owned(&self) -> Trace {
        let spans = (0..self.span_count()).map(|i| Span {
            service: self.services[i],
            operation: self.operations[i],
            start_us: self.starts_us[i],
            duration_us: self.durations_us[i],
            status: self.statuses[i],
            kind: self.kinds[i],
            attributes: self.attributes.get(i).copied().unwrap_or(0),
        });
        Trace {
            id: self.id.to_owned(),
            start_ns: self.start_ns,
            label: self.label.clone(),
            spans: spans.collect(),
            edges: self.edges.to_vec(),
        }
    }
}
