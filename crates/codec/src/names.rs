//! Joint labels and joint outcomes: only what training has seen, so that nothing else can be drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracesmith_trace::{Span, SpanKind, Status};

use crate::CodecError;

/// The pairs of names, and the pairs of span kind and status, of a training corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names {
    /// (service, operation), sorted.
    pub(crate) labels: Vec<(u32, u32)>,
    /// Spans of every label in training.
    counts: Vec<u64>,
    /// (kind, status), sorted.
    pub(crate) outcomes: Vec<(SpanKind, Status)>,
    /// The most frequent outcome of every label.
    usual_outcomes: Vec<u32>,
}

impl Names {
    pub(crate) fn of<'a>(spans: impl Iterator<Item = &'a Span> + Clone) -> Self {
        let mut labels: BTreeMap<(u32, u32), BTreeMap<(SpanKind, Status), u64>> = BTreeMap::new();
        for span in spans {
            *labels.entry((span.service, span.operation)).or_default().entry((span.kind, span.status)).or_default() += 1;
        }
        let mut outcomes: Vec<_> = labels.values().flat_map(|outcomes| outcomes.keys().copied()).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        let position = |outcome: &(SpanKind, Status)| outcomes.partition_point(|other| other < outcome) as u32;
        let usual = |counts: &BTreeMap<(SpanKind, Status), u64>| most_frequent(counts.iter().map(|(key, &count)| (position(key), count)));
        Self {
            counts: labels.values().map(|outcomes| outcomes.values().sum()).collect(),
            usual_outcomes: labels.values().map(usual).collect(),
            labels: labels.into_keys().collect(),
            outcomes,
        }
    }

    pub(crate) fn check(&self) -> Result<(), CodecError> {
        let rise = self.labels.is_sorted_by(|a, b| a < b) && self.outcomes.is_sorted_by(|a, b| a < b);
        let complete = self.counts.len() == self.labels.len() && self.usual_outcomes.len() == self.labels.len();
        let known = self.usual_outcomes.iter().all(|&outcome| (outcome as usize) < self.outcomes.len());
        if self.labels.is_empty() || !rise || !complete || !known {
            return Err(CodecError::Inconsistent("its labels and outcomes do not fit together"));
        }
        Ok(())
    }

    /// The label of a pair. A pair that training has not seen becomes the most frequent label with the same service, else with the same
    /// operation, else of all.
    pub(crate) fn label(&self, service: u32, operation: u32) -> u32 {
        if let Ok(position) = self.labels.binary_search(&(service, operation)) {
            return position as u32;
        }
        let most_frequent_with = |keep: &dyn Fn((u32, u32)) -> bool| {
            let kept = (0u32..).zip(&self.labels).zip(&self.counts).filter(|((_, label), _)| keep(**label));
            kept.map(|((position, _), &count)| (position, count)).collect::<Vec<_>>()
        };
        let near: [&dyn Fn((u32, u32)) -> bool; 3] = [&|label| label.0 == service, &|label| label.1 == operation, &|_| true];
        let found = near.into_iter().map(most_frequent_with).find(|found| !found.is_empty());
        most_frequent(found.unwrap_or_default().into_iter())
    }

    /// The outcome of a span with `label`. One that training has not seen becomes one of the same kind and HTTP status, which another format
    /// may keep with another code, else the most frequent one of the label.
    pub(crate) fn outcome(&self, label: u32, kind: SpanKind, status: Status) -> u32 {
        let exact = self.outcomes.binary_search(&(kind, status)).ok();
        let alike = || {
            let same_http = |&(other, known): &(SpanKind, Status)| other == kind && known.http == status.http;
            status.http.and_then(|_| self.outcomes.iter().position(same_http))
        };
        exact.or_else(alike).map_or(self.usual_outcomes[label as usize], |position| position as u32)
    }
}

/// The position with the largest count, the first of several; 0 of none.
fn most_frequent(counts: impl Iterator<Item = (u32, u64)>) -> u32 {
    counts.reduce(|best, other| if other.1 > best.1 { other } else { best }).map_or(0, |best| best.0)
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::StatusCode;

    use super::*;

    fn span(service: u32, operation: u32, status: u16) -> Span {
        let status = Status::from_number(status);
        Span { service, operation, status, kind: SpanKind::Server, ..Span::default() }
    }

    #[test]
    fn only_pairs_of_training_are_labels() {
        let spans = [span(1, 0, 200), span(0, 2, 200), span(1, 0, 500), span(1, 1, 500), span(1, 0, 500)];
        let names = Names::of(spans.iter());
        assert_eq!(names.labels, [(0, 2), (1, 0), (1, 1)]);
        assert_eq!(names.outcomes, [200, 500].map(|http| (SpanKind::Server, Status::of_http(http))));
        names.check().unwrap();
    }

    #[test]
    fn an_unknown_pair_becomes_the_most_frequent_label_near_it() {
        let spans = [span(1, 0, 0), span(1, 1, 0), span(1, 1, 0), span(2, 3, 0), span(2, 3, 0), span(2, 3, 0)];
        let names = Names::of(spans.iter());
        let labels = [names.label(1, 3), names.label(9, 0), names.label(9, 9)].map(|label| names.labels[label as usize]);
        assert_eq!(labels, [(1, 1), (1, 0), (2, 3)]);
    }

    #[test]
    fn an_unknown_outcome_becomes_the_most_frequent_one_of_its_label() {
        let spans = [span(0, 0, 200), span(1, 0, 500), span(1, 0, 500), span(1, 0, 200)];
        let names = Names::of(spans.iter());
        assert_eq!(
            names.outcomes[names.outcome(1, SpanKind::Client, Status::of_http(404)) as usize],
            (SpanKind::Server, Status::of_http(500))
        );
        assert_eq!(
            names.outcomes[names.outcome(0, SpanKind::Client, Status::of_http(404)) as usize],
            (SpanKind::Server, Status::of_http(200))
        );
    }

    #[test]
    fn an_error_behind_an_http_status_is_an_outcome_of_its_own_and_falls_back_on_the_http_status() {
        let failed = Status { http: Some(200), code: StatusCode::Error };
        let spans = [span(0, 0, 200), span(0, 0, 0), span(0, 0, 0), Span { status: failed, ..span(0, 0, 200) }];
        let both = Names::of(spans.iter());
        assert_eq!(both.outcomes[both.outcome(0, SpanKind::Server, failed) as usize].1, failed);
        let http_only = Names::of(spans[..3].iter());
        assert_eq!(http_only.outcomes[http_only.outcome(0, SpanKind::Server, failed) as usize].1, Status::of_http(200));
    }

    #[test]
    fn a_model_of_a_version_with_one_number_still_reads() {
        let names = Names::of([span(0, 0, 0), span(0, 0, 2), span(0, 0, 404)].iter());
        let text = serde_json::to_string(&names).unwrap();
        assert!(text.contains(r#"[["server",0],["server",2],["server",404]]"#), "{text}");
        assert_eq!(serde_json::from_str::<Names>(&text).unwrap(), names);
    }

    #[test]
    fn names_that_do_not_fit_together_are_refused() {
        let names = Names::of([span(0, 0, 0), span(1, 0, 0)].iter());
        let broken = [
            Names { labels: vec![(1, 0), (0, 0)], ..names.clone() },
            Names { counts: vec![1], ..names.clone() },
            Names { usual_outcomes: vec![0, 1], ..names.clone() },
            Names { labels: vec![], counts: vec![], usual_outcomes: vec![], ..names },
        ];
        assert!(broken.iter().all(|names| names.check().is_err()));
    }
}
