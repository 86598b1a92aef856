//! Does the canary keep the service-level objectives?

use std::collections::BTreeMap;

use serde::Serialize;
use tracesmith_trace::Corpus;

use super::config::{CanaryConfig, Objectives};
use super::reason::{Reason, Verdict};
use crate::figure::figure;
use tracesmith_trace::operations::{OperationSpans, by_operation, errors, label_name};
use tracesmith_trace::statistics::quantile;

/// An objective and the figures of both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectiveResult {
    /// `service/operation`.
    pub operation: String,
    /// `p50_us`, `p95_us`, `p99_us` or `error_rate`.
    pub figure: &'static str,
    /// The largest value allowed.
    pub limit: f64,
    /// Figure of the control; absent if it has no such span, or no statuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<f64>,
    /// Figure of the canary; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<f64>,
}

pub(super) fn results(control: &Corpus, canary: &Corpus, config: &CanaryConfig) -> Vec<ObjectiveResult> {
    let (before, after) = (Side::of(control), Side::of(canary));
    let results = |(operation, objectives): (&String, &Objectives)| {
        let limits = [
            ("p50_us", objectives.p50_us),
            ("p95_us", objectives.p95_us),
            ("p99_us", objectives.p99_us),
            ("error_rate", objectives.error_rate),
        ];
        let set = limits.into_iter().filter_map(|(figure, limit)| Some((figure, limit?)));
        set.map(|(figure, limit)| ObjectiveResult {
            operation: operation.clone(),
            figure,
            limit,
            control: before.figure(operation, figure),
            canary: after.figure(operation, figure),
        })
        .collect::<Vec<_>>()
    };
    config.slo.iter().flat_map(results).collect()
}

/// The spans of one side by the name of their operation.
struct Side {
    operations: BTreeMap<String, OperationSpans>,
    statuses: bool,
}

impl Side {
    fn of(corpus: &Corpus) -> Self {
        let operations = by_operation(corpus).into_iter().map(|(label, spans)| (label_name(corpus, label), spans)).collect();
        Self { operations, statuses: errors(corpus).is_some() }
    }

    fn figure(&self, operation: &str, figure: &str) -> Option<f64> {
        let spans = self.operations.get(operation)?;
        match figure {
            "p50_us" => quantile(&spans.durations_us, 0.5),
            "p95_us" => quantile(&spans.durations_us, 0.95),
            "p99_us" => quantile(&spans.durations_us, 0.99),
            _ => self.statuses.then(|| spans.errors.share()),
        }
    }
}

impl ObjectiveResult {
    /// A missed objective rolls the canary back, unless the control misses it too; one that cannot be measured holds it.
    pub(super) fn reason(&self) -> Option<Reason> {
        let Self { operation, figure: what, limit, control, canary } = self;
        let limit_text = figure(*limit);
        let Some(found) = canary else {
            let text = format!("objective {what} of {operation}: the canary has no such span or no status to measure it on");
            return Some(Reason { verdict: Verdict::Hold, text });
        };
        if found <= limit {
            return None;
        }
        let text = format!("objective {what} of {operation}: {}, must be at most {limit_text}", figure(*found));
        Some(match control.filter(|control| control > limit) {
            Some(control) => Reason { verdict: Verdict::Hold, text: format!("{text}; the control misses it too with {}", figure(control)) },
            None => Reason { verdict: Verdict::Rollback, text },
        })
    }
}
