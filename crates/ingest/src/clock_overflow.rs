//! Durations that no request can have had.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_trace::Assembled;

/// By how much (µs) a span must outlast its parent for its duration to count as clock overflow.
///
/// A callee may end after its caller by network time or because nobody waits for it. In Eadro's SocialNetwork five operations of the web
/// server report 2–200 s inside requests that mostly take 2 ms. Measuring against the parent, and not against the root or by a ratio, finds
/// these spans also where the request itself took seconds, and no other span.
pub const CLOCK_OVERFLOW_EXCESS_US: f64 = 1_000_000.0;

/// What cleaning does with a span that outlasts its parent by more than [`CLOCK_OVERFLOW_EXCESS_US`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockOverflow {
    /// The duration stays as recorded, which is what the paper trains on.
    #[default]
    Keep,
    /// The duration becomes 0 µs, because a corpus has no missing durations; the span stays.
    DropDuration,
    /// The duration becomes the middle between the shortest and the longest that fit: the longest duration of a child (of those that do not
    /// overflow, and no more than the parent's), and the duration of the parent (repaired before).
    Repair,
}

impl fmt::Display for ClockOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Keep => "keep",
            Self::DropDuration => "drop-duration",
            Self::Repair => "repair",
        })
    }
}

/// Treats the overflowing spans of a trace and returns how many there are. What overflows is decided by the recorded durations alone.
pub(crate) fn treat(trace: &mut Assembled, treatment: ClockOverflow) -> usize {
    let overflows = overflows(trace);
    let found = overflows.iter().filter(|&&overflow| overflow).count();
    match treatment {
        ClockOverflow::Keep => {}
        ClockOverflow::DropDuration => {
            trace.records.iter_mut().zip(&overflows).filter(|(_, overflow)| **overflow).for_each(|(record, _)| record.duration_us = 0.0);
        }
        ClockOverflow::Repair if found > 0 => repair(trace, &overflows),
        ClockOverflow::Repair => {}
    }
    found
}

fn overflows(trace: &Assembled) -> Vec<bool> {
    let excess = |(span, parent): (usize, &Option<usize>)| {
        parent.is_some_and(|parent| trace.records[span].duration_us - trace.records[parent].duration_us > CLOCK_OVERFLOW_EXCESS_US)
    };
    trace.parents.iter().enumerate().map(excess).collect()
}

fn repair(trace: &mut Assembled, overflows: &[bool]) {
    let mut longest_child = vec![0.0f64; overflows.len()];
    for (span, parent) in trace.parents.iter().enumerate() {
        if let (Some(parent), false) = (parent, overflows[span]) {
            longest_child[*parent] = longest_child[*parent].max(trace.records[span].duration_us);
        }
    }
    // Parents stand before their children, so a parent's duration is repaired when it is used.
    for span in 0..overflows.len() {
        if let (Some(parent), true) = (trace.parents[span], overflows[span]) {
            let longest = trace.records[parent].duration_us;
            trace.records[span].duration_us = f64::midpoint(longest_child[span].min(longest), longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::SpanRecord;

    use super::*;

    /// A chain of spans with these durations.
    fn chain(durations: &[f64]) -> Assembled {
        let record = |(i, &duration_us): (usize, &f64)| SpanRecord {
            trace_id: "t".into(),
            span_id: i.to_string(),
            parent_id: i.checked_sub(1).map(|parent| parent.to_string()),
            service: "s".into(),
            operation: "o".into(),
            duration_us,
            ..SpanRecord::default()
        };
        Assembled {
            records: durations.iter().enumerate().map(record).collect(),
            parents: (0..durations.len()).map(|i| i.checked_sub(1)).collect(),
        }
    }

    fn treated(durations: &[f64], treatment: ClockOverflow) -> (usize, Vec<f64>) {
        let mut trace = chain(durations);
        let found = treat(&mut trace, treatment);
        (found, trace.records.iter().map(|record| record.duration_us).collect())
    }

    #[test]
    fn a_span_that_outlasts_its_parent_by_more_than_a_second_overflows() {
        assert_eq!(treated(&[2000.0, 50e6, 800.0], ClockOverflow::Keep), (1, vec![2000.0, 50e6, 800.0]));
        assert_eq!(treated(&[1e6, 2e6], ClockOverflow::Repair), (0, vec![1e6, 2e6]));
        assert_eq!(treated(&[50e6, 49e6], ClockOverflow::Repair).0, 0);
    }

    #[test]
    fn a_dropped_duration_is_zero() {
        assert_eq!(treated(&[2000.0, 50e6, 800.0], ClockOverflow::DropDuration), (1, vec![2000.0, 0.0, 800.0]));
    }

    #[test]
    fn a_repaired_duration_lies_between_children_and_parent() {
        assert_eq!(treated(&[2000.0, 50e6, 800.0], ClockOverflow::Repair), (1, vec![2000.0, 1400.0, 800.0]));
        assert_eq!(treated(&[2000.0, 50e6], ClockOverflow::Repair).1, [2000.0, 1000.0]);
        assert_eq!(treated(&[2000.0, 50e6, 9000.0], ClockOverflow::Repair).1, [2000.0, 2000.0, 9000.0]);
        assert_eq!(treated(&[2000.0, 50e6, 99e6], ClockOverflow::Repair), (2, vec![2000.0, 1000.0, 500.0]));
    }
}
