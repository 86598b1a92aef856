//! What a span is called, and who calls whom.

use tracesmith_trace::TraceRef;

/// (service id, operation id).
pub type SpanLabel = (u32, u32);

/// Label of the parent, label of the child.
pub type EdgeLabel = (SpanLabel, SpanLabel);

/// Label of every span.
pub fn span_labels<'a>(trace: TraceRef<'a>) -> impl Iterator<Item = SpanLabel> + 'a {
    trace.services.iter().copied().zip(trace.operations.iter().copied())
}

/// Labels at both ends of every edge.
pub fn edge_labels<'a>(trace: TraceRef<'a>) -> impl Iterator<Item = EdgeLabel> + 'a {
    let label = move |span: u32| (trace.services[span as usize], trace.operations[span as usize]);
    trace.edges.iter().map(move |edge| (label(edge.parent), label(edge.child)))
}
