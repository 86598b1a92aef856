//! RQ1: how well a trace survives being encoded and decoded.

use serde::Serialize;
use tracesmith_trace::{Edge, TraceRef};

use crate::error::EvaluationError;
use crate::measurement::{Measure, Measurement, listed};
use crate::metric::{Ceiling, Metric, Unit};

/// What [`ReconstructionTally`] measures. The ceiling is the trace itself.
pub const METRICS: &[Metric] = &[
    Metric::new("service_accuracy", "service accuracy").share().ceiling(Ceiling::Constant(1.0)),
    Metric::new("operation_accuracy", "operation accuracy").share().ceiling(Ceiling::Constant(1.0)),
    Metric::new("duration_mae_us", "duration MAE (µs)")
        .unit(Unit::Microseconds)
        .lower()
        .ceiling(Ceiling::Constant(0.0))
        .note("a few spans with an overflown clock may rule it"),
    Metric::new("duration_male", "duration MALE").lower().ceiling(Ceiling::Constant(0.0)),
    Metric::new("edge_precision", "edge precision").share().ceiling(Ceiling::Constant(1.0)),
    Metric::new("edge_recall", "edge recall").share().ceiling(Ceiling::Constant(1.0)),
    Metric::new("edge_f1", "edge F1").share().ceiling(Ceiling::Constant(1.0)).headline(60),
];

/// What is compared of one trace. Slices have one entry a span; edges must be distinct.
#[derive(Debug, Clone, Copy)]
pub struct TraceContent<'a> {
    /// Service ids.
    pub services: &'a [u32],
    /// Operation ids.
    pub operations: &'a [u32],
    /// Durations in µs.
    pub durations_us: &'a [f64],
    /// Parent → child pairs, in any order.
    pub edges: &'a [Edge],
}

impl<'a> From<TraceRef<'a>> for TraceContent<'a> {
    fn from(trace: TraceRef<'a>) -> Self {
        Self { services: trace.services, operations: trace.operations, durations_us: trace.durations_us, edges: trace.edges }
    }
}

/// Adds up what was reconstructed, trace by trace.
#[derive(Debug, Clone, Default)]
pub struct ReconstructionTally {
    traces: usize,
    spans: usize,
    services_right: usize,
    operations_right: usize,
    absolute_us: f64,
    absolute_log: f64,
    true_edges: usize,
    predicted_edges: usize,
    shared_edges: usize,
}

/// RQ1 over all traces; spans and edges are micro-averaged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconstruction {
    /// Number of traces.
    pub traces: usize,
    /// Number of spans.
    pub spans: usize,
    /// Share of spans whose service is right.
    pub service_accuracy: f64,
    /// Share of spans whose operation is right.
    pub operation_accuracy: f64,
    /// Mean absolute error of durations in µs.
    pub duration_mae_us: f64,
    /// Mean of abs(ln(1 + d̂) − ln(1 + d)) with durations in µs.
    pub duration_male: f64,
    /// Share of predicted edges that exist; without predictions 1 if there are no true edges either, else 0.
    pub edge_precision: f64,
    /// Share of true edges that are predicted; without true edges 1 if none is predicted, else 0.
    pub edge_recall: f64,
    /// 2TP / (2TP + FP + FN); 1 if there are neither true nor predicted edges.
    pub edge_f1: f64,
}

impl ReconstructionTally {
    /// Adds a trace and its reconstruction, span by span in the same order.
    ///
    /// # Errors
    /// [`EvaluationError::LengthMismatch`] if the numbers of spans differ, [`EvaluationError::BadValue`] if a duration is negative or not
    /// finite; the tally is unchanged then.
    pub fn push(&mut self, truth: TraceContent<'_>, predicted: TraceContent<'_>) -> Result<(), EvaluationError> {
        let spans = truth.services.len();
        for (what, found) in [
            ("true operations", truth.operations.len()),
            ("true durations", truth.durations_us.len()),
            ("predicted services", predicted.services.len()),
            ("predicted operations", predicted.operations.len()),
            ("predicted durations", predicted.durations_us.len()),
        ] {
            if found != spans {
                return Err(EvaluationError::LengthMismatch { what, expected: spans, found });
            }
        }
        for (what, durations) in [("true duration", truth.durations_us), ("predicted duration", predicted.durations_us)] {
            if let Some(position) = durations.iter().position(|d| !d.is_finite() || *d < 0.0) {
                return Err(EvaluationError::BadValue { what, position, value: durations[position] });
            }
        }
        self.traces += 1;
        self.spans += spans;
        self.services_right += equal(truth.services, predicted.services);
        self.operations_right += equal(truth.operations, predicted.operations);
        for (d, estimate) in truth.durations_us.iter().zip(predicted.durations_us) {
            self.absolute_us += (estimate - d).abs();
            self.absolute_log += (estimate.ln_1p() - d.ln_1p()).abs();
        }
        self.true_edges += truth.edges.len();
        self.predicted_edges += predicted.edges.len();
        self.shared_edges += shared(truth.edges, predicted.edges);
        Ok(())
    }

    /// The metrics over everything that was added.
    ///
    /// # Errors
    /// [`EvaluationError::Empty`] if no span was added.
    pub fn finish(&self) -> Result<Reconstruction, EvaluationError> {
        if self.spans == 0 {
            return Err(EvaluationError::Empty("reconstructed spans"));
        }
        let per_span = |sum: f64| sum / self.spans as f64;
        let edges = |whole| {
            if whole == 0 { f64::from(u8::from(self.true_edges == self.predicted_edges)) } else { self.shared_edges as f64 / whole as f64 }
        };
        let either = self.true_edges + self.predicted_edges;
        Ok(Reconstruction {
            traces: self.traces,
            spans: self.spans,
            service_accuracy: per_span(self.services_right as f64),
            operation_accuracy: per_span(self.operations_right as f64),
            duration_mae_us: per_span(self.absolute_us),
            duration_male: per_span(self.absolute_log),
            edge_precision: edges(self.predicted_edges),
            edge_recall: edges(self.true_edges),
            edge_f1: if either == 0 { 1.0 } else { 2.0 * self.shared_edges as f64 / either as f64 },
        })
    }
}

impl Measure for Reconstruction {
    fn measurements(&self) -> Vec<Measurement> {
        listed([
            ("service_accuracy", self.service_accuracy),
            ("operation_accuracy", self.operation_accuracy),
            ("duration_mae_us", self.duration_mae_us),
            ("duration_male", self.duration_male),
            ("edge_precision", self.edge_precision),
            ("edge_recall", self.edge_recall),
            ("edge_f1", self.edge_f1),
        ])
    }
}

fn equal(truth: &[u32], predicted: &[u32]) -> usize {
    truth.iter().zip(predicted).filter(|(a, b)| a == b).count()
}

/// Number of edges that are in both lists.
fn shared(truth: &[Edge], predicted: &[Edge]) -> usize {
    let mut truth = truth.to_vec();
    truth.sort_unstable();
    predicted.iter().filter(|edge| truth.binary_search(edge).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [Edge; 3] = [Edge { parent: 0, child: 1 }, Edge { parent: 1, child: 2 }, Edge { parent: 0, child: 2 }];

    fn content<'a>(services: &'a [u32], durations_us: &'a [f64], edges: &'a [Edge]) -> TraceContent<'a> {
        TraceContent { services, operations: services, durations_us, edges }
    }

    #[test]
    fn errors_and_edges_are_averaged_over_all_traces() {
        let mut tally = ReconstructionTally::default();
        tally.push(content(&[0, 1, 2], &[1.0, 0.0, 3.0], &EDGES[..2]), content(&[0, 1, 1], &[1.0, 1.0, 7.0], &EDGES[1..])).unwrap();
        tally.push(content(&[0], &[5.0], &[]), content(&[0], &[5.0], &[])).unwrap();
        let result = tally.finish().unwrap();
        assert_eq!((result.traces, result.spans, result.service_accuracy, result.operation_accuracy), (2, 4, 0.75, 0.75));
        assert_eq!(result.duration_mae_us, 5.0 / 4.0);
        // ln 2 − ln 1 and ln 8 − ln 4 are both ln 2.
        assert!((result.duration_male - 2.0f64.ln() / 2.0).abs() < 1e-15);
        assert_eq!((result.edge_precision, result.edge_recall, result.edge_f1), (0.5, 0.5, 0.5));
    }

    #[test]
    fn a_perfect_reconstruction_without_edges_scores_one() {
        let mut tally = ReconstructionTally::default();
        tally.push(content(&[0], &[5.0], &[]), content(&[0], &[5.0], &[])).unwrap();
        let result = tally.finish().unwrap();
        assert_eq!([result.edge_precision, result.edge_recall, result.edge_f1, result.duration_mae_us], [1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn only_invented_edges_score_zero() {
        let mut tally = ReconstructionTally::default();
        tally.push(content(&[0, 1], &[1.0, 1.0], &[]), content(&[0, 1], &[1.0, 1.0], &EDGES[..1])).unwrap();
        let result = tally.finish().unwrap();
        assert_eq!([result.edge_precision, result.edge_recall, result.edge_f1], [0.0; 3]);
    }

    #[test]
    fn nothing_a_wrong_length_and_a_bad_duration_are_errors() {
        let mut tally = ReconstructionTally::default();
        assert_eq!(tally.finish(), Err(EvaluationError::Empty("reconstructed spans")));
        assert!(matches!(
            tally.push(content(&[0], &[1.0], &[]), content(&[0, 1], &[1.0, 1.0], &[])),
            Err(EvaluationError::LengthMismatch { .. })
        ));
        assert!(matches!(tally.push(content(&[0], &[1.0], &[]), content(&[0], &[f64::NAN], &[])), Err(EvaluationError::BadValue { .. })));
        assert_eq!(tally.traces, 0);
    }
}
