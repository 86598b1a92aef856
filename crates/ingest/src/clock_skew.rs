//! Starts that no single clock can have given.

use tracesmith_trace::Assembled;

/// Number of spans that start before their parents, whose calls they answer: the clocks of two hosts disagree.
///
/// Nothing is repaired: how far a host's clock is off is not known from one trace, and shifting its spans would invent their starts.
/// Spans that end after their parents are not counted, because nobody need wait for a call.
pub(crate) fn early_spans(trace: &Assembled) -> usize {
    let start = |span: usize| trace.records[span].start_ns;
    trace.parents.iter().enumerate().filter(|&(span, parent)| parent.is_some_and(|parent| start(span) < start(parent))).count()
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::SpanRecord;

    use super::*;

    #[test]
    fn spans_are_early_if_they_start_before_their_own_parent() {
        // The last one is before the root, but not before its parent.
        let starts = [100, 99, 100, i64::MAX, i64::MIN, i64::MIN];
        let trace = Assembled {
            records: starts.map(|start_ns| SpanRecord { start_ns, ..SpanRecord::default() }).into(),
            parents: vec![None, Some(0), Some(0), Some(0), Some(3), Some(4)],
        };
        assert_eq!(early_spans(&trace), 2);
    }
}
