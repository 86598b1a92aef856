//! Trace files that are compared with each other.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tracesmith_ingest::{CleaningConfig, IngestOptions, Ingested, ingest};
use tracesmith_trace::{Corpus, UnknownName};

use crate::terminal::Terminal;

/// Reads the files of one side, without traces of more than `max_spans` spans, and says how many traces are left out. Fault files label them.
pub fn read(side: &str, paths: &[PathBuf], faults: &[PathBuf], max_spans: Option<usize>, terminal: Terminal) -> anyhow::Result<Ingested> {
    let cleaning = CleaningConfig { max_spans, ..CleaningConfig::default() };
    let options = IngestOptions { name: side.to_owned(), cleaning, faults: faults.to_vec(), ..IngestOptions::default() };
    let ingested = ingest(paths, &options).with_context(|| format!("cannot read the {side} traces"))?;
    let report = &ingested.report;
    if report.traces_dropped() > 0 {
        let first = paths.first().map_or(Path::new(""), PathBuf::as_path).display();
        terminal.note(format_args!("note: {} of {} {side} traces ({first}) are left out", report.traces_dropped(), report.traces_read));
        terminal.note(report);
    }
    Ok(ingested)
}

/// The corpora with the union of their vocabularies.
pub fn align(corpora: &[&Corpus]) -> Result<Vec<Corpus>, UnknownName> {
    let [first, others @ ..] = corpora else { return Ok(Vec::new()) };
    let services = others.iter().fold(first.services().clone(), |union, other| union.union(other.services()));
    let operations = others.iter().fold(first.operations().clone(), |union, other| union.union(other.operations()));
    corpora.iter().map(|corpus| corpus.with_vocabularies(&services, &operations)).collect()
}
