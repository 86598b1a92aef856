//! M7: does a fault slow the same operations down, by as much, in synthetic traces as in real ones?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tracesmith_trace::{Corpus, Label};

use super::check::{Check, Offender, Question};
use super::config::Limits;
use crate::label::SpanLabel;
use crate::operations::{label_name, mean_durations};
use crate::significance::mann_whitney;

/// Effect of a kind of fault on an operation: Cliff's delta of the traces' mean durations of the operation, inside against outside of the
/// windows, in −1–1. As only ranks count, it is that of log-durations too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultEffect {
    /// Kind of fault.
    pub kind: String,
    /// `service/operation`.
    pub operation: String,
    /// Effect in the real traces.
    pub real: f64,
    /// Effect in the synthetic traces.
    pub synthetic: f64,
}

/// Effects of every kind of fault on every operation that has at least `min_traces` traces with and without it on both sides, by kind and
/// operation. Both corpora must have the same vocabularies.
pub fn fault_effects(real: &Corpus, synthetic: &Corpus, min_traces: usize) -> Vec<FaultEffect> {
    let (of_real, of_synthetic) = (Durations::of(real), Durations::of(synthetic));
    let mut effects = Vec::new();
    for (kind, operations) in &of_real.abnormal {
        for &label in operations.keys() {
            let effect = |side: &Durations| side.effect(kind, label, min_traces.max(1));
            if let (Some(in_real), Some(in_synthetic)) = (effect(&of_real), effect(&of_synthetic)) {
                let operation = label_name(real, label);
                effects.push(FaultEffect { kind: kind.clone(), operation, real: in_real, synthetic: in_synthetic });
            }
        }
    }
    effects
}

/// Mean durations of the traces by operation: in normal time, and inside the windows of each kind of fault.
#[derive(Default)]
struct Durations {
    normal: BTreeMap<SpanLabel, Vec<f64>>,
    abnormal: BTreeMap<String, BTreeMap<SpanLabel, Vec<f64>>>,
}

impl Durations {
    fn of(corpus: &Corpus) -> Self {
        let mut durations = Self::default();
        for trace in corpus.traces() {
            let operations = match trace.label {
                Label::Unknown => continue,
                Label::Normal => &mut durations.normal,
                Label::Abnormal(fault) => durations.abnormal.entry(fault.kind.clone()).or_default(),
            };
            for (label, mean_us) in mean_durations(trace) {
                operations.entry(label).or_default().push(mean_us);
            }
        }
        durations
    }

    fn effect(&self, kind: &str, label: SpanLabel, min_traces: usize) -> Option<f64> {
        let enough = |means: &&Vec<f64>| means.len() >= min_traces;
        let normal = self.normal.get(&label).filter(enough)?;
        let abnormal = self.abnormal.get(kind)?.get(&label).filter(enough)?;
        mann_whitney(normal, abnormal).map(|test| test.cliffs_delta)
    }
}

/// The largest of the kinds' mean differences over the operations that the fault touches on either side.
pub(super) fn check(real: &Corpus, synthetic: &Corpus, limits: &Limits) -> Check {
    let question = Question::at_most("M7", "difference of fault effects", limits.max_effect_difference);
    let abnormal = |corpus: &Corpus| corpus.labels().iter().any(Label::is_abnormal);
    if !abnormal(real) || !abnormal(synthetic) {
        return question.not_measured("it needs fault labels of both the real and the synthetic traces");
    }
    let mut touched = fault_effects(real, synthetic, limits.min_traces_of_effect);
    touched.retain(|effect| effect.real.abs().max(effect.synthetic.abs()) >= limits.min_effect);
    let difference = |effect: &FaultEffect| (effect.real - effect.synthetic).abs();
    let kinds: BTreeSet<&str> = touched.iter().map(|effect| effect.kind.as_str()).collect();
    let mean_of = |kind: &&str| {
        let of_kind: Vec<f64> = touched.iter().filter(|effect| effect.kind == **kind).map(difference).collect();
        of_kind.iter().sum::<f64>() / of_kind.len() as f64
    };
    let Some(worst) = kinds.iter().map(mean_of).max_by(f64::total_cmp) else {
        return question.not_measured("no kind of fault touches an operation that enough traces have on both sides");
    };
    touched.sort_by(|a, b| difference(b).total_cmp(&difference(a)));
    let offenders = touched.into_iter().filter(|effect| effect.real != effect.synthetic).map(|effect| Offender {
        name: format!("{} on {}", effect.kind, effect.operation),
        found: effect.synthetic,
        expected: Some(effect.real),
    });
    question.measured(worst, offenders.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, with_faults};
    use crate::gate::check::Status;

    fn labelled(normal_us: [f64; 2], abnormal_us: [f64; 2]) -> Corpus {
        let of = |durations: [f64; 2]| {
            let spans = durations.map(|duration| [(0, 0, 5.0), (1, 1, duration)]);
            corpus(&spans.each_ref().map(|spans| (&spans[..], &[(0, 1)][..])))
        };
        with_faults(&of(normal_us), &of(abnormal_us))
    }

    fn limits() -> Limits {
        Limits { min_traces_of_effect: 2, ..Limits::default() }
    }

    #[test]
    fn effects_are_compared_on_the_operations_that_react() {
        // Real: both slow spans are longer (delta 1). Synthetic: 3 of 4 pairs (delta 1/2). The root never reacts.
        let (real, synthetic) = (labelled([1.0, 2.0], [3.0, 4.0]), labelled([1.0, 3.0], [2.0, 4.0]));
        assert_eq!(fault_effects(&real, &synthetic, 2).len(), 2);
        let check = check(&real, &synthetic, &limits());
        assert_eq!((check.value, &check.status), (Some(0.5), &Status::Failed));
        assert_eq!(check.offenders[0].to_string(), "delay on b/q 0.5000 instead of 1");
        assert_eq!(super::check(&real, &real, &limits()).value, Some(0.0));
    }

    #[test]
    fn without_labels_or_spans_or_effects_there_is_no_figure() {
        let real = labelled([1.0, 2.0], [3.0, 4.0]);
        let unlabelled = corpus(&[(&[(0, 0, 5.0)], &[])]);
        let quiet = labelled([1.0, 1.0], [1.0, 1.0]);
        for (a, b, limits) in [(&real, &unlabelled, limits()), (&unlabelled, &real, limits()), (&quiet, &quiet, limits())] {
            assert!(matches!(check(a, b, &limits).status, Status::NotMeasured { .. }));
        }
        assert_eq!(check(&real, &real, &Limits::default()).value, None);
    }
}
