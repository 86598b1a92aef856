use proptest::prelude::*;
use tracesmith_trace::{Fault, Trace};

use super::*;
use crate::fixture::{corpus, random_corpus, reversed, with_faults};

const SETTINGS: FaultSettings = FaultSettings { min_traces: 2, min_effect: 0.147 };

/// Requests whose root takes 5 µs and whose child takes the given times; the second list is inside of the windows of the fault `delay`.
fn labelled(normal_us: &[f64], abnormal_us: &[f64]) -> Corpus {
    let of = |durations: &[f64]| {
        let spans: Vec<_> = durations.iter().map(|&duration| [(0, 0, 5.0), (1, 1, duration)]).collect();
        corpus(&spans.iter().map(|spans| (&spans[..], &[(0, 1)][..])).collect::<Vec<_>>())
    };
    with_faults(&of(normal_us), &of(abnormal_us))
}

fn only_kind(real: &Corpus, synthetic: &Corpus, settings: &FaultSettings) -> KindFidelity {
    let mut kinds = fault_fidelity(real, synthetic, settings).unwrap().kinds;
    assert_eq!(kinds.len(), 1);
    kinds.remove(0)
}

#[test]
fn effects_of_a_fault_are_those_worked_out_by_hand() {
    // Real: both slow spans are longer (delta 1). Synthetic: three of four pairs are, and one is not (delta 1/2). The root never reacts.
    let e = std::f64::consts::E;
    let after = |log: f64| e.powf(log) - 1.0;
    let (real, synthetic) =
        (labelled(&[1.0, 2.0].map(after), &[3.0, 4.0].map(after)), labelled(&[1.0, 3.0].map(after), &[2.0, 4.0].map(after)));
    let kind = only_kind(&real, &synthetic, &SETTINGS);
    assert_eq!((kind.kind.as_str(), kind.real_traces, kind.synthetic_traces, kind.compared), ("delay", 2, 2, 2));
    let slow = &kind.effects[0];
    assert_eq!((slow.operation.as_str(), slow.real.cliffs_delta, slow.synthetic.cliffs_delta), ("b/q", 1.0, 0.5));
    // Means of the logarithms: 1.5 → 3.5 and 2 → 3.
    assert!((slow.real.log_shift - 2.0).abs() < 1e-12 && (slow.synthetic.log_shift - 1.0).abs() < 1e-12);
    let still = Effect { cliffs_delta: 0.0, log_shift: 0.0 };
    assert_eq!((kind.effects[1].operation.as_str(), kind.effects[1].real, kind.effects[1].synthetic), ("a/p", still, still));
    let touched = kind.touched.unwrap();
    assert_eq!((touched.operations, touched.difference, touched.same_direction), (1, 0.5, 1.0));
    assert!((touched.log_shift_difference - 1.0).abs() < 1e-12);
}

#[test]
fn a_fault_that_makes_faster_what_it_made_slower_goes_the_other_way() {
    let touched = only_kind(&labelled(&[1.0, 2.0], &[3.0, 4.0]), &labelled(&[3.0, 4.0], &[1.0, 2.0]), &SETTINGS).touched.unwrap();
    assert_eq!((touched.difference, touched.same_direction), (2.0, 0.0));
}

#[test]
fn a_kind_of_one_side_is_listed_and_compared_with_nothing() {
    let real = labelled(&[1.0, 2.0], &[3.0, 4.0]);
    let mut builder = real.empty_like();
    for trace in real.traces() {
        let label = match trace.label {
            Label::Abnormal(fault) => Label::Abnormal(Fault { kind: "loss".into(), ..fault.clone() }),
            other => other.clone(),
        };
        builder.push(Trace { label, ..trace.to_owned() }).unwrap();
    }
    let kinds = fault_fidelity(&real, &builder.finish(), &SETTINGS).unwrap().kinds;
    let counts = |kind: &KindFidelity| (kind.kind.clone(), kind.real_traces, kind.synthetic_traces, kind.compared, kind.touched);
    assert_eq!(kinds.iter().map(counts).collect::<Vec<_>>(), [("delay".into(), 2, 0, 0, None), ("loss".into(), 0, 2, 0, None)]);
}

#[test]
fn without_labels_with_one_trace_and_with_equal_times_every_value_is_defined() {
    let real = labelled(&[1.0, 2.0], &[3.0, 4.0]);
    let unlabelled = corpus(&[(&[(0, 0, 5.0)], &[])]);
    assert_eq!(fault_fidelity(&unlabelled, &unlabelled, &SETTINGS).unwrap().kinds, []);
    assert_eq!(only_kind(&real, &unlabelled, &SETTINGS).compared, 0);
    assert_eq!(only_kind(&unlabelled, &real, &SETTINGS).compared, 0);
    let one = labelled(&[7.0], &[7.0]);
    assert_eq!(only_kind(&one, &one, &SETTINGS).compared, 0);
    // Nobody reacts: nothing is touched, unless everything is asked for.
    let everything = FaultSettings { min_traces: 0, min_effect: 0.0 };
    assert_eq!(only_kind(&one, &one, &FaultSettings { min_traces: 1, ..SETTINGS }).touched, None);
    let touched = only_kind(&one, &one, &everything).touched.unwrap();
    assert_eq!((touched.operations, touched.difference, touched.log_shift_difference, touched.same_direction), (2, 0.0, 0.0, 0.0));
    // Only abnormal traces: there is nothing to compare with.
    assert_eq!(only_kind(&labelled(&[], &[1.0, 2.0]), &real, &SETTINGS).compared, 0);
    assert!(matches!(fault_fidelity(&real, &corpus(&[]), &SETTINGS), Err(EvaluationError::EmptyCorpus { side: "synthetic", .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn swapping_the_sides_and_the_order_of_traces_change_no_figure(seed: u64) {
        let side = |stream: u64| with_faults(&random_corpus(seed ^ stream, 30), &random_corpus(seed ^ stream ^ 8, 20));
        let (real, synthetic) = (side(1), side(2));
        let there = only_kind(&real, &synthetic, &SETTINGS);
        let back = only_kind(&synthetic, &real, &SETTINGS);
        prop_assert_eq!(there.compared, back.compared);
        let figures = |kind: &KindFidelity| kind.touched.map_or([0.0; 4], |t| [t.operations as f64, t.difference, t.log_shift_difference, t.same_direction]);
        for (a, b) in figures(&there).into_iter().zip(figures(&back)) {
            prop_assert!(a.is_finite() && (a - b).abs() < 1e-9, "{a} {b}");
        }
        let turned = only_kind(&reversed(&real), &reversed(&synthetic), &SETTINGS);
        for (a, b) in figures(&there).into_iter().zip(figures(&turned)) {
            prop_assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        let own = only_kind(&real, &real, &SETTINGS);
        prop_assert!(own.touched.is_none_or(|touched| touched.difference == 0.0 && touched.log_shift_difference == 0.0));
        prop_assert!(own.touched.is_none_or(|touched| touched.same_direction == 1.0));
    }
}
