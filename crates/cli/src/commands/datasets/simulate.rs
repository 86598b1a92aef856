//! `tracesmith datasets simulate`: a run of a built-in system.

use std::{fs, path::PathBuf};

use tracesmith_formats::{Format, format_of_name, write_corpus, write_faults};
use tracesmith_ingest::{
    Manifest, Source,
    simulate::{Simulation, SimulationConfig, simulate},
};

use crate::{
    arguments::{note_lost, trace_format, written_format_help},
    terminal::Terminal,
};

/// Simulate a run of a system and write its traces
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith datasets simulate trainticket-sim -n 2000 --out traces.csv --faults-out faults.json
  tracesmith datasets simulate socialnetwork-sim -n 500 --no-faults --format nezha-csv --out traces.csv.gz")]
pub struct Args {
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
    #[arg(long, help = written_format_help("Format of the file", "any other eadro-csv"), value_name = "FORMAT", value_parser = trace_format())]
    format: Option<Format>,
    /// File to write the traces to; gzip if it ends in .gz, zstd if in .zst
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// File to write the fault windows to, from which the labels of the traces follow
    #[arg(long, value_name = "PATH")]
    faults_out: Option<PathBuf>,
}

pub fn run(args: &Args, terminal: Terminal) -> anyhow::Result<()> {
    let Source::Simulated { system } = args.name.source else {
        anyhow::bail!("{} is not simulated: `tracesmith datasets path {0}` says where its files are", args.name.name);
    };
    let Simulation { corpus, faults } = simulate(&SimulationConfig {
        clock_overflow: !args.no_clock_overflow,
        faults: !args.no_faults,
        ..SimulationConfig::new(system, args.traces as usize, args.seed)
    });
    let format = args.format.or_else(|| format_of_name(&args.out)).unwrap_or(Format::EADRO_CSV);
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
