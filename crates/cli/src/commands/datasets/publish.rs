//! `tracesmith datasets publish`: generated traces, and all that is known about them, as a version that stays.

mod measurements;
mod model;
mod training_data;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use tracesmith_catalogue::{Catalogue, Draft, Facts, Lineage, Origin};
use tracesmith_formats::Format;
use tracesmith_ingest::{IngestOptions, Ingested, Manifest, ingest};

use crate::{
    arguments::trace_format,
    terminal::{Terminal, print},
};
use model::Model;
use training_data::{origin, trained};

/// What the licence is if nobody says it.
const NO_LICENCE: &str = "not stated: ask the publisher before use";

/// Publish generated traces in the catalogue
///
/// The files are copied into a new version, NAME/vN, with a card, a manifest and the lineage, and never change again. The more is given, the
/// more the card says; what is not given is said to be unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets publish shop --traces synthetic.csv --model model --licence CC-BY-4.0
  tracesmith evaluate --real held-out.csv --synthetic synthetic.csv --train traces.csv --json > metrics.json
  tracesmith validate synthetic.csv --against held-out.csv --train traces.csv --json > gate.json
  tracesmith datasets publish shop --traces synthetic.csv --model model --metrics metrics.json --gate gate.json --seed 7")]
pub struct Args {
    /// Name of the data set; a name that is there gets a new version
    name: String,
    /// Trace files that `tracesmith generate` wrote
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    traces: Vec<PathBuf>,
    /// Format of the trace files [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    format: Option<Format>,
    /// Folder of the model that generated them
    #[arg(long, value_name = "MODEL_DIR")]
    model: Option<PathBuf>,
    /// Files that the model was fitted on, for where they come from [default: what the model says that it was fitted on]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    train: Vec<PathBuf>,
    /// What `tracesmith evaluate --json` printed
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
    /// What `tracesmith validate --json` printed
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    /// Seed of the generation
    #[arg(long)]
    seed: Option<u64>,
    /// Terms under which the traces may be used
    #[arg(long, value_name = "TEXT", default_value = NO_LICENCE)]
    licence: String,
    /// What can be said about the privacy of those whose traces were trained on [default: what --metrics measured, and what
    /// the model promises]
    #[arg(long, value_name = "TEXT")]
    statement: Option<String>,
}

pub fn run(args: &Args, catalogue: &Catalogue, terminal: Terminal) -> anyhow::Result<()> {
    ensure!(Manifest::find(&args.name).is_err(), "{} is the name of a known data set: take another one", args.name);
    let options = IngestOptions { name: args.name.clone(), format: args.format, ..IngestOptions::default() };
    let ingested = ingest(&args.traces, &options).context("cannot read the traces")?;
    if ingested.report.traces_dropped() > 0 {
        terminal.note(&ingested.report);
    }
    let measured = args.metrics.as_deref().map(|path| measurements::metrics(path, &ingested.report)).transpose()?.unwrap_or_default();
    let model = args.model.as_deref().map(model::read).transpose()?;
    let trained = trained(&args.train, model.as_ref())?;
    if let (Some(folder), Some(Model { training: None, .. }), []) = (&args.model, &model, args.train.as_slice()) {
        terminal.note(format_args!(
            "note: {} does not say what it was fitted on (an earlier version wrote it), so that the manifest has no checksum of the training \
             data: give --train, or fit it again",
            folder.display()
        ));
    }
    let facts = Facts {
        generator: model.as_ref().map(|model| model.generator.clone()),
        training_data_sha256: trained.sha256,
        training_traces: trained.size.map(|(traces, _)| traces),
        training_spans: trained.size.map(|(_, spans)| spans),
        seed: args.seed,
        gate: args.gate.as_deref().map(measurements::gate).transpose()?,
        privacy: args
            .statement
            .clone()
            .unwrap_or_else(|| measurements::privacy_statement(&measured, model.as_ref().and_then(|model| model.promise.as_ref()))),
        licence: args.licence.clone(),
        metrics: measured,
        ..counts(&ingested)
    };
    let reports = args.metrics.iter().chain(&args.gate);
    let lineage = Lineage {
        raw: trained.raw,
        corpus: trained.corpus,
        model: model.map(|model| Origin { label: model.generator.kind, sha256: Some(model.generator.model_sha256), url: None }),
        reports: reports.clone().map(|path| origin(path)).collect::<anyhow::Result<_>>()?,
    };
    let files = args.traces.iter().chain(reports).cloned().collect();
    let entry = catalogue.publish(&Draft { name: args.name.clone(), files, facts, lineage })?;
    terminal.note(format_args!("{}: {} traces in {}", entry.id(), ingested.corpus.len(), entry.folder.display()));
    Ok(print(entry.id())?)
}

fn counts(ingested: &Ingested) -> Facts {
    Facts {
        format: ingested.format.name().to_owned(),
        traces: ingested.corpus.len() as u64,
        spans: ingested.corpus.traces().map(|trace| trace.span_count() as u64).sum(),
        ..Facts::default()
    }
}
