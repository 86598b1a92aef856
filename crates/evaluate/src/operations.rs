//! What a corpus says about each (service, operation).

use std::collections::BTreeMap;

use tracesmith_trace::{Corpus, EdgeLabel, SpanLabel, TraceRef, span_labels};

use crate::significance::Rate;

/// The spans of one operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OperationSpans {
    /// Durations in µs.
    pub durations_us: Vec<f64>,
    /// [`mean_durations`] of the traces that have the operation.
    pub means_us: Vec<f64>,
    /// How many failed.
    pub errors: Rate,
}

/// The spans of every operation.
pub fn by_operation(corpus: &Corpus) -> BTreeMap<SpanLabel, OperationSpans> {
    let mut operations: BTreeMap<SpanLabel, OperationSpans> = BTreeMap::new();
    for trace in corpus.traces() {
        for span in 0..trace.span_count() {
            let operation = operations.entry((trace.services[span], trace.operations[span])).or_default();
            operation.durations_us.push(trace.durations_us[span]);
            operation.errors.events += u64::from(trace.statuses[span].is_error());
            operation.errors.total += 1;
        }
        for (label, mean_us) in mean_durations(trace) {
            operations.entry(label).or_default().means_us.push(mean_us);
        }
    }
    operations
}

/// Mean duration in µs of every operation of a trace.
///
/// Tests of significance take them for their observations: spans of one trace go together, and as so many independent ones they would make
/// chance look like change.
pub fn mean_durations(trace: TraceRef<'_>) -> BTreeMap<SpanLabel, f64> {
    let mut sums: BTreeMap<SpanLabel, (f64, f64)> = BTreeMap::new();
    for (label, &duration) in span_labels(trace).zip(trace.durations_us) {
        let (sum, spans) = sums.entry(label).or_default();
        (*sum, *spans) = (*sum + duration, *spans + 1.0);
    }
    sums.into_iter().map(|(label, (sum, spans))| (label, sum / spans)).collect()
}

/// Failed spans of a corpus; `None` if no span has a status.
pub fn errors(corpus: &Corpus) -> Option<Rate> {
    let statuses = || corpus.traces().flat_map(|trace| trace.statuses);
    let known = statuses().any(|status| status.is_known());
    let events = statuses().filter(|status| status.is_error()).count() as u64;
    known.then_some(Rate { events, total: corpus.span_count() as u64 })
}

/// `service/operation`.
pub fn label_name(corpus: &Corpus, (service, operation): SpanLabel) -> String {
    format!("{}/{}", corpus.services().name(service), corpus.operations().name(operation))
}

/// `service/operation → service/operation`.
pub fn call_name(corpus: &Corpus, (parent, child): EdgeLabel) -> String {
    format!("{} → {}", label_name(corpus, parent), label_name(corpus, child))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, with_statuses};

    #[test]
    fn spans_are_gathered_by_service_and_operation() {
        let corpus = with_statuses(&[(0, 0, 9.0, 200), (1, 1, 4.0, 503), (1, 1, 2.0, 2)], &[(0, 1), (0, 2)]);
        let operations = by_operation(&corpus);
        assert_eq!(
            operations[&(1, 1)],
            OperationSpans { durations_us: vec![4.0, 2.0], means_us: vec![3.0], errors: Rate { events: 2, total: 2 } }
        );
        assert_eq!(operations[&(0, 0)].errors, Rate { events: 0, total: 1 });
        assert_eq!(errors(&corpus), Some(Rate { events: 2, total: 3 }));
        assert_eq!((label_name(&corpus, (1, 1)).as_str(), call_name(&corpus, ((0, 0), (1, 1))).as_str()), ("b/q", "a/p → b/q"));
    }

    #[test]
    fn without_any_status_nothing_is_known_about_errors() {
        assert_eq!(errors(&corpus(&[(&[(0, 0, 1.0)], &[])])), None);
    }
}
