//! May a new version go on? Its traces beside those of the version that runs.

mod config;
mod latency;
mod objectives;
mod reason;
mod structure;

use serde::Serialize;
use tracesmith_trace::Corpus;

use crate::figure::figure;
use tracesmith_evaluate::significance::{Rate, benjamini_hochberg, compare_rates};
use tracesmith_evaluate::{EvaluationError, require_comparable};
use tracesmith_trace::operations::{by_operation, errors, label_name};

pub use config::{CanaryConfig, Objectives};
pub use latency::LatencyChange;
pub use objectives::ObjectiveResult;
pub use reason::{Reason, Verdict};
pub use structure::{Presence, StructureChange};

/// Failed spans of one operation, or of all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorChange {
    /// `service/operation`; absent for all spans together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Failed spans of the control.
    pub control: Rate,
    /// Failed spans of the canary.
    pub canary: Rate,
    /// Share of the canary − share of the control.
    pub increase: f64,
    /// Probability of such an increase by chance, adjusted for the number of operations.
    pub probability: f64,
}

/// Everything compared, and the verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CanaryReport {
    /// The gravest of the reasons; `promote` if there is none.
    pub verdict: Verdict,
    /// The gravest first.
    pub reasons: Vec<Reason>,
    /// Operations of both sides, the largest slowdown first.
    pub latency: Vec<LatencyChange>,
    /// All spans, then operations by their increase; empty if one of the sides has no status at all.
    pub errors: Vec<ErrorChange>,
    /// What appeared, what vanished, and the mix of shapes.
    pub structure: StructureChange,
    /// The objectives of the configuration.
    pub objectives: Vec<ObjectiveResult>,
}

/// Compares the traces of a canary with those of the control; both must have the same vocabularies. Equal seeds give equal reports whatever
/// the order of the traces.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn canary(control: &Corpus, canary: &Corpus, config: &CanaryConfig, seed: u64) -> Result<CanaryReport, EvaluationError> {
    require_comparable([("control", control), ("canary", canary)])?;
    let latency = latency::changes(control, canary, config.min_observations);
    let errors = error_changes(control, canary);
    let structure = structure::change(control, canary, seed);
    let objectives = objectives::results(control, canary, config);
    let mut reasons = too_few(control, canary, &latency, config);
    reasons.extend(latency.iter().filter_map(|change| change.reason(config)));
    reasons.extend(errors.iter().filter_map(|change| change.reason(config)));
    reasons.extend(structure.reasons(config));
    reasons.extend(objectives.iter().filter_map(ObjectiveResult::reason));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    let verdict = reasons.first().map_or(Verdict::Promote, |reason| reason.verdict);
    Ok(CanaryReport { verdict, reasons, latency, errors, structure, objectives })
}

/// Nothing can be promoted on what was hardly seen.
fn too_few(control: &Corpus, canary: &Corpus, latency: &[LatencyChange], config: &CanaryConfig) -> Vec<Reason> {
    let hold = |text: String| Reason { verdict: Verdict::Hold, text };
    let sides = [("control", control), ("canary", canary)];
    let small = sides.into_iter().filter(|(_, corpus)| corpus.len() < config.min_traces);
    let mut reasons: Vec<Reason> = small
        .map(|(side, corpus)| hold(format!("{} traces of the {side}: at least {} are needed", corpus.len(), config.min_traces)))
        .collect();
    if reasons.is_empty() && latency.is_empty() {
        reasons.push(hold(format!("no operation is in {} traces of both sides: latency was not compared", config.min_observations)));
    }
    reasons
}

fn error_changes(control: &Corpus, canary: &Corpus) -> Vec<ErrorChange> {
    let (Some(of_control), Some(of_canary)) = (errors(control), errors(canary)) else { return Vec::new() };
    let change = |operation, control: Rate, canary: Rate, probability| ErrorChange {
        operation,
        control,
        canary,
        increase: canary.share() - control.share(),
        probability,
    };
    let (before, after) = (by_operation(control), by_operation(canary));
    let both: Vec<_> = before.iter().filter_map(|(&label, spans)| Some((label, spans.errors, after.get(&label)?.errors))).collect();
    let probabilities: Vec<f64> = both.iter().map(|&(_, control, canary)| compare_rates(control, canary).greater).collect();
    let adjusted = benjamini_hochberg(&probabilities);
    let mut changes: Vec<ErrorChange> = both
        .into_iter()
        .zip(adjusted)
        .map(|((label, before, after), probability)| change(Some(label_name(control, label)), before, after, probability))
        .collect();
    changes.sort_by(|a, b| b.increase.total_cmp(&a.increase).then_with(|| a.operation.cmp(&b.operation)));
    changes.insert(0, change(None, of_control, of_canary, compare_rates(of_control, of_canary).greater));
    changes
}

impl ErrorChange {
    fn reason(&self, config: &CanaryConfig) -> Option<Reason> {
        let (verdict, limit) = match self.increase {
            increase if increase > config.rollback_error_rate => (Verdict::Rollback, config.rollback_error_rate),
            increase if increase > config.hold_error_rate => (Verdict::Hold, config.hold_error_rate),
            _ => return None,
        };
        let of = self.operation.as_deref().unwrap_or("all spans");
        let (before, after) = (figure(self.control.share()), figure(self.canary.share()));
        let text = format!("errors of {of}: {before} → {after}, may rise by {} (p {})", figure(limit), figure(self.probability));
        (self.probability <= config.alpha).then_some(Reason { verdict, text })
    }
}

impl CanaryReport {
    /// Every figure under a dotted key.
    pub fn figures(&self) -> Vec<(String, f64)> {
        let of_latency = |change: &LatencyChange| {
            let figures = [("cliffs_delta", change.cliffs_delta), ("two_sided", change.two_sided), ("greater", change.greater)];
            figures.map(|(name, value)| (format!("latency.{}.{name}", change.operation), value))
        };
        let latency = self.latency.iter().flat_map(of_latency);
        let errors = self.errors.iter().map(|change| {
            let of = change.operation.as_deref().unwrap_or("all");
            (format!("error_increase.{of}"), change.increase)
        });
        let shapes = [("shapes.distance", self.structure.shapes.distance), ("shapes.probability", self.structure.shapes.probability)];
        latency.chain(errors).chain(shapes.map(|(key, value)| (key.to_owned(), value))).collect()
    }
}

#[cfg(test)]
mod tests;
