//! Is an operation slower?

use serde::Serialize;
use tracesmith_trace::Corpus;

use super::config::CanaryConfig;
use super::reason::{Reason, Verdict};
use crate::figure::figure;
use tracesmith_evaluate::significance::{benjamini_hochberg, mann_whitney};
use tracesmith_trace::operations::{by_operation, label_name};
use tracesmith_trace::statistics::quantile;

/// Durations of an operation on both sides. An observation is the mean duration in a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LatencyChange {
    /// `service/operation`.
    pub operation: String,
    /// Traces of the control that have it.
    pub control_traces: usize,
    /// Traces of the canary that have it.
    pub canary_traces: usize,
    /// Median of the mean durations in the traces of the control, in µs.
    pub control_p50_us: f64,
    /// Median of the mean durations in the traces of the canary, in µs.
    pub canary_p50_us: f64,
    /// Cliff's delta, positive if the canary is slower.
    pub cliffs_delta: f64,
    /// Probability of a change as large in either direction by chance (Mann–Whitney), adjusted for the number of operations.
    pub two_sided: f64,
    /// Probability of a slowdown as large by chance, adjusted as well.
    pub greater: f64,
}

/// The changes of all operations that enough traces have on both sides, the largest slowdown first.
pub(super) fn changes(control: &Corpus, canary: &Corpus, min_observations: usize) -> Vec<LatencyChange> {
    let (before, after) = (by_operation(control), by_operation(canary));
    let compare = |label: &_| {
        let (control_us, canary_us) = (&before.get(label)?.means_us, &after.get(label)?.means_us);
        let enough = control_us.len().min(canary_us.len()) >= min_observations;
        let test = mann_whitney(control_us, canary_us).filter(|_| enough)?;
        Some(LatencyChange {
            operation: label_name(control, *label),
            control_traces: control_us.len(),
            canary_traces: canary_us.len(),
            control_p50_us: quantile(control_us, 0.5)?,
            canary_p50_us: quantile(canary_us, 0.5)?,
            cliffs_delta: test.cliffs_delta,
            two_sided: test.two_sided,
            greater: test.greater,
        })
    };
    let mut changes: Vec<LatencyChange> = before.keys().filter_map(compare).collect();
    let adjusted = |of: fn(&LatencyChange) -> f64| benjamini_hochberg(&changes.iter().map(of).collect::<Vec<_>>());
    let (two_sided, greater) = (adjusted(|change| change.two_sided), adjusted(|change| change.greater));
    for (change, (two_sided, greater)) in changes.iter_mut().zip(two_sided.into_iter().zip(greater)) {
        (change.two_sided, change.greater) = (two_sided, greater);
    }
    changes.sort_by(|a, b| b.cliffs_delta.total_cmp(&a.cliffs_delta).then_with(|| a.operation.cmp(&b.operation)));
    changes
}

impl LatencyChange {
    pub(super) fn reason(&self, config: &CanaryConfig) -> Option<Reason> {
        let (verdict, limit) = match self.cliffs_delta {
            delta if delta >= config.rollback_effect => (Verdict::Rollback, config.rollback_effect),
            delta if delta >= config.hold_effect => (Verdict::Hold, config.hold_effect),
            _ => return None,
        };
        let Self { operation, control_p50_us, canary_p50_us, cliffs_delta, greater, .. } = self;
        let text = format!(
            "latency of {operation}: Cliff's delta {}, must be below {} (median {control_p50_us:.0} → {canary_p50_us:.0} µs, p {})",
            figure(*cliffs_delta),
            figure(limit),
            figure(*greater)
        );
        (*greater <= config.alpha).then_some(Reason { verdict, text })
    }
}
