//! Figures of the real excerpts. Each test says so when its file is not there.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use tracesmith_formats::{Format, read_spans, write_corpus, write_records};
use tracesmith_ingest::{CleaningConfig, ClockOverflow, Ingested, Located, Manifest, REAL_DATA_VARIABLE, Summary, ingest};
use tracesmith_trace::{Corpus, Label, SpanRecord};

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
    assert_eq!(Summary::of(&ingested.corpus).services, 28);
    let abnormal = abnormal(&ingested.corpus);
    assert!(abnormal > 0 && abnormal < 4551, "{abnormal}");
    assert!(!ingested.corpus.labels().contains(&Label::Unknown));
}

#[test]
fn nezha_online_boutique_leaves_out_traces_over_a_limit_and_counts_them() {
    let Some(all) = real("nezha-ob", CleaningConfig::default()) else { return };
    assert_eq!((all.report.traces_read, all.report.spans_read), (3655, 166_599));
    let Some(small) = real("nezha-ob", CleaningConfig { max_spans: Some(64), ..CleaningConfig::default() }) else { return };
    assert_eq!(small.corpus.len() + small.report.too_large, all.corpus.len());
    assert!(small.report.too_large > 0 && small.corpus.traces().all(|trace| trace.span_count() <= 64));
}

#[test]
fn a_corpus_survives_every_format_that_carries_its_times() {
    for (name, format) in [("eadro-sn", Format::EadroCsv), ("eadro-tt", Format::JaegerJson), ("eadro-tt", Format::NezhaCsv)] {
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
        let options = tracesmith_ingest::IngestOptions { name: name.to_owned(), ..Default::default() };
        let again = ingest(&[path], &options).unwrap().corpus;
        let (before, after) = (Summary::of(&ingested.corpus), Summary::of(&again));
        assert_eq!((before.durations, before.shapes, before.trace_levels), (after.durations, after.shapes, after.trace_levels), "{format}");
    }
}

/// The spans of the first traces of an excerpt.
fn first_spans(located: &Located, traces: usize) -> Vec<SpanRecord> {
    let (mut ids, mut spans) = (std::collections::HashSet::new(), Vec::new());
    for path in &located.data {
        read_spans(path, None, &mut |span| {
            if ids.len() < traces {
                ids.insert(span.trace_id.clone());
            }
            if ids.contains(&span.trace_id) {
                spans.push(span);
            }
            Ok(())
        })
        .unwrap();
    }
    spans
}

#[test]
fn a_chain_of_formats_gives_the_same_corpus_as_the_table_it_began_with() {
    let Some(located) = located("nezha-tt") else { return };
    let spans = first_spans(&located, 300);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let chain = [
        ("a.pb.zst", Format::OtlpProtobuf),
        ("b.json.gz", Format::ZipkinJson),
        ("c.json", Format::JaegerJson),
        ("d.parquet", Format::Parquet),
    ];
    let mut carried = spans.clone();
    for (name, format) in chain {
        let written = write_records(std::mem::take(&mut carried), format, &file(name)).unwrap();
        assert_eq!((written.traces, written.spans), (300, spans.len()), "{format}");
        let reading = read_spans(&file(name), None, &mut |span| {
            carried.push(span);
            Ok(())
        });
        assert_eq!(reading.unwrap().format, format);
    }
    // Whole µs are what all of them can carry.
    let rounded = |mut span: SpanRecord| {
        span.start_ns = (span.start_ns + 500).div_euclid(1000) * 1000;
        span.duration_us = span.duration_us.round();
        span
    };
    write_records(spans.into_iter().map(rounded), Format::NezhaCsv, &file("table.csv")).unwrap();
    let corpus = |name: &str| {
        let options = tracesmith_ingest::IngestOptions { name: "nezha-tt".to_owned(), ..Default::default() };
        ingest(&[file(name)], &options).unwrap().corpus
    };
    let (began, ended) = (corpus("table.csv"), corpus("d.parquet"));
    assert_eq!((began.len(), began.has_starts()), (300, true));
    assert!(began == ended, "the corpora differ");
}
