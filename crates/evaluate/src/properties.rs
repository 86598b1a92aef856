//! What holds for every metric: the figures of identical sets, of sets in another order, and of sets that hardly are any.

use tracesmith_trace::{Corpus, CorpusBuilder, Span, Trace, Vocabulary};

use crate::fault_effects::{FaultSettings, fault_fidelity};
use crate::fixture::{copies, nested_corpus, odd_sets, reversed, shuffled};
use crate::registry::FAMILIES as DECLARED;
use crate::{
    DiscriminatorSettings, EvaluationError, Measure, ReconstructionTally, classification_report, compare, flat, instance_similarity, judge,
    membership_from_losses, memorisation, metric, privacy, privacy_ceiling, similarity, strong_discriminator, structural_fidelity,
    validity,
};

const FAULTS: FaultSettings = FaultSettings { min_traces: 3, min_effect: 0.147 };

/// What a figure of two identical sets is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    Exactly(f64),
    /// A property of the real set itself and not of the comparison.
    OfTheSet,
}

fn figures(result: &impl Measure) -> Vec<(String, f64)> {
    flat(&result.measurements())
}

/// Every figure below `what` has the value of the first row of the table whose key it begins with.
fn assert_figures(what: &str, figures: Vec<(String, f64)>, table: &[(&str, Expected)]) {
    for (key, value) in figures {
        let key = key.strip_prefix(&format!("{what}.")).unwrap_or(&key);
        let row = table.iter().find(|(prefix, _)| key.starts_with(prefix));
        match row.unwrap_or_else(|| panic!("{what}: {key} has no row")).1 {
            Expected::Exactly(expected) => assert_eq!(value, expected, "{what}: {key}"),
            Expected::OfTheSet => assert!(value.is_finite(), "{what}: {key}"),
        }
    }
}

/// Exactly 1 or 0 as defined, with these exceptions: an even AUC is 0.5; the explained variance, the ratio of unique traces, the numbers of
/// traces and the rare shapes describe the set itself; partners are drawn among traces of one size, so that only their numbers of spans must
/// agree (the test below has one trace of each size); and boosted trees know the twin of every trace from the other side, so that they
/// are right at most as often as wrong (the test below that).
#[test]
fn identical_sets_have_exactly_the_figures_that_are_defined() {
    use Expected::{Exactly, OfTheSet};
    let real = nested_corpus(1, 60);
    for same in [real.clone(), reversed(&real), shuffled(&real, 4)] {
        let fidelity = [("apart.edge_duration_correlation_difference", Exactly(0.0)), ("", Exactly(1.0))];
        assert_figures("fidelity", figures(&structural_fidelity(&real, &same, 0).unwrap()), &fidelity);
        assert_figures("validity", figures(&validity(&real, &same).unwrap()), &[("", Exactly(1.0))]);
        let of_similarity = [
            ("nmi", Exactly(0.0)),
            ("pca.explained_variance", OfTheSet),
            ("pca.centroid_distance", Exactly(0.0)),
            ("forest", Exactly(0.5)),
            ("instance.node_count", Exactly(1.0)),
            ("instance", OfTheSet),
        ];
        assert_figures("similarity", figures(&similarity(&real, &same, 0).unwrap()), &of_similarity);
        let copied = memorisation(&real, &same, &real).unwrap();
        assert_eq!(copied.unique_ratio, copied.real_unique_ratio);
        let of_memorisation = [("excess", Exactly(0.0)), ("unique_ratio", OfTheSet), ("real_unique_ratio", OfTheSet), ("", Exactly(1.0))];
        assert_figures("memorisation", figures(&copied), &of_memorisation);
        let of_privacy = [
            ("near_duplicates", Exactly(1.0)),
            ("dcr_closer_to_training", Exactly(0.5)),
            ("dcr_p5", Exactly(0.0)),
            ("dcr_traces", Exactly(60.0)),
            ("membership_auc_", OfTheSet),
            ("membership_auc", Exactly(0.5)),
            ("membership_tpr_at_1pct_fpr_", OfTheSet),
            ("membership_tpr_at_1pct_fpr", Exactly(0.0)),
            ("rare_shapes.never_seen", Exactly(0.0)),
            ("rare_shapes", OfTheSet),
        ];
        assert_figures("privacy", figures(&privacy(&real, &same, &real, 0).unwrap()), &of_privacy);
        let of_faults = [
            ("delay.difference", Exactly(0.0)),
            ("delay.log_shift_difference", Exactly(0.0)),
            ("delay.same_direction", Exactly(1.0)),
            ("delay", OfTheSet),
        ];
        assert_figures("faults", figures(&fault_fidelity(&real, &same, &FAULTS).unwrap()), &of_faults);
    }
}

/// What is measured and what is declared are the same, but for the metric whose classifier needs a network.
#[test]
fn every_measurement_is_declared_and_every_declaration_is_measured() {
    let (training, real, synthetic) = (nested_corpus(1, 60), nested_corpus(2, 60), nested_corpus(3, 60));
    let mut tally = ReconstructionTally::default();
    real.traces().for_each(|trace| tally.push(trace.into(), trace.into()).unwrap());
    let classes = classification_report(&["normal", "abnormal"], &[vec![0.7, 0.3], vec![0.2, 0.8]], &[0, 1], 1).unwrap();
    let likelihood = membership_from_losses(&[1.0, 2.0], &[2.0, 3.0]).unwrap();
    let measured = [
        judge(&training, &real, &synthetic, 0).unwrap().sides().concat(),
        memorisation(&training, &real, &synthetic).unwrap().measurements(),
        tally.finish().unwrap().measurements(),
        classes.measurements(),
        fault_fidelity(&real, &synthetic, &FAULTS).unwrap().measurements(),
        likelihood.under("privacy.likelihood."),
        // Random corpora have no signature in common, which the distance to the closest record needs.
        privacy(&real, &real, &real, 0).unwrap().measurements(),
    ]
    .concat();
    for measurement in &measured {
        let ends = measurement.low.zip(measurement.high);
        assert!(metric(&measurement.metric).is_some(), "{} is not declared", measurement.metric);
        assert!(ends.is_none_or(|(low, high)| low <= measurement.value && measurement.value <= high), "{measurement:?}");
    }
    for declared in DECLARED.iter().flat_map(|family| family.metrics).filter(|metric| metric.id != "discriminator.gnn_auc") {
        assert!(measured.iter().any(|found| declared.name_in(&found.metric).is_some()), "nothing measures {}", declared.id);
    }
}

#[test]
fn with_one_trace_of_each_size_every_trace_is_its_own_partner() {
    let all = nested_corpus(2, 60);
    let of_size = |size| all.traces().position(|trace| trace.span_count() == size).unwrap();
    let sizes = all.select(&(1..7).map(of_size).collect::<Vec<_>>());
    assert_figures(
        "similarity.instance",
        figures(&instance_similarity(&sizes, &reversed(&sizes), 0).unwrap()),
        &[("", Expected::Exactly(1.0))],
    );
}

#[test]
fn boosted_trees_cannot_tell_identical_sets_apart() {
    let real = nested_corpus(3, 60);
    let report = strong_discriminator(&real, &shuffled(&real, 1), &DiscriminatorSettings::default(), 0).unwrap();
    assert!(report.auc <= 0.5, "{report:?}");
}

/// Sums of floating-point numbers hang on their order in the last digits, so nothing may be summed in the order of the traces.
#[test]
fn no_figure_depends_on_the_order_of_the_traces_of_any_side() {
    let (training, real, synthetic) = (nested_corpus(1, 50), nested_corpus(2, 45), nested_corpus(3, 40));
    let all = |training: &Corpus, real: &Corpus, synthetic: &Corpus| {
        let [ours, ceiling] = judge(training, real, synthetic, 7).unwrap().sides();
        let parts = [
            flat(&ours),
            flat(&ceiling).into_iter().map(|(key, value)| (format!("ceiling.{key}"), value)).collect(),
            figures(&memorisation(training, real, synthetic).unwrap()),
            figures(&fault_fidelity(real, synthetic, &FAULTS).unwrap()),
        ];
        parts.concat()
    };
    let expected = all(&training, &real, &synthetic);
    assert!(expected.len() > 100 && expected.iter().any(|(key, _)| key == "ceiling.privacy.membership_auc"), "{expected:?}");
    let permuted = [&training, &real, &synthetic].map(|side| shuffled(side, 9));
    let [other_training, other_real, other_synthetic] = &permuted;
    for (training, real, synthetic) in [
        (other_training, &real, &synthetic),
        (&training, other_real, &synthetic),
        (&training, &real, other_synthetic),
        (other_training, other_real, other_synthetic),
    ] {
        for ((key, ours), (_, expected)) in all(training, real, synthetic).into_iter().zip(&expected) {
            assert_eq!(ours, *expected, "{key}");
        }
    }
}

#[test]
fn odd_sets_have_finite_figures_in_every_role() {
    let finite = |what: String, entries: Vec<(String, f64)>| {
        for (key, value) in entries {
            assert!(value.is_finite(), "{what}: {key} is {value}");
        }
    };
    for (first, real) in odd_sets() {
        for (second, synthetic) in odd_sets() {
            let pair = format!("{first} and {second}");
            finite(pair.clone(), figures(&compare(&real, &synthetic, 0).unwrap()));
            finite(pair.clone(), figures(&fault_fidelity(&real, &synthetic, &FAULTS).unwrap()));
            for (third, training) in odd_sets() {
                let triple = format!("{pair} after {third}");
                finite(triple.clone(), figures(&memorisation(&training, &real, &synthetic).unwrap()));
                finite(triple.clone(), figures(&privacy(&training, &real, &synthetic, 0).unwrap()));
                finite(triple, privacy_ceiling(&training, &real, 0).unwrap().map(|ceiling| figures(&ceiling)).unwrap_or_default());
            }
        }
    }
}

/// Traces of names that the fixtures lack.
fn foreign(traces: usize) -> Corpus {
    let mut builder = CorpusBuilder::new("foreign", Vocabulary::new(["x", "y"]), Vocabulary::new(["z", "w"]), false);
    for id in 0..traces {
        let span = |name, duration_us| Span { service: name, operation: name, duration_us, ..Span::default() };
        let edges = vec![tracesmith_trace::Edge { parent: 0, child: 1 }];
        builder.push(Trace { id: id.to_string(), spans: vec![span(0, 5.0), span(1, 2.0)], edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

#[test]
fn sets_without_a_common_name_have_nothing_in_common() {
    let (real, other) = (copies(40, &[(0, 0, 5.0), (1, 1, 2.0)], &[(0, 1)]), foreign(30));
    let comparison = compare(&real, &other, 0).unwrap();
    let entries: std::collections::BTreeMap<String, f64> = figures(&comparison).into_iter().collect();
    assert!(entries.values().all(|value| value.is_finite()), "{entries:?}");
    for key in [
        "fidelity.semantic",
        "fidelity.apart.parent_child_label_pairs",
        "fidelity.apart.durations_by_label_mean",
        "fidelity.apart.durations_by_label_worst",
        "validity.known_label_pairs",
    ] {
        assert_eq!(entries[key], 0.0, "{key}");
    }
    for key in ["fidelity.structure", "fidelity.duration", "similarity.forest.auc", "discriminator.auc"] {
        assert_eq!(entries[key], 1.0, "{key}");
    }
    assert!(matches!(memorisation(&real, &real, &other), Err(EvaluationError::VocabularyMismatch { what: "services", .. })));
    let (real, other) = real.aligned(&other);
    let copied = memorisation(&real, &real, &other).unwrap();
    assert_eq!([copied.exact_duplicate_rate, copied.near_duplicate_rate, copied.label_coverage, copied.edge_coverage], [0.0; 4]);
    let attacks = privacy(&real, &real, &other, 0).unwrap();
    assert_eq!((attacks.closest_record, attacks.membership.auc.value), (None, 0.5));
}
