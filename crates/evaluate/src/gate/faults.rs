//! M7 as a check: the kind of fault whose effects differ most.

use tracesmith_trace::{Corpus, Label};

use super::check::{Check, Offender, Question};
use super::config::Limits;
use crate::EvaluationError;
use crate::fault_effects::{FaultEffect, FaultSettings, fault_fidelity};

/// The largest of the kinds' mean differences over the operations that the fault touches on either side.
///
/// # Errors
/// As [`fault_fidelity`].
pub(super) fn check(real: &Corpus, synthetic: &Corpus, limits: &Limits) -> Result<Check, EvaluationError> {
    let question = Question::at_most("M7", "difference of fault effects", limits.max_effect_difference);
    let abnormal = |corpus: &Corpus| corpus.labels().iter().any(Label::is_abnormal);
    if !abnormal(real) || !abnormal(synthetic) {
        return Ok(question.not_measured("it needs fault labels of both the real and the synthetic traces"));
    }
    let settings = FaultSettings { min_traces: limits.min_traces_of_effect, min_effect: limits.min_effect };
    let kinds = fault_fidelity(real, synthetic, &settings)?.kinds;
    let differences = kinds.iter().filter_map(|kind| Some(kind.touched?.difference));
    let Some(worst) = differences.max_by(f64::total_cmp) else {
        return Ok(question.not_measured("no kind of fault touches an operation that enough traces have on both sides"));
    };
    let touched = kinds.into_iter().flat_map(|kind| kind.effects).filter(|effect| effect.is_touched(limits.min_effect));
    let mut different: Vec<FaultEffect> = touched.filter(|effect| effect.difference() > 0.0).collect();
    different.sort_by(|a, b| b.difference().total_cmp(&a.difference()));
    let offenders = different.into_iter().map(|effect| Offender {
        name: format!("{} on {}", effect.kind, effect.operation),
        found: effect.synthetic.cliffs_delta,
        expected: Some(effect.real.cliffs_delta),
    });
    Ok(question.measured(worst, offenders.collect()))
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
        let check = check(&real, &synthetic, &limits()).unwrap();
        assert_eq!((check.value, &check.status), (Some(0.5), &Status::Failed));
        assert_eq!(check.offenders.len(), 1);
        assert_eq!(check.offenders[0].to_string(), "delay on b/q 0.5000 instead of 1");
        assert_eq!(super::check(&real, &real, &limits()).unwrap().value, Some(0.0));
    }

    #[test]
    fn without_labels_or_spans_or_effects_there_is_no_figure() {
        let real = labelled([1.0, 2.0], [3.0, 4.0]);
        let unlabelled = corpus(&[(&[(0, 0, 5.0)], &[])]);
        let quiet = labelled([1.0, 1.0], [1.0, 1.0]);
        for (a, b, limits) in [(&real, &unlabelled, limits()), (&unlabelled, &real, limits()), (&quiet, &quiet, limits())] {
            assert!(matches!(check(a, b, &limits).unwrap().status, Status::NotMeasured { .. }));
        }
        assert_eq!(check(&real, &real, &Limits::default()).unwrap().value, None);
    }
}
