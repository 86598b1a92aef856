use super::*;
use crate::fixture::{copies, corpus, random_corpus, reversed};
use proptest::prelude::*;
use tracesmith_trace::Vocabulary;

fn input<'a>(real: &'a Corpus, synthetic: &'a Corpus, train: Option<&'a Corpus>) -> GateInput<'a> {
    GateInput { real, synthetic, train, integrity: None, seconds_to_generate: None, consumers: Vec::new() }
}

fn judged(real: &Corpus, synthetic: &Corpus, train: Option<&Corpus>) -> GateReport {
    gate(&input(real, synthetic, train), &GateConfig::default(), 0).unwrap()
}

fn check<'a>(report: &'a GateReport, id: &str) -> &'a Check {
    report.checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}"))
}

#[test]
fn identical_sets_have_the_best_figures_exactly() {
    let real = random_corpus(1, 40);
    let report = judged(&real, &reversed(&real), None);
    assert!(report.passed, "{report:?}");
    for (id, value) in report.entries() {
        let best = if id.starts_with("M2") { 0.0 } else { 1.0 };
        assert_eq!(value, best, "{id}");
    }
    let with_train = judged(&real, &real, Some(&real));
    assert_eq!((check(&with_train, "M1").value, check(&with_train, "M8").value), (Some(1.0), Some(0.0)));
    assert_eq!(check(&with_train, "M5.duplicates").value, Some(0.0));
}

#[test]
fn the_checks_stand_in_order_and_what_is_missing_is_not_measured() {
    let real = random_corpus(1, 10);
    let report = judged(&real, &real, None);
    let families: Vec<&str> = report.checks.iter().map(|check| check.id.split('.').next().unwrap()).collect();
    let mut distinct = families.clone();
    distinct.dedup();
    assert_eq!(distinct, ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10"]);
    let missing: Vec<&str> = report.checks.iter().filter(|check| check.value.is_none()).map(|check| check.id.as_str()).collect();
    assert_eq!(missing, ["M5.membership", "M5.closest_record", "M5.duplicates", "M6", "M7", "M8", "M10"]);
}

#[test]
fn a_held_out_sample_passes_and_copied_or_other_traces_fail() {
    let (train, real) = (random_corpus(1, 400), random_corpus(2, 300));
    let held_out = judged(&real, &random_corpus(3, 300), Some(&train));
    assert!(held_out.passed, "{:?}", held_out.failures().map(ToString::to_string).collect::<Vec<_>>());
    let copied = judged(&real, &train, Some(&train));
    assert!(copied.failures().any(|check| check.id == "M5.closest_record"), "{copied:?}");
    let other = judged(&real, &copies(300, &[(0, 0, 5.0), (1, 1, 2.0)], &[(0, 1)]), Some(&train));
    let failed: Vec<&str> = other.failures().map(|check| check.id.as_str()).collect();
    for id in ["M1", "M2.service", "M2.label_pair", "M2.size", "M4", "M9"] {
        assert!(failed.contains(&id), "{id} passes: {failed:?}");
    }
    assert!(!check(&other, "M2.label_pair").offenders.is_empty());
}

#[test]
fn broken_traces_are_counted_from_the_reading_or_from_the_corpus() {
    let forest = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0)], &[]), (&[(0, 0, 1.0)], &[])]);
    let found = judged(&forest, &forest, None);
    let valid = check(&found, "M3");
    assert_eq!((valid.value, valid.offenders[0].to_string().as_str()), (Some(0.5), "traces with several roots: 1"));
    let good = copies(3, &[(0, 0, 1.0)], &[]);
    let integrity = Integrity { traces: 4, valid: 3, defects: BTreeMap::from([("cycle".to_owned(), 1), ("parent missing".to_owned(), 0)]) };
    let report = gate(&GateInput { integrity: Some(integrity), ..input(&good, &good, None) }, &GateConfig::default(), 0).unwrap();
    assert_eq!((check(&report, "M3").value, check(&report, "M3").offenders.len(), report.passed), (Some(0.75), 1, false));
}

#[test]
fn throughput_and_consumers_are_judged_where_they_are_given() {
    let good = copies(30, &[(0, 0, 1.0)], &[]);
    let consumer = |name: &str, failure: Option<&str>| Consumer { name: name.to_owned(), failure: failure.map(str::to_owned) };
    let consumers = vec![consumer("jaeger-json", None), consumer("nezha-csv", Some("no column"))];
    let given = GateInput { seconds_to_generate: Some(6.0), consumers, ..input(&good, &good, None) };
    let report = gate(&given, &GateConfig::default(), 0).unwrap();
    assert_eq!((check(&report, "M6").value, check(&report, "M10").value), (Some(5.0), Some(0.5)));
    assert!(check(&report, "M10").to_string().contains("nezha-csv (no column)"));
    let no_time = gate(&GateInput { seconds_to_generate: Some(0.0), ..given }, &GateConfig::default(), 0).unwrap();
    assert_eq!(check(&no_time, "M6").value, None);
}

#[test]
fn empty_sets_and_other_vocabularies_are_errors() {
    let (some, none) = (random_corpus(1, 3), corpus(&[]));
    let result = |real: &Corpus, synthetic: &Corpus| gate(&input(real, synthetic, None), &GateConfig::default(), 0);
    assert!(matches!(result(&some, &none), Err(EvaluationError::EmptyCorpus { side: "synthetic", .. })));
    assert!(matches!(result(&none, &some), Err(EvaluationError::EmptyCorpus { side: "real", .. })));
    let other = some.with_vocabularies(&some.services().union(&Vocabulary::new(["z"])), some.operations()).unwrap();
    assert!(matches!(result(&some, &other), Err(EvaluationError::VocabularyMismatch { .. })));
}

#[test]
fn one_trace_equal_durations_and_disjoint_names_give_finite_figures() {
    let (one, other) = (copies(1, &[(0, 0, 5.0)], &[]), copies(7, &[(1, 1, 5.0)], &[]));
    for (real, synthetic) in [(&one, &one), (&one, &other), (&other, &one)] {
        for train in [None, Some(&one), Some(&other)] {
            let report = judged(real, synthetic, train);
            assert!(report.checks.iter().all(|check| check.value.is_none_or(f64::is_finite) && check.threshold.is_finite()), "{report:?}");
            assert!(!serde_json::to_string(&report).unwrap().contains("null"));
        }
    }
    assert!(!judged(&one, &other, None).passed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn the_order_of_traces_changes_nothing(seed: u64, traces in 1usize..30) {
        let (train, real, synthetic) = (random_corpus(seed, 25), random_corpus(seed ^ 1, 20), random_corpus(seed ^ 2, traces));
        let report = judged(&real, &synthetic, Some(&train));
        prop_assert_eq!(judged(&reversed(&real), &reversed(&synthetic), Some(&reversed(&train))), report);
    }
}
