use std::collections::BTreeMap;

use proptest::prelude::*;
use tracesmith_trace::{Corpus, Label, ValidityCounts, span_order};

use crate::testing::{Call, any_corpus, corpus_of};
use crate::{GroundTruth, Role, Scenario};

fn scenario(text: &str) -> Scenario {
    Scenario::parse("test", text, &[]).unwrap()
}

/// Every kind of effect, for targets that [`any_corpus`] may have.
fn interventions() -> impl Strategy<Value = Scenario> {
    let effect = prop_oneof![
        Just("slow = { factor = 2.5, delay_us = { uniform = { min = 0, max = 300 } } }"),
        Just("errors = { propagate = 0.5 }"),
        Just("errors = { propagate = 0.5, cut = true, duration_factor = 0.5 }"),
        Just("gone = { wait_us = { constant = 400 }, propagate = 0.5 }"),
        Just("gone = { mode = \"missing\", wait_us = { constant = 40 } }"),
    ];
    let target = prop_oneof![Just("service-*"), Just("*/operation-0"), Just("service-0"), Just("*")];
    proptest::collection::vec((effect, target, 1u8..=4), 1..4).prop_map(|list| {
        let text: Vec<String> = list
            .into_iter()
            .map(|(effect, target, quarters)| {
                format!("[[interventions]]\ntarget = \"{target}\"\nprobability = {}\neffect.{effect}", f64::from(quarters) / 4.0)
            })
            .collect();
        scenario(&text.join("\n"))
    })
}

/// How often every (service, operation, kind, duration, status) is in a trace, with what the ground truth says taken back, and only of spans
/// that are the same after that: those that failed have no status here.
fn undone(corpus: &Corpus, truth: &GroundTruth, trace: usize) -> BTreeMap<String, usize> {
    let view = corpus.trace(trace);
    let (mut durations, mut failed) = (view.durations_us.to_vec(), vec![false; view.span_count()]);
    for record in truth.spans.iter().filter(|record| record.trace == trace) {
        if let Some(span) = record.span {
            durations[span] -= record.delta_us;
            failed[span] |= record.status.is_some();
        }
    }
    let mut counts = BTreeMap::new();
    for span in (0..view.span_count()).filter(|&span| !failed[span]) {
        let key = (view.services[span], view.operations[span], view.kinds[span], durations[span], view.statuses[span]);
        *counts.entry(format!("{key:?}")).or_default() += 1;
    }
    counts
}

fn untouched(corpus: &Corpus, trace: usize) -> BTreeMap<String, usize> {
    let nothing = scenario("").apply(corpus, 0).unwrap().1;
    undone(corpus, &nothing, trace)
}

proptest! {
    #[test]
    fn a_scenario_that_asks_for_nothing_is_the_identity(corpus in any_corpus(), seed: u64) {
        let (same, truth) = scenario("").apply(&corpus, seed).unwrap();
        prop_assert_eq!(&same, &corpus);
        prop_assert!(truth.spans.is_empty() && truth.windows.is_empty());
        let idle = "[[interventions]]\ntarget = \"*\"\neffect.slow = {}\n[[interventions]]\ntarget = \"*\"\nprobability = 0\neffect.gone = {}";
        let (same, truth) = scenario(idle).apply(&corpus, seed).unwrap();
        prop_assert!(truth.spans.is_empty());
        for (before, after) in corpus.traces().zip(same.traces()) {
            prop_assert!(after.label.is_abnormal(), "the windows are there all the same");
            prop_assert_eq!(after.to_owned(), tracesmith_trace::Trace { label: after.label.clone(), ..before.to_owned() });
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_traces_and_truth(corpus in any_corpus(), scenario in interventions(), seed: u64) {
        // Every target matches some service of the vocabulary, or the scenario is refused each time.
        prop_assert_eq!(scenario.apply(&corpus, seed).ok(), scenario.apply(&corpus, seed).ok());
    }

    #[test]
    fn results_are_valid_trees_in_the_order_of_a_corpus_and_only_what_the_truth_names_has_changed(
        corpus in any_corpus(), scenario in interventions(), seed: u64,
    ) {
        let Ok((after, truth)) = scenario.apply(&corpus, seed) else { return Ok(()) };
        prop_assert_eq!(ValidityCounts::of(&after).trees, corpus.len());
        let removed: usize = truth.spans.iter().map(|record| record.removed_spans).sum();
        prop_assert_eq!(after.span_count() + removed, corpus.span_count());
        for (i, trace) in after.traces().enumerate() {
            let order = span_order(&trace.to_owned().spans, &trace.parents(), after.has_starts());
            prop_assert_eq!(order, (0..trace.span_count()).collect::<Vec<_>>());
            prop_assert_eq!((trace.id, trace.start_ns), (corpus.trace(i).id, corpus.trace(i).start_ns));
            let before = untouched(&corpus, i);
            for (span, count) in undone(&after, &truth, i) {
                let known = before.get(&span).copied().unwrap_or(0);
                prop_assert!(count <= known, "{count} × {span} after, {known} before");
            }
        }
        for record in &truth.spans {
            prop_assert!(record.role == Role::Effect || record.span.is_some() || record.removed_spans > 0 || truth.interventions.len() > 1);
            if let Some(span) = record.span {
                let trace = after.trace(record.trace);
                prop_assert_eq!(after.services().name(trace.services[span]), &record.service);
                prop_assert_eq!(after.operations().name(trace.operations[span]), &record.operation);
                prop_assert_eq!(trace.parents()[span], record.parent);
            }
        }
    }
}

fn requests(count: usize) -> Corpus {
    let trace = |_| vec![Call::new("web/get", None, 0.0, 200.0), Call::new("db/query", Some(0), 10.0, 80.0)];
    corpus_of(&(0..count).map(trace).collect::<Vec<_>>())
}

#[test]
fn the_load_places_traces_on_the_time_line_in_order() {
    let text = "duration_s = 100\nstart_unix_s = 1_000\nload.spikes = [{ at_s = 40, for_s = 20, factor = 10 }]";
    let (corpus, truth) = scenario(text).apply(&requests(2_000), 5).unwrap();
    let starts: Vec<i64> = corpus.traces().map(|trace| trace.start_ns).collect();
    assert!(starts.is_sorted() && starts.iter().all(|start| (1_000_000_000_000..1_100_000_000_000).contains(start) && start % 1_000 == 0));
    let inside = starts.iter().filter(|&&start| (truth.spikes[0].start_ns..=truth.spikes[0].end_ns).contains(&start)).count();
    assert!((1_350..1_500).contains(&inside), "10 · 20 of 280, not {inside}");
    let mut ids: Vec<&str> = corpus.traces().map(|trace| trace.id).collect();
    assert!(!ids.is_sorted(), "arrivals mix what the plan asked for one after the other");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2_000);
}

#[test]
fn traces_that_overlap_a_window_are_labelled_with_it() {
    let text = "[[interventions]]\ntarget = \"db\"\nfrom_s = 2\nfor_s = 3\nprobability = 0.5\neffect.slow = { factor = 2 }";
    let (corpus, truth) = scenario(text).apply(&requests(8), 1).unwrap();
    let labels: Vec<bool> = corpus.labels().iter().map(Label::is_abnormal).collect();
    assert_eq!(labels, [false, false, true, true, true, false, false, false]);
    assert_eq!((truth.windows[0].fault.service.as_str(), truth.windows[0].fault.kind.as_str()), ("db", "slow"));
    assert_eq!((truth.windows[0].start_ns, truth.windows[0].end_ns), (3_000_000_000, 5_999_999_999));
}

#[test]
fn what_does_not_fit_the_traces_is_refused() {
    let refused = |text: &str| scenario(text).apply(&requests(5), 1).unwrap_err().to_string();
    let unknown = refused("[[interventions]]\ntarget = \"dbb/query\"\neffect.slow = {}");
    assert!(unknown.contains("interventions.0.target = \"dbb/query\" matches no service") && unknown.contains("db/query"), "{unknown}");
    let late = refused("[[interventions]]\ntarget = \"db\"\nfrom_s = 9\neffect.slow = {}");
    assert!(late.contains("interventions.0.from_s = 9: the traces cover 4 s only; give duration_s"), "{late}");
    let endless = refused("[[interventions]]\ntarget = \"db\"\neffect.slow = { factor = 1e308 }");
    assert!(endless.contains("makes an impossible trace") && endless.contains("inf"), "{endless}");
}

#[test]
fn auto_is_resolved_once_and_holds_for_other_traces() {
    let automatic = scenario("[[interventions]]\neffect.slow = { factor = 2 }\n[[interventions]]\nname = \"off\"\neffect.gone = {}");
    let resolved = automatic.resolved(&requests(3)).unwrap();
    let targets: Vec<_> = resolved.interventions.iter().map(|i| (i.name.as_str(), i.target.as_deref().unwrap())).collect();
    assert_eq!(targets, [("slow-0", "db/query"), ("off", "db")]);
    assert_eq!(automatic.apply(&requests(3), 1).unwrap(), resolved.apply(&requests(3), 1).unwrap());
}
