//! M7 as checks: the kind of fault whose effects differ most.

use tracesmith_evaluate::EvaluationError;
use tracesmith_trace::{Corpus, Label};

use super::check::{Check, Offender, Question};
use super::limits::Limits;
use tracesmith_evaluate::fault_effects::{Effect, FaultEffect, FaultSettings, TouchedOperations, fault_fidelity};

/// The largest of the kinds' mean differences over the operations that the fault touches on either side: of Cliff's delta, and of the shift of
/// log-durations, which tells a fault that doubles every duration from one that makes it a hundred times longer.
///
/// # Errors
/// As [`fault_fidelity`].
pub(super) fn checks(real: &Corpus, synthetic: &Corpus, limits: &Limits) -> Result<[Check; 2], EvaluationError> {
    let delta = Question::at_most("M7", "difference of fault effects", limits.max_effect_difference);
    let shift = Question::at_most("M7.log_shift", "difference of log-duration shifts by faults", limits.max_log_shift_difference);
    let not_measured = |reason: &str| Ok([delta.clone().not_measured(reason), shift.clone().not_measured(reason)]);
    let abnormal = |corpus: &Corpus| corpus.labels().iter().any(Label::is_abnormal);
    if !abnormal(real) || !abnormal(synthetic) {
        return not_measured("it needs fault labels of both the real and the synthetic traces: --faults and --synthetic-faults");
    }
    let settings = FaultSettings { min_traces: limits.min_traces_of_effect, min_effect: limits.min_effect };
    let kinds = fault_fidelity(real, synthetic, &settings)?.kinds;
    let largest =
        |of: fn(&TouchedOperations) -> f64| kinds.iter().filter_map(|kind| Some(of(kind.touched.as_ref()?))).max_by(f64::total_cmp);
    let (Some(delta_difference), Some(shift_difference)) = (largest(|of| of.difference), largest(|of| of.log_shift_difference)) else {
        return not_measured("it needs a kind of fault that touches an operation which enough traces have on both sides");
    };
    let touched: Vec<&FaultEffect> =
        kinds.iter().flat_map(|kind| &kind.effects).filter(|effect| effect.is_touched(limits.min_effect)).collect();
    Ok([
        delta.measured(delta_difference, offenders(&touched, |effect| effect.cliffs_delta)),
        shift.measured(shift_difference, offenders(&touched, |effect| effect.log_shift)),
    ])
}

/// The operations that differ, the largest difference first.
fn offenders(touched: &[&FaultEffect], figure: fn(&Effect) -> f64) -> Vec<Offender> {
    let offender = |effect: &&FaultEffect| Offender {
        name: format!("{} on {}", effect.kind, effect.operation),
        found: figure(&effect.synthetic),
        expected: Some(figure(&effect.real)),
    };
    let difference = |offender: &Offender| (offender.found - offender.expected.unwrap_or(0.0)).abs();
    let mut offenders: Vec<Offender> = touched.iter().map(offender).filter(|offender| difference(offender) > 0.0).collect();
    offenders.sort_by(|a, b| difference(b).total_cmp(&difference(a)));
    offenders
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
        let [delta, shift] = checks(&real, &synthetic, &limits()).unwrap();
        assert_eq!((delta.value, &delta.status), (Some(0.5), &Status::Failed));
        assert_eq!(delta.offenders.len(), 1);
        assert_eq!(delta.offenders[0].to_string(), "delay on b/q 0.5000 instead of 1");
        // ln(1 + µs) of 3 and 4 over 1 and 2 against that of 2 and 4 over 1 and 3: half of ln(20/6) − ln(15/8).
        assert!((shift.value.unwrap() - ((20.0f64 / 6.0).ln() - (15.0f64 / 8.0).ln()) / 2.0).abs() < 1e-12, "{shift:?}");
        assert_eq!((&shift.status, shift.offenders.len()), (&Status::Passed, 1));
        assert_eq!(checks(&real, &real, &limits()).unwrap().map(|check| check.value), [Some(0.0); 2]);
    }

    #[test]
    fn a_fault_that_is_far_too_strong_has_the_right_ranks_and_the_wrong_shift() {
        let (real, synthetic) = (labelled([1.0, 2.0], [3.0, 4.0]), labelled([1.0, 2.0], [300.0, 400.0]));
        let [delta, shift] = checks(&real, &synthetic, &limits()).unwrap();
        assert_eq!((delta.value, &delta.status, &shift.status), (Some(0.0), &Status::Passed, &Status::Failed));
        assert!(shift.offenders[0].name == "delay on b/q" && shift.offenders[0].found > 4.0, "{shift:?}");
    }

    #[test]
    fn without_labels_or_spans_or_effects_there_is_no_figure() {
        let real = labelled([1.0, 2.0], [3.0, 4.0]);
        let unlabelled = corpus(&[(&[(0, 0, 5.0)], &[])]);
        let quiet = labelled([1.0, 1.0], [1.0, 1.0]);
        for (a, b, limits) in [(&real, &unlabelled, limits()), (&unlabelled, &real, limits()), (&quiet, &quiet, limits())] {
            let found = checks(a, b, &limits).unwrap();
            assert!(found.iter().all(|check| matches!(check.status, Status::NotMeasured { .. })));
        }
        assert_eq!(checks(&real, &real, &Limits::default()).unwrap().map(|check| check.value), [None; 2]);
    }
}
