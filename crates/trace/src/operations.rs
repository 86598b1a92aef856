//! What a corpus says about each (service, operation): the one grouping of spans by operation that everything counts with.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{Corpus, EdgeLabel, SpanLabel, TraceRef, span_labels};

/// How often something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Rate {
    /// Times that it happened.
    pub events: u64,
    /// Times that it could have.
    pub total: u64,
}

impl Rate {
    /// Share in 0–1; 0 of nothing.
    pub fn share(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.events as f64 / self.total as f64 }
    }
}

/// The spans of one operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OperationSpans {
    /// Durations in µs, in the order of the corpus.
    pub durations_us: Vec<f64>,
    /// Mean duration in µs in every trace that has the operation, in the order of the traces.
    ///
    /// Tests of significance take them for their observations: spans of one trace go together, and as so many independent ones they would
    /// make chance look like change.
    pub means_us: Vec<f64>,
    /// How many failed.
    pub errors: Rate,
}

/// The spans of every operation of a corpus, by (service id, operation id), which is the order of their names.
pub fn by_operation(corpus: &Corpus) -> BTreeMap<SpanLabel, OperationSpans> {
    let mut places: HashMap<SpanLabel, usize> = HashMap::new();
    let mut operations: Vec<(SpanLabel, OperationSpans, TraceMean)> = Vec::new();
    for (position, trace) in corpus.traces().enumerate() {
        for (span, label) in span_labels(trace).enumerate() {
            let place = *places.entry(label).or_insert_with(|| {
                operations.push((label, OperationSpans::default(), TraceMean::default()));
                operations.len() - 1
            });
            let (_, spans, mean) = &mut operations[place];
            if mean.trace != position {
                spans.means_us.extend(std::mem::replace(mean, TraceMean::of(position)).value());
            }
            mean.add(trace.durations_us[span]);
            spans.durations_us.push(trace.durations_us[span]);
            spans.errors.events += u64::from(trace.statuses[span].is_error());
            spans.errors.total += 1;
        }
    }
    let with_last_mean = |(label, mut spans, mean): (SpanLabel, OperationSpans, TraceMean)| {
        spans.means_us.extend(mean.value());
        (label, spans)
    };
    operations.into_iter().map(with_last_mean).collect()
}

/// Mean duration in µs of every operation of a trace: see [`OperationSpans::means_us`].
pub fn mean_durations(trace: TraceRef<'_>) -> BTreeMap<SpanLabel, f64> {
    let mut means: BTreeMap<SpanLabel, TraceMean> = BTreeMap::new();
    for (label, &duration_us) in span_labels(trace).zip(trace.durations_us) {
        means.entry(label).or_default().add(duration_us);
    }
    means.into_iter().filter_map(|(label, mean)| Some((label, mean.value()?))).collect()
}

/// The mean of the durations of one operation in one trace.
#[derive(Debug, Clone, Copy, Default)]
struct TraceMean {
    trace: usize,
    sum_us: f64,
    spans: f64,
}

impl TraceMean {
    fn of(trace: usize) -> Self {
        Self { trace, ..Self::default() }
    }

    fn add(&mut self, duration_us: f64) {
        (self.sum_us, self.spans) = (self.sum_us + duration_us, self.spans + 1.0);
    }

    fn value(self) -> Option<f64> {
        (self.spans > 0.0).then(|| self.sum_us / self.spans)
    }
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
    use crate::{CorpusBuilder, Span, Status, Trace, Vocabulary};

    /// Traces of spans of (service, operation, duration in µs, status).
    fn corpus(traces: &[&[(u32, u32, f64, u16)]]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["a", "b"]), Vocabulary::new(["p", "q"]), false);
        for (i, spans) in traces.iter().enumerate() {
            let span = |&(service, operation, duration_us, number)| Span {
                service,
                operation,
                duration_us,
                status: Status::from_number(number),
                ..Span::default()
            };
            builder.push(Trace { id: i.to_string(), spans: spans.iter().map(span).collect(), ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn spans_are_gathered_by_service_and_operation_and_their_means_by_trace() {
        let corpus = corpus(&[&[(0, 0, 9.0, 200), (1, 1, 4.0, 503), (1, 1, 2.0, 2)], &[(0, 0, 1.0, 0)], &[(1, 1, 7.0, 200)]]);
        let operations = by_operation(&corpus);
        let expected = OperationSpans { durations_us: vec![4.0, 2.0, 7.0], means_us: vec![3.0, 7.0], errors: Rate { events: 2, total: 3 } };
        assert_eq!(operations[&(1, 1)], expected);
        assert_eq!((operations[&(0, 0)].errors, &operations[&(0, 0)].means_us), (Rate { events: 0, total: 2 }, &vec![9.0, 1.0]));
        assert_eq!(mean_durations(corpus.trace(0)), BTreeMap::from([((0, 0), 9.0), ((1, 1), 3.0)]));
        assert_eq!(errors(&corpus), Some(Rate { events: 2, total: 5 }));
        assert_eq!((label_name(&corpus, (1, 1)).as_str(), call_name(&corpus, ((0, 0), (1, 1))).as_str()), ("b/q", "a/p → b/q"));
    }

    #[test]
    fn without_any_status_nothing_is_known_about_errors() {
        assert_eq!(errors(&corpus(&[&[(0, 0, 1.0, 0)]])), None);
        assert_eq!(Rate::default().share(), 0.0);
    }
}
