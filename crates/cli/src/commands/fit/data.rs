//! The traces that a generator is fitted on.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tracesmith_disk::write_bytes;
use tracesmith_generate::TrainingData;
use tracesmith_ingest::{
    CleaningConfig, ClockOverflow, IngestOptions, Ingested, Source, ingest,
    simulate::{SimulationConfig, System, simulate},
};
use tracesmith_trace::{Conditions, Corpus};

use super::{arguments::Args, training};
use crate::terminal::Terminal;

/// Traces of a simulated data set unless `--traces` says otherwise.
const SIMULATED_TRACES: u32 = 1000;

/// Name of a corpus whose file must not be named.
const NAMELESS: &str = "pseudonymised";

/// Traces, and what the model is to say about them.
pub struct Data {
    pub corpus: Corpus,
    pub training: TrainingData,
}

/// Reads, finds or simulates the data, and says what is left out.
pub fn read(args: &Args, max_spans: Option<usize>, terminal: Terminal) -> anyhow::Result<Data> {
    let cleaning = CleaningConfig { clock_overflow: args.clock_overflow, max_spans, ..CleaningConfig::default() };
    let Some(manifest) = &args.dataset else {
        let options = IngestOptions { name: name(args), format: args.format, faults: args.faults.clone(), clock_offset_s: 0, cleaning };
        return from_files(args, &args.input, &options, terminal);
    };
    if let Source::Simulated { system } = manifest.source {
        let corpus = simulated(args, system, max_spans, terminal)?;
        return Ok(Data { training: training::simulated(&corpus), corpus });
    }
    ensure!(args.traces.is_none(), "--traces only says how many traces to simulate; {} has files", manifest.name);
    let located = manifest.locate()?;
    from_files(args, &located.data, &located.options(&manifest.name, cleaning), terminal)
}

/// The traces with pseudonyms made with the salt in a file, whose meaning is written to `names_out`.
pub fn pseudonymised(corpus: &Corpus, salt: &Path, names_out: &Path) -> anyhow::Result<Corpus> {
    let secret = std::fs::read(salt).with_context(|| format!("cannot read the salt {}", salt.display()))?;
    let (corpus, mapping) = corpus.pseudonymised(secret.trim_ascii()).with_context(|| salt.display().to_string())?;
    let text = serde_json::to_string_pretty(&mapping)?;
    write_bytes(names_out, text)?;
    Ok(corpus)
}

/// Name of a corpus of files: that of the first one.
fn name(args: &Args) -> String {
    match &args.pseudonyms {
        Some(_) => NAMELESS.to_owned(),
        None => args.input.first().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
    }
}

fn from_files(args: &Args, paths: &[PathBuf], options: &IngestOptions, terminal: Terminal) -> anyhow::Result<Data> {
    let Ingested { corpus, report, format, .. } = ingest(paths, options)?;
    terminal.note(&report);
    if let (traces @ 1.., Some(most)) = (report.too_large, options.cleaning.max_spans) {
        terminal.note(left_out(traces, most));
    }
    if !format.capabilities().has_starts() {
        tracing::info!("{format} has no start offsets: siblings are ordered by name");
    }
    let corpus = chosen(args, corpus, terminal)?;
    let training = training::of_files(paths, &options.faults, args.pseudonyms.is_none(), &corpus)?;
    Ok(Data { corpus, training })
}

fn simulated(args: &Args, system: System, max_spans: Option<usize>, terminal: Terminal) -> anyhow::Result<Corpus> {
    if args.clock_overflow != ClockOverflow::Keep {
        bail!(
            "--clock-overflow {} is for files: simulate without impossible durations by `tracesmith datasets simulate {} --no-clock-overflow …`, then fit with --input",
            args.clock_overflow,
            system.data_set()
        );
    }
    let corpus = simulate(&SimulationConfig::new(system, args.traces.unwrap_or(SIMULATED_TRACES) as usize, args.seed)).corpus;
    let most = max_spans.unwrap_or(usize::MAX);
    let kept = corpus.filter(|trace| trace.span_count() <= most);
    if kept.len() < corpus.len() {
        terminal.note(left_out(corpus.len() - kept.len(), most));
    }
    chosen(args, kept, terminal)
}

/// Those traces that meet `--where`.
fn chosen(args: &Args, corpus: Corpus, terminal: Terminal) -> anyhow::Result<Corpus> {
    let conditions = args.wanted.iter().try_fold(Conditions::default(), Conditions::and)?;
    if conditions.is_empty() {
        return Ok(corpus);
    }
    let kept = conditions.select(&corpus)?;
    terminal.note(format_args!("note: fitted on {} of {} traces, those with {conditions}", kept.len(), corpus.len()));
    Ok(kept)
}

fn left_out(traces: usize, most: usize) -> String {
    format!("note: {traces} traces with more than {most} spans are left out; --max-spans sets the limit")
}
