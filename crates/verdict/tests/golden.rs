//! Every verdict against SciPy and an independent gate: `evaluate/golden/expected.py` computes what is compared here.

// The helpers of these tests may panic just as the tests themselves.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use serde_json::Value;
use tracesmith_trace::Corpus;
use tracesmith_verdict::gate::{Consumer, Limits};
use tracesmith_verdict::{DriftConfig, GateInput, PERMUTATIONS, Thresholds, drift, gate};

fn expected() -> Value {
    serde_json::from_str(include_str!("../../evaluate/golden/expected.json")).unwrap()
}

fn corpus(value: &Value) -> Corpus {
    serde_json::from_value(value.clone()).unwrap()
}

fn assert_close(name: &str, ours: f64, expected: f64, tolerance: f64) {
    assert!((ours - expected).abs() <= tolerance * expected.abs().max(1.0), "{name}: {ours} instead of {expected}");
}

/// Every expected key is there with its value, and nothing else is.
fn assert_figures(figures: Vec<(String, f64)>, expected: &Value, tolerance: f64) {
    let ours: BTreeMap<String, f64> = figures.into_iter().collect();
    let expected = expected.as_object().unwrap();
    for (key, value) in expected {
        assert_close(key, *ours.get(key).unwrap_or_else(|| panic!("{key} is missing")), value.as_f64().unwrap(), tolerance);
    }
    for key in ours.keys() {
        assert!(expected.contains_key(key), "{key} has no expected value");
    }
}

fn part(from: &Corpus, range: std::ops::Range<usize>) -> Corpus {
    from.select(&range.collect::<Vec<_>>())
}

/// The traces with spans twice as long.
fn slower(corpus: &Corpus) -> Corpus {
    let mut builder = corpus.empty_like();
    for trace in corpus.traces() {
        let mut trace = trace.to_owned();
        trace.spans.iter_mut().for_each(|span| span.duration_us *= 2.0);
        builder.push(trace).unwrap();
    }
    builder.finish()
}

/// Effects and decisions of drift, and its probabilities: those of mixes hang on chance, here and there, so that the mean of many is compared.
#[test]
fn drift_agrees_with_scipy() {
    let golden = expected();
    let (first, second, real) = (corpus(&golden["attacks"]["first"]), corpus(&golden["attacks"]["second"]), corpus(&golden["real"]));
    let windows = &golden["verdicts"]["windows"];
    let cases = [
        ("systems", part(&first, 0..100), part(&second, 0..100)),
        ("halves", part(&real, 0..20), part(&real, 20..40)),
        ("slower", part(&first, 0..100), slower(&part(&first, 70..170))),
        ("foreign", real, corpus(&golden["synthetic"])),
    ];
    for (name, before, after) in cases {
        let expected = &windows[name];
        let seeds = 20;
        let mut probabilities: BTreeMap<String, f64> = BTreeMap::new();
        for seed in 0..seeds {
            let report = drift(&before, &after, &DriftConfig::default(), seed).unwrap();
            assert_figures(report.figures(), &expected["effects"], 1e-9);
            for change in &report.changes {
                let key = change.operation.as_ref().map_or(change.feature.to_owned(), |operation| format!("duration.{operation}"));
                *probabilities.entry(key.clone()).or_default() += change.probability / seeds as f64;
                let drifted = expected["drifted"].as_array().unwrap().iter().any(|drifted| *drifted == key.as_str());
                assert_eq!(change.drifted, drifted, "{name}: {key}");
            }
        }
        for (key, probability) in expected["probabilities"].as_object().unwrap() {
            // Three standard deviations of the mean of a share of PERMUTATIONS divisions, and as much for the other implementation.
            let by_chance = if ["labels", "calls", "shapes"].contains(&key.as_str()) {
                3.0 / (PERMUTATIONS as f64 * seeds as f64).sqrt()
            } else {
                1e-9
            };
            assert_close(key, probabilities[key], probability.as_f64().unwrap(), by_chance);
        }
    }
}

#[test]
fn every_figure_of_the_gate_and_its_failures_agree_with_an_independent_gate() {
    let golden = expected();
    let [first, second, made] = ["first", "second", "made"].map(|key| corpus(&golden["attacks"][key]));
    let released = Corpus::concat(&[&part(&made, 0..30), &part(&made, 55..60), &part(&second, 30..95)]);
    let (train, real) = (part(&first, 0..50), part(&first, 70..170));
    let consumer = |name: &str, failure: Option<&str>| Consumer { name: name.to_owned(), failure: failure.map(str::to_owned) };
    let input = GateInput {
        real: &real,
        synthetic: &released,
        train: Some(&train),
        integrity: None,
        seconds_to_generate: Some(8.0),
        consumers: vec![consumer("a", None), consumer("b", Some("no header")), consumer("c", None)],
    };
    let report = gate(&input, &Thresholds::default(), 0).unwrap();
    let golden = &golden["verdicts"]["gate"];
    assert_figures(report.figures(), &golden["figures"], 1e-9);
    let mut failed: Vec<&str> = report.failures().map(|check| check.id.as_str()).collect();
    failed.sort_unstable();
    assert_eq!(serde_json::to_value(&failed).unwrap(), golden["failed"]);
}

#[test]
fn fault_effects_of_the_gate_are_those_of_the_worst_kind() {
    let golden = &expected()["faults"];
    let (real, synthetic) = (corpus(&golden["real"]), corpus(&golden["synthetic"]));
    let config = Thresholds { gate: Limits { min_traces_of_effect: 10, ..Limits::default() }, ..Thresholds::default() };
    let ours: BTreeMap<String, f64> = gate(&bare(&real, &synthetic), &config, 0).unwrap().figures().into_iter().collect();
    for (check, figure) in [("M7", "difference"), ("M7.log_shift", "log_shift_difference")] {
        let worst = ["delay", "loss"].map(|kind| golden["expected"][format!("{kind}.{figure}")].as_f64().unwrap());
        assert_close(check, ours[check], worst[0].max(worst[1]), 1e-9);
    }
}

/// Nothing but the two sides.
fn bare<'a>(real: &'a Corpus, synthetic: &'a Corpus) -> GateInput<'a> {
    GateInput { real, synthetic, train: None, integrity: None, seconds_to_generate: None, consumers: Vec::new() }
}

#[test]
fn divergences_of_the_gate_agree_with_scipy() {
    let golden = expected();
    let (real, synthetic) = (corpus(&golden["real"]), corpus(&golden["synthetic"]));
    let ours: BTreeMap<String, f64> = gate(&bare(&real, &synthetic), &Thresholds::default(), 0).unwrap().figures().into_iter().collect();
    for (feature, value) in golden["divergence"].as_object().unwrap() {
        assert_close(feature, ours[feature], value.as_f64().unwrap(), 1e-9);
    }
}
