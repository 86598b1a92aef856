//! `tracesmith datasets`: the data sets that are known by name.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use serde::Serialize;
use tracesmith_formats::{Format, write_corpus, write_faults};
use tracesmith_ingest::{
    Manifest, Source,
    simulate::{Simulation, SimulationConfig, simulate},
};

use crate::{
    arguments::{format_of_name, formats, note_lost, one_of},
    terminal::{Terminal, print, print_json},
};

/// List the known data sets, find their files, or simulate one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets list
  tracesmith datasets path eadro-sn
  tracesmith datasets simulate socialnetwork-sim -n 2000 --out traces.csv --faults-out faults.json

Real data is looked for in $TRACESMITH_REAL_DATA if it is set, else in ../shared/datasets and in data/NAME.")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the data sets and whether they are at hand
    List {
        /// Print JSON, with licence, citation and source
        #[arg(long)]
        json: bool,
    },
    /// Print the trace files of a data set on this machine, one a line
    Path {
        /// Name of the data set
        #[arg(value_parser = Manifest::find)]
        name: Manifest,
    },
    Simulate(SimulateArgs),
}

/// Simulate a run of a system and write its traces
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets simulate trainticket-sim -n 2000 --out traces.csv --faults-out faults.json
  tracesmith datasets simulate socialnetwork-sim -n 500 --no-faults --format nezha-csv --out traces.csv.gz")]
struct SimulateArgs {
    /// Name of a simulated data set
    #[arg(value_parser = Manifest::find)]
    name: Manifest,
    /// Number of traces
    #[arg(short = 'n', long = "traces", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    traces: u32,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Leave out the impossible durations that the real SocialNetwork run has
    #[arg(long)]
    no_clock_overflow: bool,
    /// Inject no fault
    #[arg(long)]
    no_faults: bool,
    /// Format of the file [default: by the ending: .json is jaeger-json, .jsonl otlp-json, .pb otlp-protobuf, any other eadro-csv].
    /// eadro-csv has starts in whole seconds only
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    format: Option<Format>,
    /// File to write the traces to; gzip if it ends in .gz, zstd if in .zst
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// File to write the fault windows to, from which the labels of the traces follow
    #[arg(long, value_name = "PATH")]
    faults_out: Option<PathBuf>,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    match args.verb {
        Verb::List { json } => list(json),
        Verb::Path { name } => {
            let located = name.locate()?;
            let lines: Vec<String> = located.data.iter().map(|path| path.display().to_string()).collect();
            Ok(print(lines.join("\n"))?)
        }
        Verb::Simulate(args) => simulate_to_file(&args, terminal),
    }
}

/// A data set in a list for programs.
#[derive(Serialize)]
struct Listed {
    at_hand: &'static str,
    #[serde(flatten)]
    manifest: Manifest,
}

fn list(json: bool) -> anyhow::Result<()> {
    let listed: Vec<Listed> = Manifest::all().into_iter().map(|manifest| Listed { at_hand: at_hand(&manifest), manifest }).collect();
    if json {
        return print_json(&listed);
    }
    let line = |name: &str, at_hand: &str, title: &str| format!("{name:<18}  {at_hand:<9}  {title}\n");
    let lines = listed.iter().map(|Listed { at_hand, manifest }| line(&manifest.name, at_hand, &manifest.title));
    Ok(print(line("name", "at hand", "title") + &lines.collect::<String>())?)
}

fn at_hand(manifest: &Manifest) -> &'static str {
    match manifest.source {
        Source::Simulated { .. } => "simulated",
        Source::Files { .. } if manifest.locate().is_ok() => "yes",
        Source::Files { .. } => "no",
    }
}

fn simulate_to_file(args: &SimulateArgs, terminal: Terminal) -> anyhow::Result<()> {
    let Source::Simulated { system } = args.name.source else {
        anyhow::bail!("{} is not simulated: `tracesmith datasets path {0}` says where its files are", args.name.name);
    };
    let Simulation { corpus, faults } = simulate(&SimulationConfig {
        clock_overflow: !args.no_clock_overflow,
        faults: !args.no_faults,
        ..SimulationConfig::new(system, args.traces as usize, args.seed)
    });
    let format = args.format.or_else(|| format_of_name(&args.out)).unwrap_or(Format::EadroCsv);
    if let Some(path) = &args.faults_out {
        write_faults(&faults, path)?;
    }
    let written = write_corpus(&corpus, format, &args.out).inspect_err(|_| {
        // Windows without their traces are no use; that they are gone is no second error.
        if let Some(path) = args.faults_out.as_ref().filter(|path| path.is_file()) {
            let _ = fs::remove_file(path);
        }
    })?;
    note_lost(&written, format, terminal);
    terminal.note(format_args!("{}: {} traces, {} spans, {format}", args.out.display(), written.traces, written.spans));
    if let Some(path) = &args.faults_out {
        terminal.note(format_args!("{}: {} fault windows", path.display(), faults.len()));
    }
    Ok(())
}
