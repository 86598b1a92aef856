//! Presets on simulated systems, and their ground truth beside the files that are written.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashMap};
use std::fs;

use serde_json::Value;
use tracesmith_formats::{Format, all, read_spans, write_corpus};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_ingest::{IngestOptions, ingest};
use tracesmith_scenario::{GroundTruth, PRESETS, Role, Scenario};
use tracesmith_trace::{Corpus, Label, ValidityCounts};

fn simulated(system: System, traces: usize) -> Corpus {
    simulate(&SimulationConfig { faults: false, clock_overflow: false, ..SimulationConfig::new(system, traces, 7) }).corpus
}

fn applied(preset: &str, system: System, traces: usize) -> (Corpus, GroundTruth) {
    Scenario::preset(preset, &[]).unwrap().apply(&simulated(system, traces), 3).unwrap()
}

/// Median duration in µs of calls of the target, of those that begin inside the window of the first intervention, or outside.
fn median_us(corpus: &Corpus, truth: &GroundTruth, inside: bool) -> f64 {
    let intervention = &truth.interventions[0];
    let mut durations = Vec::new();
    for trace in corpus.traces() {
        for span in 0..trace.span_count() {
            let name = format!("{}/{}", corpus.services().name(trace.services[span]), corpus.operations().name(trace.operations[span]));
            let begin = trace.start_ns + (trace.starts_us[span] * 1000.0) as i64;
            let window = intervention.window_start_ns..=intervention.window_end_ns;
            if name == intervention.target && window.contains(&begin) == inside {
                durations.push(trace.durations_us[span]);
            }
        }
    }
    durations.sort_by(f64::total_cmp);
    durations[durations.len() / 2]
}

#[test]
fn every_preset_hits_calls_of_both_systems_and_leaves_valid_trees() {
    for preset in PRESETS {
        for system in [System::SocialNetwork, System::TrainTicket] {
            let (corpus, truth) = applied(preset.name, system, 600);
            assert_eq!((corpus.len(), ValidityCounts::of(&corpus).trees), (600, 600), "{}", preset.name);
            assert_eq!(truth.scenario, preset.name);
            for intervention in &truth.interventions {
                assert!(intervention.causes > 0 && intervention.effects > 0, "{}: {intervention:?}", preset.name);
            }
            assert_eq!(Scenario::preset(preset.name, &[]).unwrap().expected_traces().map(|count| count >= 1_200), Some(true));
        }
    }
}

#[test]
fn a_slow_dependency_is_slow_inside_its_window_only() {
    for system in [System::SocialNetwork, System::TrainTicket] {
        let (corpus, truth) = applied("slow-dependency", system, 600);
        let (inside, outside) = (median_us(&corpus, &truth, true), median_us(&corpus, &truth, false));
        assert!(inside > 2.0 * outside + 10_000.0, "{inside} µs inside, {outside} µs outside");
    }
}

#[test]
fn a_traffic_spike_brings_its_share_of_the_traces() {
    let (corpus, truth) = applied("traffic-spike", System::TrainTicket, 1_000);
    let spike = &truth.spikes[0];
    let inside = corpus.traces().filter(|trace| (spike.start_ns..=spike.end_ns).contains(&trace.start_ns)).count();
    assert!((310..405).contains(&inside), "300 of 840 parts are 357 of 1000, not {inside}");
}

#[test]
fn a_target_that_is_named_is_the_one_that_is_hit() {
    let corpus = simulated(System::TrainTicket, 300);
    let target = corpus.services().name(corpus.trace(0).services[corpus.trace(0).span_count() - 1]).to_owned();
    let scenario = Scenario::preset("slow-dependency", &[format!("target={target}")]).unwrap();
    let (_, truth) = scenario.apply(&corpus, 1).unwrap();
    let hit: BTreeSet<&str> = truth.spans.iter().filter(|span| span.role == Role::Cause).map(|span| span.service.as_str()).collect();
    assert_eq!(hit.into_iter().collect::<Vec<_>>(), [target]);
}

#[test]
fn ids_of_the_ground_truth_are_those_of_the_written_traces() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, truth) = applied("cascade", System::TrainTicket, 300);
    for format in all() {
        let (traces, lines) = (folder.path().join(format.name()), folder.path().join("truth.jsonl"));
        write_corpus(&corpus, format, &traces).unwrap();
        truth.write(&lines, format).unwrap();
        let mut names = HashMap::new();
        read_spans(&traces, Some(format), &mut |span| {
            names.insert((span.trace_id, span.span_id), (span.service, span.operation, span.parent_id, span.duration_us));
            Ok(())
        })
        .unwrap();
        let text = fs::read_to_string(&lines).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let header = lines.next().unwrap();
        assert_eq!(
            (&header["record"], &header["seed"], header["interventions"].as_array().unwrap().len()),
            (&"scenario".into(), &3.into(), 3)
        );
        let (mut found, mut expected) = (0, 0);
        for line in lines {
            expected += usize::from(!line["span"].is_null());
            let Some(id) = line["span_id"].as_str() else { continue };
            let (service, operation, parent, duration_us) = &names[&(line["trace_id"].as_str().unwrap().to_owned(), id.to_owned())];
            assert_eq!(
                (line["service"].as_str(), line["operation"].as_str()),
                (Some(service.as_str()), Some(operation.as_str())),
                "{format}"
            );
            assert_eq!(line["parent_id"].as_str(), parent.as_deref(), "{format}");
            assert!(line["delta_us"].as_f64().unwrap() <= *duration_us);
            found += 1;
        }
        assert!(found > 100 && found == expected, "{found} of {expected}");
        assert_eq!(text.lines().count(), 1 + truth.spans.len());
    }
}

#[test]
fn the_fault_windows_label_the_written_traces_as_the_corpus_is_labelled() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, truth) = applied("error-burst", System::SocialNetwork, 300);
    let (traces, faults) = (folder.path().join("traces.json"), folder.path().join("faults.json"));
    write_corpus(&corpus, Format::JAEGER_JSON, &traces).unwrap();
    truth.write_windows(&faults).unwrap();
    let options = IngestOptions { name: "read".into(), faults: vec![faults], ..IngestOptions::default() };
    let read = ingest(&[traces], &options).unwrap().corpus;
    let labels =
        |corpus: &Corpus| -> HashMap<String, Label> { corpus.traces().map(|trace| (trace.id.to_owned(), trace.label.clone())).collect() };
    assert_eq!(labels(&read), labels(&corpus));
    assert!(corpus.labels().iter().filter(|label| label.is_abnormal()).count() > 20);
}
