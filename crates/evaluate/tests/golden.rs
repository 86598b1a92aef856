//! Every metric against SciPy, scikit-learn or NetworkX: `golden/expected.py` computes what is compared here.

// The helpers of these tests may panic just as the tests themselves.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use serde_json::Value;
use tracesmith_evaluate::ranking::{Interval, Scored, roc_auc_interval, true_positive_rate_at};
use tracesmith_evaluate::significance::{Rate, benjamini_hochberg, compare_rates, ks_probability, mann_whitney};
use tracesmith_evaluate::similarity::clustering::normalised_mutual_information;
use tracesmith_evaluate::similarity::discriminator::SETTINGS;
use tracesmith_evaluate::similarity::forest::{Forest, Row};
use tracesmith_evaluate::statistics::{correlation, js_similarity, ks_similarity};
use tracesmith_evaluate::{
    DiscriminatorSettings, FaultSettings, Measure, ReconstructionTally, classification_report, fault_fidelity, flat, instance_similarity,
    memorisation, privacy, ranking, similarity, strong_discriminator, structural_fidelity, validity,
};
use tracesmith_trace::Corpus;
use tracesmith_trace::statistics::{mean, quantile, standard_deviation};

fn expected() -> Value {
    serde_json::from_str(include_str!("../golden/expected.json")).unwrap()
}

fn corpus(value: &Value) -> Corpus {
    serde_json::from_value(value.clone()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn indices(value: &Value) -> Vec<usize> {
    serde_json::from_value(value.clone()).unwrap()
}

fn assert_close(name: &str, ours: f64, expected: f64, tolerance: f64) {
    assert!((ours - expected).abs() <= tolerance * expected.abs().max(1.0), "{name}: {ours} instead of {expected}");
}

/// Every expected key is there with its value, and nothing else but `unexpected` is.
fn assert_measurements(prefix: &str, result: &impl Measure, expected: &Value, unexpected: &[&str], tolerance: f64) {
    let below = |key: String| key.strip_prefix(prefix).unwrap_or_else(|| panic!("{key} is not below {prefix}")).to_owned();
    let ours: BTreeMap<String, f64> = flat(&result.measurements()).into_iter().map(|(key, value)| (below(key), value)).collect();
    let expected = expected.as_object().unwrap();
    for (key, value) in expected {
        assert_close(key, *ours.get(key).unwrap_or_else(|| panic!("{key} is missing")), value.as_f64().unwrap(), tolerance);
    }
    for key in ours.keys().filter(|key| !unexpected.iter().any(|prefix| key.starts_with(prefix))) {
        assert!(expected.contains_key(key), "{key} has no expected value");
    }
}

#[test]
fn statistics_agree_with_scipy_and_numpy() {
    let golden = &expected()["statistics"];
    let [x, y, p, q] = ["x", "y", "p", "q"].map(|key| numbers(&golden[key]));
    let value = |key: &str| golden[key].as_f64().unwrap();
    let counts = |of: &[f64]| of.iter().map(|&count| count as u64).enumerate().collect::<BTreeMap<_, _>>();
    assert_close("KS", ks_similarity(&x, &y), value("ks"), 1e-12);
    assert_close("JS", js_similarity(&counts(&p), &counts(&q)), value("js"), 1e-12);
    assert_close("mean", mean(&x).unwrap(), value("mean"), 1e-12);
    assert_close("deviation", standard_deviation(&x).unwrap(), value("deviation"), 1e-12);
    let pairs: Vec<(f64, f64)> = x.iter().copied().zip(y).collect();
    assert_close("correlation", correlation(&pairs).unwrap(), value("correlation"), 1e-12);
    for row in golden["quantiles"].as_array().unwrap() {
        let row = numbers(row);
        assert_close("quantile", quantile(&x, row[0]).unwrap(), row[1], 1e-12);
    }
    let nmi = normalised_mutual_information(&indices(&golden["labels_a"]), &indices(&golden["labels_b"]));
    assert_close("NMI", nmi, value("nmi"), 1e-12);
}

#[test]
fn reconstruction_agrees_with_scikit_learn() {
    let golden = &expected()["reconstruction"];
    let (truth, predicted) = (corpus(&golden["truth"]), corpus(&golden["predicted"]));
    let mut tally = ReconstructionTally::default();
    for (truth, predicted) in truth.traces().zip(predicted.traces()) {
        tally.push(truth.into(), predicted.into()).unwrap();
    }
    assert_measurements("", &tally.finish().unwrap(), &golden["expected"], &[], 1e-12);
}

#[test]
fn classification_agrees_with_scikit_learn() {
    let golden = &expected()["utility"];
    let classes: Vec<String> = serde_json::from_value(golden["classes"].clone()).unwrap();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let probabilities: Vec<Vec<f64>> = serde_json::from_value(golden["probabilities"].clone()).unwrap();
    let truth = indices(&golden["truth"]);
    let report = classification_report(&classes, &probabilities, &truth, 1).unwrap();
    assert_measurements("", &report, &golden["expected"], &[], 1e-9);
    assert_eq!(serde_json::to_value(&report.confusion).unwrap(), golden["confusion"]);
    let scored: Vec<_> = probabilities.iter().zip(&truth).map(|(row, &class)| (row[1], class == 1)).collect();
    assert_close("ROC AUC", ranking::roc_auc(&scored), golden["roc_auc"].as_f64().unwrap(), 1e-12);
}

#[test]
fn effects_of_faults_agree_with_scipy_and_numpy() {
    let golden = &expected()["faults"];
    let settings = FaultSettings { min_traces: 10, min_effect: 0.147 };
    let result = fault_fidelity(&corpus(&golden["real"]), &corpus(&golden["synthetic"]), &settings).unwrap();
    assert_measurements("faults.", &result, &golden["expected"], &[], 1e-9);
}

#[test]
fn structural_fidelity_agrees_with_scipy_and_networkx() {
    let golden = expected();
    let fidelity = structural_fidelity(&corpus(&golden["real"]), &corpus(&golden["synthetic"]), 0).unwrap();
    assert_measurements("fidelity.", &fidelity, &golden["fidelity"], &[], 1e-9);
}

#[test]
fn validity_agrees_with_networkx() {
    let golden = expected();
    let validity = validity(&corpus(&golden["real"]), &corpus(&golden["synthetic"])).unwrap();
    assert_measurements("validity.", &validity, &golden["validity"], &[], 1e-12);
    let odd = tracesmith_evaluate::validity(&corpus(&golden["real"]), &corpus(&golden["odd"])).unwrap();
    assert!(odd.sane_times < 1.0);
    assert_measurements("validity.", &odd, &golden["odd_validity"], &[], 1e-12);
}

#[test]
fn clusters_and_components_agree_with_scikit_learn() {
    let golden = expected();
    let similarity = similarity(&corpus(&golden["real"]), &corpus(&golden["synthetic"]), 0).unwrap();
    assert_measurements("similarity.", &similarity, &golden["similarity"], &["forest.", "instance."], 1e-6);
}

#[test]
fn the_forest_agrees_with_that_of_scikit_learn_up_to_its_randomness() {
    let golden = &expected()["forest"];
    let labels: Vec<[usize; 2]> = serde_json::from_value(golden["labels"].clone()).unwrap();
    let [train, test] = ["train", "test"].map(|key| serde_json::from_value::<Vec<[u64; 2]>>(golden[key].clone()).unwrap());
    let rows: Vec<Row<2>> = labels.iter().zip(train).map(|(&active, counts)| Row { active, counts }).collect();
    let forest = Forest::fit(&rows, golden["features"].as_u64().unwrap() as usize, SETTINGS, 1);
    let (mut scored, mut right) = (Vec::new(), 0);
    for ((label, counts), expected) in labels.iter().zip(test).zip(numbers(&golden["probabilities"])) {
        let score = forest.probability(label);
        assert_close("probability", score, expected, 0.03);
        for (side, count) in counts.into_iter().enumerate() {
            scored.extend((0..count).map(|_| (score, side == 1)));
            right += if (score > 0.5) == (side == 1) { count } else { 0 };
        }
    }
    assert_close("AUC", ranking::roc_auc(&scored), golden["auc"].as_f64().unwrap(), 0.01);
    assert_close("accuracy", right as f64 / scored.len() as f64, golden["accuracy"].as_f64().unwrap(), 0.02);
}

#[test]
fn pairs_of_traces_agree_with_scipy_and_networkx() {
    let golden = expected();
    let (real, synthetic) = (corpus(&golden["real"]), corpus(&golden["synthetic"]));
    for (position, members) in golden["instance"].as_array().unwrap().iter().enumerate() {
        let result = instance_similarity(&real.select(&[position]), &synthetic.select(&[position]), 0).unwrap();
        assert_measurements("similarity.instance.", &result, members, &[], 1e-8);
    }
}

#[test]
fn memorisation_agrees_with_plain_sets() {
    let all = expected();
    let golden = &all["memorisation"];
    let (real, synthetic) = (corpus(&all["real"]), corpus(&all["synthetic"]));
    let training = golden["training"].as_u64().unwrap() as usize;
    let copied = indices(&golden["copied"]);
    let of = |range: std::ops::Range<usize>, from: &Corpus| from.select(&range.collect::<Vec<_>>());
    let generated = Corpus::concat(&[&of(copied[0]..copied[1], &real), &of(0..golden["generated"].as_u64().unwrap() as usize, &synthetic)]);
    let result = memorisation(&of(0..training, &real), &of(training..real.len(), &real), &generated).unwrap();
    assert_measurements("memorisation.", &result, &golden["expected"], &[], 1e-12);
}

#[test]
fn intervals_of_rankings_agree_with_all_pairs_and_scipy() {
    let golden = &expected()["attacks"];
    let [positives, negatives] = [0, 1].map(|side| numbers(&golden["scores"][side]));
    let scored: Vec<Scored> =
        positives.into_iter().map(|score| (score, true)).chain(negatives.into_iter().map(|score| (score, false))).collect();
    let level = golden["level"].as_f64().unwrap();
    for (key, ours) in [("auc", roc_auc_interval(&scored)), ("tpr", true_positive_rate_at(&scored, level))] {
        let Interval { value, low, high } = ours;
        for (ours, expected) in [value, low, high].into_iter().zip(numbers(&golden["ranking"][key])) {
            assert_close(key, ours, expected, 1e-12);
        }
    }
}

#[test]
fn boosted_trees_tell_traces_apart_as_well_as_those_of_scikit_learn() {
    let golden = &expected()["attacks"];
    let (first, second) = (corpus(&golden["first"]), corpus(&golden["second"]));
    let auc = |seed| strong_discriminator(&first, &second, &DiscriminatorSettings::default(), seed).unwrap().auc;
    let mean = (0..5).map(auc).sum::<f64>() / 5.0;
    assert_close("AUC", mean, golden["auc"].as_f64().unwrap(), 0.03);
}

#[test]
fn attacks_on_privacy_agree_with_numpy_and_scikit_learn() {
    let golden = &expected()["attacks"];
    let (first, made) = (corpus(&golden["first"]), corpus(&golden["made"]));
    let [training, held_out] = ["training", "held_out"].map(|key| golden[key].as_u64().unwrap() as usize);
    let of = |range: std::ops::Range<usize>| first.select(&range.collect::<Vec<_>>());
    let result = privacy(&of(0..training), &of(training..training + held_out), &made, 0).unwrap();
    assert_measurements("privacy.", &result, &golden["privacy"], &[], 1e-9);
}

#[test]
fn tests_of_two_samples_agree_with_scipy() {
    let golden = &expected()["significance"];
    for case in golden["mann_whitney"].as_array().unwrap() {
        let ours = mann_whitney(&numbers(&case["first"]), &numbers(&case["second"])).unwrap();
        for (ours, expected) in [ours.u, ours.cliffs_delta, ours.two_sided, ours.greater].into_iter().zip(numbers(&case["expected"])) {
            assert_close("Mann–Whitney", ours, expected, 1e-9);
        }
    }
    for case in golden["rates"].as_array().unwrap() {
        let case = numbers(case);
        let rate = |events: f64, total: f64| Rate { events: events as u64, total: total as u64 };
        let ours = compare_rates(rate(case[0], case[1]), rate(case[2], case[3]));
        assert_close("two-sided", ours.two_sided, case[4], 1e-9);
        assert_close("greater", ours.greater, case[5], 1e-9);
    }
    for case in golden["ks"].as_array().unwrap() {
        let case = numbers(case);
        assert_close("KS", ks_probability(case[0], case[1] as usize, case[2] as usize), case[3], 1e-9);
    }
    for (ours, expected) in benjamini_hochberg(&numbers(&golden["p"])).into_iter().zip(numbers(&golden["adjusted"])) {
        assert_close("Benjamini–Hochberg", ours, expected, 1e-12);
    }
}
