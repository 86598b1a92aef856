//! A trace at another time and under another id.

use rand::RngExt;
use tracesmith_trace::{SpanRecord, rng};

use crate::source::start_ns;

/// Moves a trace so that its earliest span begins at `begin_ns`, in nanoseconds since the Unix epoch.
pub(super) fn move_to(trace: &mut [SpanRecord], begin_ns: i64) {
    let first = start_ns(trace);
    for span in trace {
        // A span that would end up beyond the end of time stays at its end.
        span.start_ns = span.start_ns.saturating_sub(first).saturating_add(begin_ns);
    }
}

/// The ids of the traces of one stream: those of the same seed at another time are others.
pub(super) struct TraceIds {
    seed: u64,
    stream: String,
    next: u64,
}

impl TraceIds {
    pub fn new(seed: u64, began_ns: i64) -> Self {
        Self { seed, stream: format!("trace ids of {began_ns}"), next: 0 }
    }

    /// Gives a trace the next id.
    pub fn renew(&mut self, trace: &mut [SpanRecord]) {
        let id = format!("{:032x}", rng(self.seed, &format!("{} / {}", self.stream, self.next)).random::<u128>());
        self.next += 1;
        trace.iter_mut().for_each(|span| span.trace_id.clone_from(&id));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::testing::trace;

    #[test]
    fn a_trace_keeps_its_shape_in_time() {
        let mut spans = trace("t", 3);
        spans[0].start_ns = 500;
        spans[1].start_ns = 100;
        spans[2].start_ns = i64::MAX;
        move_to(&mut spans, 1_000);
        assert_eq!(spans.iter().map(|span| span.start_ns).collect::<Vec<_>>(), [1_400, 1_000, i64::MAX]);
    }

    #[test]
    fn ids_differ_between_traces_and_streams_and_repeat_otherwise() {
        let ids = |seed, began_ns| {
            let mut ids = TraceIds::new(seed, began_ns);
            let id = |_| {
                let mut spans = trace("t", 2);
                ids.renew(&mut spans);
                assert_eq!(spans[0].trace_id, spans[1].trace_id);
                spans.remove(0).trace_id
            };
            (0..10).map(id).collect::<Vec<_>>()
        };
        assert_eq!(ids(1, 1), ids(1, 1));
        let all: HashSet<String> = [(1, 1), (2, 1), (1, 2)].into_iter().flat_map(|(seed, began)| ids(seed, began)).collect();
        assert_eq!(all.len(), 30);
        assert!(all.iter().all(|id| id.len() == 32));
    }
}
