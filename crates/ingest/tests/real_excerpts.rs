//! Figures of the real excerpts. Each test says so when its file is not there.

#![allow(clippy::unwrap_used)]

mod chain;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use tracesmith_formats::{Format, read_spans, write_corpus, write_records};
use tracesmith_ingest::{CleaningConfig, ClockOverflow, IngestOptions, Ingested, Located, Manifest, REAL_DATA_VARIABLE, Summary, ingest};
use tracesmith_trace::{Corpus, Label, SpanRecord};

use chain::through_all_formats;

fn located(name: &str) -> Option<Located> {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets");
    let folder = std::env::var_os(REAL_DATA_VARIABLE).map_or_else(usual, PathBuf::from);
    Manifest::find(name).unwrap().locate_in(&[folder]).inspect_err(|missing| eprintln!("SKIPPED: {missing}")).ok()
}

fn real(name: &str, cleaning: CleaningConfig) -> Option<Ingested> {
    let located = located(name)?;
    Some(ingest(&located.data, &located.options(name, cleaning)).unwrap())
}

fn sizes(ingested: &Ingested) -> (usize, usize, usize, usize) {
    let report = &ingested.report;
    (report.traces_read, report.spans_read, ingested.corpus.len(), ingested.corpus.span_count())
}

fn abnormal(corpus: &Corpus) -> usize {
    corpus.labels().iter().filter(|label| label.is_abnormal()).count()
}

/// Names of the spans whose durations another treatment of clock overflow changes.
fn changed(kept: &Corpus, treated: &Corpus) -> Vec<String> {
    let durations = kept.span_durations_us().iter().zip(treated.span_durations_us());
    let mut names: Vec<String> = durations
        .enumerate()
        .filter(|(_, (kept, treated))| kept != treated)
        .map(|(i, _)| format!("{} {}", kept.services().name(kept.span_services()[i]), kept.operations().name(kept.span_operations()[i])))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn eadro_social_network_is_complete() {
    let Some(ingested) = real("eadro-sn", CleaningConfig::default()) else { return };
    assert_eq!(sizes(&ingested), (875, 8003, 875, 8003));
    let summary = Summary::of(&ingested.corpus);
    assert_eq!((summary.services, summary.operations, summary.validity.trees), (12, 59, 875));
    // 321 traces are normal in the profile that was measured on this excerpt.
    assert_eq!(abnormal(&ingested.corpus), 875 - 321);
}

#[test]
fn eadro_train_ticket_is_complete() {
    let Some(ingested) = real("eadro-tt", CleaningConfig::default()) else { return };
    assert_eq!(sizes(&ingested), (467, 2583, 467, 2583));
    let summary = Summary::of(&ingested.corpus);
    assert_eq!((summary.services, summary.operations, summary.validity.trees), (13, 16, 467));
    assert_eq!(ingested.report.clock_overflow_spans, 0);
}

#[test]
fn clock_overflow_is_found_in_five_operations_of_the_web_server_and_nowhere_else() {
    let Some(kept) = real("eadro-sn", CleaningConfig::default()) else { return };
    let operations = ["GetFollowee", "GetFollower", "Login", "RegisterUser", "compose_post_client"];
    let expected: Vec<String> = operations.iter().map(|operation| format!("nginx-web-server {operation}")).collect();
    for clock_overflow in [ClockOverflow::Repair, ClockOverflow::DropDuration] {
        let Some(treated) = real("eadro-sn", CleaningConfig { clock_overflow, ..CleaningConfig::default() }) else { return };
        assert_eq!(changed(&kept.corpus, &treated.corpus), expected);
        // Every span of these operations: 101 + 106 + 204 + 195 + 83.
        assert_eq!((kept.report.clock_overflow_spans, treated.report.clock_overflow_spans), (689, 689));
    }
}

#[test]
fn nezha_train_ticket_has_start_offsets() {
    let Some(ingested) = real("nezha-tt", CleaningConfig::default()) else { return };
    assert_eq!(sizes(&ingested), (4551, 325_859, 4551, 325_859));
    assert!(ingested.corpus.has_starts());
    assert_eq!(ingested.report.early_spans, 88);
    assert_eq!(Summary::of(&ingested.corpus).services, 28);
    let abnormal = abnormal(&ingested.corpus);
    assert!(abnormal > 0 && abnormal < 4551, "{abnormal}");
    assert!(!ingested.corpus.labels().contains(&Label::Unknown));
}

#[test]
fn nezha_online_boutique_leaves_out_traces_over_a_limit_and_counts_them() {
    let Some(all) = real("nezha-ob", CleaningConfig::default()) else { return };
    assert_eq!((all.report.traces_read, all.report.spans_read), (3655, 166_599));
    assert_eq!(all.report.early_spans, 177);
    let Some(small) = real("nezha-ob", CleaningConfig { max_spans: Some(64), ..CleaningConfig::default() }) else { return };
    assert_eq!(small.corpus.len() + small.report.too_large, all.corpus.len());
    assert!(small.report.too_large > 0 && small.corpus.traces().all(|trace| trace.span_count() <= 64));
}

#[test]
fn a_corpus_survives_every_format_that_carries_its_times() {
    for (name, format) in [("eadro-sn", Format::EADRO_CSV), ("eadro-tt", Format::JAEGER_JSON), ("eadro-tt", Format::NEZHA_CSV)] {
        let Some(ingested) = real(name, CleaningConfig::default()) else { return };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corpus.gz");
        let written = write_corpus(&ingested.corpus, format, &path).unwrap();
        assert_eq!((written.spans, written.dropped_edges), (ingested.corpus.span_count(), 0));
        let mut spans = 0;
        read_spans(&path, None, &mut |_| {
            spans += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(spans, written.spans);
        let options = IngestOptions { name: name.to_owned(), ..Default::default() };
        let again = ingest(&[path], &options).unwrap().corpus;
        let (before, after) = (Summary::of(&ingested.corpus), Summary::of(&again));
        assert_eq!((before.durations, before.shapes, before.trace_levels), (after.durations, after.shapes, after.trace_levels), "{format}");
    }
}

/// The spans of the traces of an excerpt that have no more than `most` spans.
fn spans_of_small_traces(located: &Located, most: usize) -> Vec<SpanRecord> {
    let (mut sizes, mut spans) = (HashMap::<String, usize>::new(), Vec::new());
    for path in &located.data {
        read_spans(path, None, &mut |span| {
            *sizes.entry(span.trace_id.clone()).or_default() += 1;
            spans.push(span);
            Ok(())
        })
        .unwrap();
    }
    spans.retain(|span| sizes[&span.trace_id] <= most);
    spans
}

#[test]
fn a_chain_of_formats_gives_the_same_corpus_as_the_table_it_began_with() {
    let Some(located) = located("nezha-tt") else { return };
    let spans = spans_of_small_traces(&located, 64);
    let folder = tempfile::tempdir().unwrap();
    let (end, lost) = through_all_formats(spans.clone(), folder.path());
    assert_eq!(lost.into_iter().collect::<Vec<_>>(), ["times finer than a microsecond"]);
    // Whole µs are what all of them can carry.
    let rounded = |mut span: SpanRecord| {
        span.start_ns = (span.start_ns + 500).div_euclid(1000) * 1000;
        span.duration_us = span.duration_us.round();
        span
    };
    let table = folder.path().join("table.csv");
    write_records(spans.into_iter().map(rounded), Format::NEZHA_CSV, &table).unwrap();
    let corpus = |path: PathBuf| {
        let options = IngestOptions { name: "nezha-tt".to_owned(), ..IngestOptions::default() };
        ingest(&[path], &options).unwrap().corpus
    };
    let (began, ended) = (corpus(table), corpus(end));
    assert_eq!((began.len(), began.has_starts()), (2008, true));
    assert!(began == ended, "the corpora differ");
}
