use super::*;
use crate::fixture::{copies, corpus, random_corpus, reversed, with_statuses};
use proptest::prelude::*;

fn judged(control: &Corpus, new: &Corpus, config: &CanaryConfig) -> CanaryReport {
    canary(control, new, config, 0).unwrap()
}

/// Single spans of the operation a/p, the i-th with the duration `from + i`.
fn rising(spans: usize, from_us: f64) -> Corpus {
    let spans: Vec<[(u32, u32, f64); 1]> = (0..spans).map(|i| [(0, 0, from_us + i as f64)]).collect();
    corpus(&spans.iter().map(|span| (&span[..], &[][..])).collect::<Vec<_>>())
}

#[test]
fn the_same_traces_are_promoted_with_effects_of_zero() {
    let traces = random_corpus(1, 200);
    let report = judged(&traces, &reversed(&traces), &CanaryConfig::default());
    assert_eq!((report.verdict, &report.reasons), (Verdict::Promote, &vec![]));
    assert!(report.latency.iter().all(|change| change.cliffs_delta == 0.0 && change.two_sided == 1.0), "{report:?}");
    assert!(report.structure.appeared.is_empty() && report.structure.vanished.is_empty());
    assert_eq!(report.structure.shapes.distance, 0.0);
}

#[test]
fn a_second_sample_of_the_same_version_is_promoted() {
    let report = judged(&random_corpus(1, 400), &random_corpus(2, 300), &CanaryConfig::default());
    assert_eq!(report.verdict, Verdict::Promote, "{:?}", report.reasons);
}

#[test]
fn a_slow_canary_is_rolled_back_and_a_somewhat_slower_one_held() {
    // 100 durations against the same ones plus 50: of 10,000 pairs 8,725 are won and 50 are ties.
    let slow = judged(&rising(100, 0.0), &rising(100, 50.0), &CanaryConfig::default());
    assert_eq!((slow.verdict, slow.reasons.len()), (Verdict::Rollback, 1));
    assert!((slow.latency[0].cliffs_delta - 0.75).abs() < 1e-12, "{slow:?}");
    assert!(slow.reasons[0].text.contains("latency of a/p: Cliff's delta 0.7500, must be below 0.3300 (median 50 → 100 µs"), "{slow:?}");
    let slower = judged(&rising(400, 0.0), &rising(400, 40.0), &CanaryConfig::default());
    assert_eq!(slower.verdict, Verdict::Hold, "{slower:?}");
    let faster = judged(&rising(100, 50.0), &rising(100, 0.0), &CanaryConfig::default());
    assert_eq!(faster.verdict, Verdict::Promote, "{faster:?}");
    assert!(faster.latency[0].two_sided < 1e-6 && faster.latency[0].greater > 0.99);
}

#[test]
fn more_errors_hold_or_roll_back() {
    let spans = |failed: usize| (0..400).map(|i| (0, 0, 1.0, if i < failed { 503 } else { 200 })).collect::<Vec<_>>();
    let side = |failed| with_statuses(&spans(failed), &[]);
    let config = CanaryConfig { min_traces: 1, min_observations: 1, ..CanaryConfig::default() };
    for (failed, verdict) in [(0, Verdict::Promote), (1, Verdict::Promote), (7, Verdict::Hold), (40, Verdict::Rollback)] {
        let report = judged(&side(0), &side(failed), &config);
        assert_eq!(report.verdict, verdict, "{failed}: {:?} {:?}", report.reasons, report.errors);
    }
    assert!(judged(&side(0), &side(40), &config).reasons[0].text.contains("errors of all spans: 0 → 0.1000, may rise by 0.0200"));
    assert!(judged(&copies(40, &[(0, 0, 1.0)], &[]), &copies(40, &[(0, 0, 1.0)], &[]), &config).errors.is_empty());
}

#[test]
fn new_and_missing_operations_and_calls_hold() {
    let control = copies(60, &[(0, 0, 9.0), (1, 1, 4.0)], &[(0, 1)]);
    let new = copies(60, &[(0, 0, 9.0), (2, 1, 4.0)], &[(0, 1)]);
    let report = judged(&control, &new, &CanaryConfig::default());
    let names = |presences: &[Presence]| presences.iter().map(|presence| presence.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&report.structure.appeared), ["c/q", "a/p → c/q"]);
    assert_eq!(names(&report.structure.vanished), ["b/q", "a/p → b/q"]);
    assert_eq!((report.verdict, report.reasons.len()), (Verdict::Hold, 5));
    assert!(report.reasons[0].text.starts_with("appeared: c/q (60 of 60 traces"), "{:?}", report.reasons);
}

#[test]
fn one_rare_new_operation_may_be_chance() {
    let mut rare = vec![(&[(0u32, 0u32, 5.0)][..], &[][..]); 99];
    rare.push((&[(1, 1, 5.0)], &[]));
    let report = judged(&copies(100, &[(0, 0, 5.0)], &[]), &corpus(&rare), &CanaryConfig::default());
    assert_eq!((report.structure.appeared.len(), report.verdict), (1, Verdict::Promote), "{report:?}");
}

#[test]
fn objectives_roll_back_unless_the_control_misses_them_too() {
    let with = |operation: &str, objectives| CanaryConfig { slo: [(operation.to_owned(), objectives)].into(), ..CanaryConfig::default() };
    let (control, new) = (rising(100, 0.0), rising(100, 5.0));
    let judge = |operation: &str, objectives| judged(&control, &new, &with(operation, objectives));
    // The median of 0, 1, …, 99 is 49.5.
    let of = |p50_us| Objectives { p50_us: Some(p50_us), ..Objectives::default() };
    for (limit, verdict) in [(54.5, Verdict::Promote), (50.0, Verdict::Rollback), (49.0, Verdict::Hold)] {
        assert_eq!(judge("a/p", of(limit)).verdict, verdict, "{limit}");
    }
    let result = &judge("a/p", Objectives { p99_us: Some(1e3), ..Objectives::default() }).objectives[0];
    assert_eq!((result.control.unwrap().round(), result.canary.unwrap().round()), (98.0, 103.0));
    assert_eq!(judge("x/y", of(1.0)).verdict, Verdict::Hold);
    let unknown = judge("a/p", Objectives { error_rate: Some(0.1), ..Objectives::default() });
    assert_eq!((unknown.verdict, unknown.objectives[0].canary), (Verdict::Hold, None));
}

#[test]
fn few_traces_hold_and_none_are_an_error() {
    let (one, many) = (copies(1, &[(0, 0, 5.0)], &[]), copies(50, &[(0, 0, 5.0)], &[]));
    let report = judged(&many, &one, &CanaryConfig::default());
    assert_eq!(report.reasons, [Reason { verdict: Verdict::Hold, text: "1 traces of the canary: at least 30 are needed".to_owned() }]);
    let disjoint = judged(&many, &copies(50, &[(1, 1, 5.0)], &[]), &CanaryConfig::default());
    assert!(disjoint.verdict == Verdict::Hold && disjoint.reasons[0].text.contains("latency was not compared"), "{disjoint:?}");
    assert_eq!(judged(&many, &many, &CanaryConfig::default()).verdict, Verdict::Promote);
    let none = canary(&many, &corpus(&[]), &CanaryConfig::default(), 0);
    assert!(matches!(none, Err(EvaluationError::EmptyCorpus { side: "canary", .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn reports_are_finite_and_blind_to_order(seed: u64, n in 1usize..40, m in 1usize..40) {
        let (control, new) = (random_corpus(seed, n), random_corpus(seed ^ 1, m));
        let config = CanaryConfig { min_observations: 1, min_traces: 1, ..CanaryConfig::default() };
        let report = judged(&control, &new, &config);
        prop_assert!(report.figures().iter().all(|(_, value)| (-1.0..=1.0).contains(value)));
        prop_assert_eq!(judged(&reversed(&control), &reversed(&new), &config), report);
    }
}
