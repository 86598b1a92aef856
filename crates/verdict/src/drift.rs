//! M8: what changed between two windows of real traces.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::{EvaluationError, require_comparable};
use tracesmith_trace::{Corpus, edge_labels, span_labels};

use crate::shift::{Shift, shape_shift, shift};
use tracesmith_evaluate::significance::{benjamini_hochberg, compare_rates, ks_probability};
use tracesmith_evaluate::statistics::{ks_similarity, share};
use tracesmith_trace::operations::{by_operation, errors, label_name};

/// From where on a change is drift: it must be both this large and unlikely to be chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftConfig {
    /// Level of significance, over all operations together. Default 0.01.
    pub alpha: f64,
    /// Traces with an operation, on each side, below which its durations are not compared. Default 30.
    pub min_observations: usize,
    /// Kolmogorov–Smirnov statistic of the traces' mean durations of an operation. Default 0.2.
    pub max_duration: f64,
    /// Kolmogorov–Smirnov statistic of the numbers of spans of a trace. Default 0.15.
    pub max_size: f64,
    /// Jensen–Shannon distance of (service, operation) labels. Default 0.1.
    pub max_labels: f64,
    /// Jensen–Shannon distance of (parent, child) label pairs. Default 0.15.
    pub max_calls: f64,
    /// Jensen–Shannon distance of whole shapes: traces with the same labels and calls. Default 0.25.
    pub max_shapes: f64,
    /// Change of the share of failed spans. Default 0.02.
    pub max_error_rate: f64,
}

impl Default for DriftConfig {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            min_observations: 30,
            max_duration: 0.2,
            max_size: 0.15,
            max_labels: 0.1,
            max_calls: 0.15,
            max_shapes: 0.25,
            max_error_rate: 0.02,
        }
    }
}

/// One thing that may have changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `size`, `labels`, `calls`, `shapes`, `error_rate`, or `duration` of an operation.
    pub feature: &'static str,
    /// `service/operation`; absent for what concerns whole traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Size of the change in 0–1; 0 for none.
    pub effect: f64,
    /// What it may be.
    pub threshold: f64,
    /// Probability of such a change by chance; of durations, adjusted for the number of operations (Benjamini–Hochberg).
    pub probability: f64,
    /// Larger than the threshold, and no chance.
    pub drifted: bool,
}

/// What changed between two windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftReport {
    /// Whether anything drifted.
    pub drifted: bool,
    /// Everything compared, the largest effect first.
    pub changes: Vec<Change>,
    /// Operations that only the second window has.
    pub appeared: Vec<String>,
    /// Operations that only the first window has.
    pub vanished: Vec<String>,
    /// Operations of both windows that too few traces have for their durations to be compared.
    pub too_rare: usize,
}

/// Compares two windows with the same vocabularies. Equal seeds give equal results whatever the order of the traces; O(n log n) beside the
/// random divisions of `shift`.
///
/// # Errors
/// An empty window, or different vocabularies.
pub fn drift(first: &Corpus, second: &Corpus, config: &DriftConfig, seed: u64) -> Result<DriftReport, EvaluationError> {
    require_comparable([("first", first), ("second", second)])?;
    let (mut changes, too_rare) = durations(first, second, config);
    changes.extend(whole_traces(first, second, config, seed));
    changes.sort_by(|a, b| b.effect.total_cmp(&a.effect).then_with(|| a.operation.cmp(&b.operation)));
    let only = |in_this: &Corpus, not_in: &Corpus| {
        let labels = |corpus: &Corpus| corpus.traces().flat_map(span_labels).collect::<BTreeSet<_>>();
        labels(in_this).difference(&labels(not_in)).map(|&label| label_name(in_this, label)).collect::<Vec<_>>()
    };
    Ok(DriftReport {
        drifted: changes.iter().any(|change| change.drifted),
        changes,
        appeared: only(second, first),
        vanished: only(first, second),
        too_rare,
    })
}

/// A change of the durations of every operation that both sides have often enough, and how many are too rare for that.
fn durations(first: &Corpus, second: &Corpus, config: &DriftConfig) -> (Vec<Change>, usize) {
    let (before, after) = (by_operation(first), by_operation(second));
    let both: Vec<_> = before.iter().filter_map(|(label, spans)| Some((label, spans, after.get(label)?))).collect();
    let (compared, few): (Vec<_>, Vec<_>) =
        both.into_iter().partition(|(_, before, after)| before.means_us.len().min(after.means_us.len()) >= config.min_observations.max(1));
    let tests: Vec<(String, f64, f64)> = compared
        .into_iter()
        .map(|(&label, before, after)| {
            let statistic = 1.0 - ks_similarity(&before.means_us, &after.means_us);
            let probability = ks_probability(statistic, before.means_us.len(), after.means_us.len());
            (label_name(first, label), statistic, probability)
        })
        .collect();
    let adjusted = benjamini_hochberg(&tests.iter().map(|test| test.2).collect::<Vec<_>>());
    let change =
        |((operation, effect, _), probability)| changed("duration", Some(operation), effect, config.max_duration, probability, config);
    (tests.into_iter().zip(adjusted).map(change).collect(), few.len())
}

/// Changes of what is a property of whole traces, and of the share of failed spans where statuses are known on both sides.
fn whole_traces(first: &Corpus, second: &Corpus, config: &DriftConfig, seed: u64) -> Vec<Change> {
    let sizes = |corpus: &Corpus| corpus.traces().map(|trace| trace.span_count() as f64).collect::<Vec<_>>();
    let size = 1.0 - ks_similarity(&sizes(first), &sizes(second));
    let mix = |feature, threshold, Shift { distance, probability }| changed(feature, None, distance, threshold, probability, config);
    let mut changes = vec![
        changed("size", None, size, config.max_size, ks_probability(size, first.len(), second.len()), config),
        mix("labels", config.max_labels, shift(first, second, seed, |trace| span_labels(trace).collect())),
        mix("calls", config.max_calls, shift(first, second, seed, |trace| edge_labels(trace).collect())),
        mix("shapes", config.max_shapes, shape_shift(first, second, seed)),
    ];
    if let (Some(before), Some(after)) = (errors(first), errors(second)) {
        let effect = (after.share() - before.share()).abs();
        let probability = compare_rates(before, after).two_sided;
        changes.push(changed("error_rate", None, effect, config.max_error_rate, probability, config));
    }
    changes
}

fn changed(
    feature: &'static str,
    operation: Option<String>,
    effect: f64,
    threshold: f64,
    probability: f64,
    config: &DriftConfig,
) -> Change {
    Change { feature, operation, effect, threshold, probability, drifted: effect > threshold && probability <= config.alpha }
}

impl DriftReport {
    /// Share of what was compared that drifted.
    pub fn drifted_share(&self) -> f64 {
        let drifted = self.changes.iter().filter(|change| change.drifted).count();
        share(drifted, self.changes.len(), 0.0)
    }
}

impl Change {
    /// The feature, with its operation if it has one.
    pub fn name(&self) -> String {
        self.operation.as_ref().map_or_else(|| self.feature.to_owned(), |operation| format!("{} of {operation}", self.feature))
    }
}

impl DriftReport {
    /// Every effect under a dotted key, such as `size` or `duration.web/GET`.
    pub fn figures(&self) -> Vec<(String, f64)> {
        let key = |change: &Change| match &change.operation {
            None => change.feature.to_owned(),
            Some(operation) => format!("{}.{operation}", change.feature),
        };
        let mut entries = vec![("drifted_share".to_owned(), self.drifted_share())];
        entries.extend(self.changes.iter().map(|change| (key(change), change.effect)));
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, corpus, random_corpus, reversed, with_statuses};
    use proptest::prelude::*;

    fn found(report: &DriftReport) -> Vec<(&'static str, f64)> {
        report.changes.iter().filter(|change| change.drifted).map(|change| (change.feature, change.effect)).collect()
    }

    #[test]
    fn slower_spans_and_another_operation_are_drift_with_their_effects() {
        let slower = drift(&copies(40, &[(0, 0, 5.0)], &[]), &copies(40, &[(0, 0, 6.0)], &[]), &DriftConfig::default(), 0).unwrap();
        assert_eq!(found(&slower), [("duration", 1.0)]);
        assert_eq!(slower.changes[0].name(), "duration of a/p");
        let other = drift(&copies(40, &[(0, 0, 5.0)], &[]), &copies(40, &[(1, 0, 5.0)], &[]), &DriftConfig::default(), 0).unwrap();
        assert_eq!(found(&other), [("labels", 1.0), ("shapes", 1.0)]);
        assert_eq!((other.appeared, other.vanished), (vec!["b/p".to_owned()], vec!["a/p".to_owned()]));
    }

    #[test]
    fn the_drifted_share_counts_everything_compared() {
        let second = Corpus::concat(&[&copies(30, &[(0, 0, 5.0)], &[]), &copies(10, &[(1, 0, 5.0)], &[])]);
        let report = drift(&copies(40, &[(0, 0, 5.0)], &[]), &second, &DriftConfig::default(), 0).unwrap();
        // Shares (1, 0) and (3/4, 1/4), of labels and of shapes alike: JSD = log2(8/7)/2 + (3/4·log2(6/7) + 1/4)/2.
        let distance = ((8.0f64 / 7.0).log2() / 2.0 + (0.75 * (6.0f64 / 7.0).log2() + 0.25) / 2.0).sqrt();
        let effects: std::collections::BTreeMap<String, f64> = report.figures().into_iter().collect();
        for feature in ["labels", "shapes"] {
            assert!((effects[feature] - distance).abs() < 1e-12, "{effects:?}");
        }
        // Neither size, nor calls, nor the durations of a/p changed.
        assert_eq!((effects["drifted_share"], effects["size"], effects["calls"], effects["duration.a/p"]), (0.4, 0.0, 0.0, 0.0));
    }

    #[test]
    fn the_same_window_has_not_drifted_at_all() {
        let window = random_corpus(1, 60);
        let report = drift(&window, &reversed(&window), &DriftConfig::default(), 0).unwrap();
        assert!(!report.drifted && report.figures().iter().all(|(_, value)| *value == 0.0), "{report:?}");
    }

    #[test]
    fn two_samples_of_one_source_have_not_drifted() {
        let report = drift(&random_corpus(1, 400), &random_corpus(2, 300), &DriftConfig::default(), 0).unwrap();
        assert!(!report.drifted, "{report:?}");
    }

    #[test]
    fn a_large_change_of_few_spans_may_be_chance() {
        let config = DriftConfig { min_observations: 1, ..DriftConfig::default() };
        let report = drift(&copies(1, &[(0, 0, 5.0)], &[]), &copies(1, &[(1, 1, 9.0)], &[]), &config, 0).unwrap();
        assert!(!report.drifted && report.changes.iter().all(|change| change.probability.is_finite()), "{report:?}");
        let report = drift(&copies(2, &[(0, 0, 5.0)], &[]), &copies(2, &[(0, 0, 9.0)], &[]), &DriftConfig::default(), 0).unwrap();
        assert_eq!((report.too_rare, report.changes.len()), (1, 4));
    }

    #[test]
    fn error_rates_are_compared_where_statuses_are_known() {
        let (good, bad) = (vec![(0, 0, 1.0, 200); 50], vec![(0, 0, 1.0, 500); 50]);
        let report = drift(&with_statuses(&good, &[]), &with_statuses(&bad, &[]), &DriftConfig::default(), 0).unwrap();
        assert_eq!(found(&report), [("error_rate", 1.0)]);
    }

    #[test]
    fn an_empty_window_is_an_error() {
        let result = drift(&corpus(&[]), &random_corpus(1, 2), &DriftConfig::default(), 0);
        assert!(matches!(result, Err(EvaluationError::EmptyCorpus { side: "first", .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn effects_and_probabilities_are_bounded_and_blind_to_order(seed: u64, n in 1usize..40, m in 1usize..40) {
            let (first, second) = (random_corpus(seed, n), random_corpus(seed ^ 1, m));
            let config = DriftConfig { min_observations: 2, ..DriftConfig::default() };
            let report = drift(&first, &second, &config, seed).unwrap();
            for change in &report.changes {
                prop_assert!((0.0..=1.0).contains(&change.effect) && (0.0..=1.0).contains(&change.probability), "{change:?}");
            }
            prop_assert_eq!(drift(&reversed(&first), &reversed(&second), &config, seed).unwrap(), report);
        }
    }
}
