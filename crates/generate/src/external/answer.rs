//! The traces that a program answers with: read, checked, and fitted to the names of the training traces.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tracesmith_formats::Format;
use tracesmith_ingest::{CleaningConfig, CleaningReport, IngestError, IngestOptions, Ingested, ingest};
use tracesmith_trace::{Conditions, Corpus, Label, Trace, TraceRef, Vocabulary, in_preorder};

use crate::error::ProgramError;
use crate::profile::CorpusProfile;

/// Names that a message lists.
const LISTED: usize = 5;

/// What is known of a trace that is wanted.
pub(super) struct Wanted {
    /// In nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// For a program that takes labels.
    pub label: Option<Label>,
    /// Number of spans, for a program that takes sizes.
    pub spans: Option<usize>,
}

/// Reads exactly `count` traces.
pub(super) fn read(paths: &[PathBuf], format: Format, count: usize) -> Result<Corpus, ProgramError> {
    let Ingested { corpus, report, .. } = ingested(paths, format)?;
    if report.traces_read != count {
        return Err(ProgramError::Count { asked: count, answered: report.traces_read, what: "the program answered with" });
    }
    sound(corpus, &report)
}

/// Reads all traces.
pub(super) fn read_all(paths: &[PathBuf], format: Format) -> Result<Corpus, ProgramError> {
    let Ingested { corpus, report, .. } = ingested(paths, format)?;
    sound(corpus, &report)
}

fn ingested(paths: &[PathBuf], format: Format) -> Result<Ingested, ProgramError> {
    let cleaning = CleaningConfig::default();
    let options = IngestOptions { name: "answer".into(), format: Some(format), faults: Vec::new(), clock_offset_s: 0, cleaning };
    ingest(paths, &options).map_err(|error| match error {
        IngestError::NoTrace { report, .. } => ProgramError::NoTraces(report.to_string()),
        error => ProgramError::Unreadable(format!("as {format}: {error}")),
    })
}

fn sound(corpus: Corpus, report: &CleaningReport) -> Result<Corpus, ProgramError> {
    if report.traces_dropped() > 0 { Err(ProgramError::NoTraces(report.to_string())) } else { Ok(corpus) }
}

/// The traces with the vocabularies of the training traces, and the labels and starts of those wanted. Starts within a trace are kept if the
/// training traces had them.
pub(super) fn fitted_to(
    profile: &CorpusProfile,
    has_starts: bool,
    answer: Corpus,
    wanted: &BTreeMap<String, Wanted>,
) -> Result<Corpus, ProgramError> {
    let unknown = |known: &Vocabulary, found: &Vocabulary| found.names().iter().filter(|name| known.id(name).is_none()).cloned().collect();
    let names: [Vec<String>; 2] = [unknown(&profile.services, answer.services()), unknown(&profile.operations, answer.operations())];
    let what = if names[0].is_empty() { "operations" } else { "services" };
    if let Some(unknown) = names.iter().find(|names| !names.is_empty()) {
        let first = unknown.iter().take(LISTED).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        return Err(ProgramError::Names { what, count: unknown.len(), first });
    }
    let answer =
        answer.with_vocabularies(&profile.services, &profile.operations).map_err(|error| ProgramError::Unreadable(error.to_string()))?;
    let keeps_starts = has_starts && answer.has_starts();
    let mut builder = profile.builder(keeps_starts).with_attribute_sets(answer.attribute_sets().clone());
    for trace in answer.traces() {
        let mut fitted = if keeps_starts || !answer.has_starts() { trace.to_owned() } else { without_starts(trace) };
        meet(&mut fitted, wanted)?;
        builder.push(fitted).map_err(|error| ProgramError::Unreadable(error.to_string()))?;
    }
    Ok(builder.finish())
}

/// Siblings in the order of traces without starts.
fn without_starts(trace: TraceRef<'_>) -> Trace {
    let parents = trace.parents();
    let mut owned = trace.to_owned();
    owned.spans.iter_mut().for_each(|span| span.start_us = 0.0);
    let (spans, edges) = in_preorder(&owned.spans, &parents, false);
    Trace { spans, edges, ..owned }
}

/// Gives a trace the label and the start that were wanted of its id, and checks its size.
fn meet(trace: &mut Trace, wanted: &BTreeMap<String, Wanted>) -> Result<(), ProgramError> {
    // Formats with ids of a fixed length fill them up with zeros.
    let found = wanted.get(&trace.id).or_else(|| wanted.get(&format!("{:0>16}", trace.id.trim_start_matches('0'))));
    let needed = wanted.values().any(|wanted| wanted.label.is_some() || wanted.spans.is_some());
    let Some(found) = found else {
        return if needed { Err(ProgramError::Id(trace.id.clone())) } else { Ok(()) };
    };
    if let Some(spans) = found.spans.filter(|&spans| spans != trace.spans.len()) {
        return Err(ProgramError::Size { trace: trace.id.clone(), asked: spans, answered: trace.spans.len() });
    }
    trace.start_ns = found.start_ns;
    if let Some(label) = &found.label {
        trace.label = label.clone();
    }
    Ok(())
}

/// Checks what the traces themselves show, such as their roots.
pub(super) fn check_conditions(asked: &Conditions, corpus: &Corpus) -> Result<(), ProgramError> {
    let asked = asked.clone().without("size");
    let met = asked.met_by(corpus).len();
    if met == corpus.len() { Ok(()) } else { Err(ProgramError::Conditions { asked: asked.to_string(), met, all: corpus.len() }) }
}
