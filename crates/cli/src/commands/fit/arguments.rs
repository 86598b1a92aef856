//! What `tracesmith fit` can be told.

use std::path::PathBuf;

use tracesmith_formats::Format;
use tracesmith_generate::GeneratorConfig;
use tracesmith_ingest::{ClockOverflow, Manifest};
use tracesmith_model::DeviceChoice;
use tracesmith_trace::Conditions;

use crate::{
    arguments::{generators, generators_help, one_of, trace_format},
    conditions::where_help,
};

/// Fit a generator on traces
///
/// What is dropped from the data is counted on standard error. A fit that was killed goes on where it was when the same command runs again.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("data").required(true)), after_help = "\
Examples:
  tracesmith fit --input traces.csv --faults faults.json --generator hvae --out model
  tracesmith fit --input day1.csv.gz day2.csv.gz --generator flat-vae --config small.toml --seed 7 --out flat
  tracesmith fit --dataset trainticket-sim --traces 2000 --generator random-sampling --out baseline
  tracesmith fit --input traces.csv --faults faults.json --where fault=cpu_load --generator tree-hvae --out cpu-load
  tracesmith fit --input traces.csv --generator tree-hvae --pseudonyms salt --names-out names.json --out shareable

A config has the tables [model], [train] and [sampling] of the generator; what it leaves out keeps its default, for example:
  [train]
  epochs = 30
  [model]
  skip = false")]
pub struct Args {
    /// Trace files of one data set, plain or gzip; traces may be spread over them
    #[arg(long, value_name = "PATH", num_args = 1.., group = "data")]
    pub input: Vec<PathBuf>,
    /// A data set by name (see `tracesmith datasets list`) instead of files
    #[arg(long, value_name = "NAME", value_parser = Manifest::find, group = "data")]
    pub dataset: Option<Manifest>,
    /// Number of traces of a simulated data set [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "input", value_parser = clap::value_parser!(u32).range(1..))]
    pub traces: Option<u32>,
    /// Format of the input [default: detected]
    #[arg(long, value_name = "FORMAT", requires = "input", value_parser = trace_format())]
    pub format: Option<Format>,
    /// Fault files (Eadro's or Nezha's JSON): traces inside a fault window are labelled with it
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "input")]
    pub faults: Vec<PathBuf>,
    #[arg(id = "where", long = "where", value_name = "NAME=VALUE,...", help = where_help("Fit on the traces with these attributes alone"))]
    pub wanted: Vec<Conditions>,
    /// What to fit
    #[arg(long, value_name = "NAME", value_parser = one_of(generators()), long_help = format!("What to fit:{}", generators_help()))]
    pub generator: GeneratorConfig,
    /// TOML file with settings of the generator [default: its own, chosen for the data: hvae is conditional if there are both normal and abnormal traces]
    #[arg(long, value_name = "TOML")]
    pub config: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t)]
    pub device: DeviceChoice,
    /// Leave out traces with more spans [default: 64 for generators that compare all pairs of spans; else no limit]
    #[arg(long, value_name = "K")]
    pub max_spans: Option<usize>,
    /// What happens to impossible durations (a span that outlasts its parent by more than a second): keep, drop-duration (0 µs), or repair
    /// (between its children and its parent)
    #[arg(long, value_name = "HOW", default_value = "keep", value_parser = one_of(treatments()))]
    pub clock_overflow: ClockOverflow,
    /// Replace the names of services and operations by pseudonyms before anything is learnt: a file with a secret salt of 16 bytes or more
    /// (e.g. `openssl rand -hex 16`). The same salt gives the same pseudonyms
    #[arg(long, value_name = "SALT_FILE", requires = "names_out")]
    pub pseudonyms: Option<PathBuf>,
    /// File for what the pseudonyms stand for, to be kept apart from the model
    #[arg(long, value_name = "PATH", requires = "pseudonyms")]
    pub names_out: Option<PathBuf>,
    /// Folder to write the model to
    #[arg(long, value_name = "MODEL_DIR")]
    pub out: PathBuf,
    /// Replace the model that is there
    #[arg(long)]
    pub force: bool,
}

fn treatments() -> [(&'static str, ClockOverflow); 3] {
    [("keep", ClockOverflow::Keep), ("drop-duration", ClockOverflow::DropDuration), ("repair", ClockOverflow::Repair)]
}
