//! Traces that go to the collector together.

use bytes::Bytes;
use prost::Message;
use tracesmith_formats::otlp::{ExportTraceServiceRequest, trace_requests};
use tracesmith_trace::SpanRecord;

use crate::{Amount, Origin};

/// Whole traces that are collected until there are enough of them.
pub(super) struct Batch {
    limit: usize,
    spans: Vec<SpanRecord>,
    traces: u64,
}

/// Part of a batch that goes in one request.
pub(super) struct Part {
    pub spans: u64,
    pub request: Bytes,
}

impl Batch {
    /// An empty batch of up to `limit` spans.
    pub fn new(limit: usize) -> Self {
        Self { limit, spans: Vec::new(), traces: 0 }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    pub fn is_empty(&self) -> bool {
        self.traces == 0
    }

    /// Whether no further trace may be added.
    pub fn is_full(&self) -> bool {
        self.spans.len() >= self.limit
    }

    /// Whether a trace of so many spans may be added: an empty batch takes any.
    pub fn has_room_for(&self, spans: usize) -> bool {
        self.is_empty() || self.spans.len() + spans <= self.limit
    }

    pub fn add(&mut self, trace: Vec<SpanRecord>) {
        self.traces += 1;
        self.spans.extend(trace);
    }

    pub fn amount(&self) -> Amount {
        Amount { traces: self.traces, spans: self.spans.len() as u64 }
    }

    /// The requests: one, or several for a trace that is larger than the limit.
    pub fn parts(&self, origin: &Origin) -> impl Iterator<Item = Part> {
        self.spans.chunks(self.limit).flat_map(trace_requests).map(|mut request| {
            origin.mark(&mut request);
            Part { spans: spans(&request), request: request.encode_to_vec().into() }
        })
    }
}

fn spans(request: &ExportTraceServiceRequest) -> u64 {
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.map(|scope| scope.spans.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{origin, trace};

    #[test]
    fn traces_are_never_divided_unless_one_alone_is_too_large() {
        let mut batch = Batch::new(10);
        assert!(batch.is_empty() && batch.has_room_for(99));
        batch.add(trace("a", 6));
        assert!(batch.has_room_for(4) && !batch.has_room_for(5) && !batch.is_full());
        batch.add(trace("b", 4));
        assert!(batch.is_full());
        assert_eq!(batch.amount(), Amount { traces: 2, spans: 10 });
        assert_eq!(batch.parts(&origin()).map(|part| part.spans).collect::<Vec<_>>(), [10]);

        let mut large = Batch::new(1500);
        large.add(trace("a", 3200));
        assert_eq!(large.parts(&origin()).map(|part| part.spans).collect::<Vec<_>>(), [1000, 500, 1000, 500, 200]);
    }

    #[test]
    fn every_resource_of_a_request_says_that_it_is_synthetic() {
        let mut batch = Batch::new(10);
        batch.add(trace("a", 3));
        let part = batch.parts(&origin()).next().unwrap();
        let request = ExportTraceServiceRequest::decode(part.request).unwrap();
        assert_eq!(request.resource_spans.len(), 3);
        for spans in request.resource_spans {
            let attributes = spans.resource.unwrap().attributes;
            let synthetic = attributes.iter().find(|attribute| attribute.key == "tracesmith.synthetic").unwrap();
            assert_eq!(synthetic.value.as_ref().unwrap().bool_value, Some(true));
        }
    }
}
