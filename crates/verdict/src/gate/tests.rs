use super::*;
use crate::fixture::{copies, corpus, random_corpus, reversed};
use proptest::prelude::*;
use tracesmith_trace::{Trace, Vocabulary};

fn input<'a>(real: &'a Corpus, synthetic: &'a Corpus, train: Option<&'a Corpus>) -> GateInput<'a> {
    GateInput { real, synthetic, train, integrity: None, seconds_to_generate: None, consumers: Vec::new() }
}

/// The traces with their positions as ids.
fn numbered(corpus: &Corpus) -> Corpus {
    let mut builder = corpus.empty_like();
    for (position, trace) in corpus.traces().enumerate() {
        builder.push(Trace { id: position.to_string(), ..trace.to_owned() }).unwrap();
    }
    builder.finish()
}

fn judged(real: &Corpus, synthetic: &Corpus, train: Option<&Corpus>) -> GateReport {
    gate(&input(real, synthetic, train), &Thresholds::default(), 0).unwrap()
}

fn check<'a>(report: &'a GateReport, id: &str) -> &'a Check {
    report.checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}"))
}

#[test]
fn identical_sets_have_the_best_figures_exactly() {
    let real = random_corpus(1, 40);
    let report = judged(&real, &reversed(&real), None);
    assert!(report.passed, "{report:?}");
    for (id, value) in report.figures() {
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
    let private = ["membership", "found_members", "closest_record", "duplicates", "near_duplicates", "rare_shapes"];
    let expected: Vec<String> = private.iter().map(|name| format!("M5.{name}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).chain(["M6", "M7", "M7.log_shift", "M8", "M10"]).collect();
    assert_eq!(missing, expected);
    let verdict = report.verdict();
    assert!(verdict.starts_with("passed; not measured: M5.membership, "), "{verdict}");
    for needs in ["M8 (it needs the training traces: --train)", "M6 (it needs the time that generating took: --seconds-to-generate)"] {
        assert!(verdict.contains(needs), "{verdict}");
    }
}

#[test]
fn the_ratio_to_the_ceiling_is_as_worked_out_by_hand() {
    let (real, foreign) = (copies(4, &[(0, 0, 5.0)], &[]), copies(4, &[(1, 1, 5.0)], &[]));
    // Half of the training traces have another operation, which nothing but the labels tells.
    let train = Corpus::concat(&[&copies(2, &[(0, 0, 5.0)], &[]), &copies(2, &[(0, 1, 5.0)], &[])]);
    let report = judged(&real, &foreign, Some(&train));
    // Of the synthetic traces all structure and durations are right and no label is: (1 + 1 + 0) / 3. Of the training traces the services are
    // right, half of the distinct pairs are known, and operations and pairs are a Jensen–Shannon distance apart.
    let distance = (((4.0f64 / 3.0).log2() + 0.5 * (2.0f64 / 3.0).log2() + 0.5) / 2.0).sqrt();
    let ceiling = (2.0 + (1.0 + 2.0 * (1.0 - distance) + 0.5) / 4.0) / 3.0;
    let ratio = check(&report, "M1");
    assert!((ratio.value.unwrap() - 2.0 / 3.0 / ceiling).abs() < 1e-12, "{ratio}");
    assert_eq!(
        (ratio.offenders[0].name.as_str(), ratio.offenders[0].found, ratio.offenders[0].expected),
        ("semantic.services", 0.0, Some(1.0))
    );
}

#[test]
fn traces_that_give_their_originals_away_are_named() {
    let single = |durations: [f64; 2]| {
        let spans = durations.map(|duration| [(0, 0, duration)]);
        numbered(&corpus(&spans.each_ref().map(|spans| (&spans[..], &[][..]))))
    };
    let (train, real, synthetic) = (single([1.0, 50.0]), single([2.0, 100.0]), single([1.0, 90.0]));
    let report = judged(&real, &synthetic, Some(&train));
    // The first is a copy, the second is closer to a held-out trace.
    let closest = check(&report, "M5.closest_record");
    assert_eq!((closest.value, closest.offenders.len()), (Some(0.5), 1));
    assert_eq!(closest.offenders[0].to_string(), "synthetic trace 0 at a distance of 0 instead of 0.4055");
    let members: Vec<String> = check(&report, "M5.membership").offenders[1..].iter().map(ToString::to_string).collect();
    assert_eq!(members, ["training trace 0 at a distance of 0", "training trace 1 at a distance of 0.5790"]);
    assert_eq!(
        check(&report, "M5.found_members").status,
        Status::NotMeasured { reason: "it needs 100 real traces: there are 2".to_owned() }
    );
}

#[test]
fn shapes_that_are_copied_and_rare_ones_are_named() {
    let single = |labels: &[(u32, u32)]| {
        let spans: Vec<_> = labels.iter().map(|&(service, operation)| [(service, operation, 1.0)]).collect();
        numbered(&corpus(&spans.iter().map(|spans| (&spans[..], &[][..])).collect::<Vec<_>>()))
    };
    // Three of four synthetic traces have a shape that one training trace has; of the held-out ones one has.
    let (train, real, synthetic) =
        (single(&[(0, 0), (1, 1)]), single(&[(0, 0), (2, 2), (2, 3), (2, 1)]), single(&[(0, 0), (2, 2), (0, 0), (1, 1)]));
    let report = judged(&real, &synthetic, Some(&train));
    for id in ["M5.duplicates", "M5.near_duplicates", "M5.rare_shapes"] {
        let check = check(&report, id);
        assert_eq!((check.value, &check.status), (Some(0.5), &Status::Failed), "{id}");
        let named: Vec<String> = check.offenders.iter().map(ToString::to_string).collect();
        let expected = [
            "share of 1 span from a/p as in trace 0: 0.5000 instead of 0.2500",
            "share of 1 span from b/q as in trace 3: 0.2500 instead of 0",
        ];
        assert_eq!(named, expected, "{id}");
    }
    let common = Thresholds { gate: Limits { min_shape_count: 1, ..Limits::default() }, ..Thresholds::default() };
    let nobody = gate(&input(&real, &synthetic, Some(&train)), &common, 0).unwrap();
    assert_eq!(check(&nobody, "M5.rare_shapes").value, Some(0.0));
}

#[test]
fn windows_of_two_systems_fail_and_name_what_drifted() {
    let (train, real) = (copies(60, &[(0, 0, 5.0)], &[]), copies(60, &[(0, 0, 9.0), (1, 1, 5.0)], &[(0, 1)]));
    let report = judged(&real, &real, Some(&train));
    // Size, labels, calls, shapes and the durations of a/p: all drifted.
    let drifted = check(&report, "M8");
    assert_eq!((drifted.value, &drifted.status, drifted.offenders.len()), (Some(1.0), &Status::Failed, 5));
    assert!(drifted.offenders.iter().any(|offender| offender.name == "duration of a/p"), "{drifted}");
}

#[test]
fn a_required_check_without_its_input_fails_the_gate() {
    let real = random_corpus(1, 40);
    let require = |names: &[&str]| {
        let gate = Limits { require: names.iter().map(|&name| name.to_owned()).collect(), ..Limits::default() };
        Thresholds { gate, ..Thresholds::default() }
    };
    let judge = |names: &[&str], train| gate(&input(&real, &real, train), &require(names), 0);
    let without = judge(&["M5.duplicates"], None).unwrap();
    assert!(!without.passed && without.failures().all(|check| check.id == "M9.required"));
    assert!(check(&without, "M9.required").to_string().contains("worst: M5.duplicates (it needs the training traces: --train)"));
    assert!(judge(&["M1", "M5.duplicates", "M9"], Some(&real)).unwrap().passed);
    assert!(matches!(judge(&["privacy"], None), Err(VerdictError::UnknownCheck { .. })));
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
    let named: Vec<String> = check(&other, "M9").offenders.iter().map(|offender| offender.name.clone()).collect();
    assert!(named.len() == failed.len() - 1 && named[0] == "M1 overall fidelity over its ceiling", "{named:?}");
}

#[test]
fn broken_traces_are_counted_from_the_reading_or_from_the_corpus() {
    let forest = corpus(&[(&[(0, 0, 1.0), (1, 1, 1.0)], &[]), (&[(0, 0, 1.0)], &[])]);
    let found = judged(&forest, &forest, None);
    let valid = check(&found, "M3");
    assert_eq!((valid.value, valid.offenders[0].to_string().as_str()), (Some(0.5), "traces with several roots: 1"));
    let good = copies(3, &[(0, 0, 1.0)], &[]);
    let integrity = Integrity { traces: 4, valid: 3, defects: BTreeMap::from([("cycle".to_owned(), 1), ("parent missing".to_owned(), 0)]) };
    let report = gate(&GateInput { integrity: Some(integrity), ..input(&good, &good, None) }, &Thresholds::default(), 0).unwrap();
    assert_eq!((check(&report, "M3").value, check(&report, "M3").offenders.len(), report.passed), (Some(0.75), 1, false));
}

#[test]
fn throughput_and_consumers_are_judged_where_they_are_given() {
    let good = copies(30, &[(0, 0, 1.0)], &[]);
    let consumer = |name: &str, failure: Option<&str>| Consumer { name: name.to_owned(), failure: failure.map(str::to_owned) };
    let consumers = vec![consumer("jaeger-json", None), consumer("nezha-csv", Some("no column"))];
    let given = GateInput { seconds_to_generate: Some(6.0), consumers, ..input(&good, &good, None) };
    let report = gate(&given, &Thresholds::default(), 0).unwrap();
    assert_eq!((check(&report, "M6").value, check(&report, "M10").value), (Some(5.0), Some(0.5)));
    assert!(check(&report, "M6").to_string().ends_with("5, must be at least 10; worst: seconds for 30 traces: 6 instead of 3"));
    assert!(check(&report, "M10").to_string().contains("nezha-csv (no column)"));
    let no_limit = Thresholds { gate: Limits { min_traces_per_second: 0.0, ..Limits::default() }, ..Thresholds::default() };
    assert_eq!(check(&gate(&given, &no_limit, 0).unwrap(), "M6").offenders[0].expected, None);
    let no_time = gate(&GateInput { seconds_to_generate: Some(0.0), ..given }, &Thresholds::default(), 0).unwrap();
    assert_eq!(check(&no_time, "M6").value, None);
}

#[test]
fn empty_sets_and_other_vocabularies_are_errors() {
    let (some, none) = (random_corpus(1, 3), corpus(&[]));
    let result = |real: &Corpus, synthetic: &Corpus| gate(&input(real, synthetic, None), &Thresholds::default(), 0);
    assert!(matches!(result(&some, &none), Err(VerdictError::Evaluation(EvaluationError::EmptyCorpus { side: "synthetic", .. }))));
    assert!(matches!(result(&none, &some), Err(VerdictError::Evaluation(EvaluationError::EmptyCorpus { side: "real", .. }))));
    let other = some.with_vocabularies(&some.services().union(&Vocabulary::new(["z"])), some.operations()).unwrap();
    assert!(matches!(result(&some, &other), Err(VerdictError::Evaluation(EvaluationError::VocabularyMismatch { .. }))));
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
