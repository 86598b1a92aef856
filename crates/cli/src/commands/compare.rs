//! `tracesmith compare`: a canary beside the version that runs.

use std::path::PathBuf;

use tracesmith_verdict::{CanaryReport, Verdict, canary, canary::LatencyChange};

use super::thresholds;
use crate::{
    failure::unless_closed,
    reading::{align, read},
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Lines of the table; JSON has all.
const ROWS: usize = 20;

/// Seed of the random divisions that another mix of shapes is compared with.
const SEED: u64 = 0;

/// Promote, hold or roll back a canary by its traces and those of the version that runs
///
/// Latency of every operation (Mann–Whitney and Cliff's delta, false discoveries controlled), errors, new and missing operations and calls,
/// and objectives from the file of thresholds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith compare control.json canary.json
  tracesmith compare control.json canary.json --gate experiments/gate.toml --json | jq -r .verdict

Exit codes: 0 promote, 1 hold or rollback, 2 no verdict (a file that cannot be read, a wrong setting).")]
pub struct Args {
    /// Traces of the version that runs
    #[arg(value_name = "CONTROL")]
    control: PathBuf,
    /// Traces of the new version
    #[arg(value_name = "CANARY")]
    canary: PathBuf,
    /// Thresholds and objectives, in the section [compare] [default: those of experiments/gate.toml]
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Whether the canary may be promoted.
pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<bool> {
    let config = thresholds::read(args.gate.as_deref())?.compare;
    let control = read("control", &[args.control], &[], None, terminal)?;
    let new = read("canary", &[args.canary], &[], None, terminal)?;
    let aligned = align(&[&control.corpus, &new.corpus])?;
    let report = canary(&aligned[0], &aligned[1], &config, SEED)?;
    unless_closed(if args.json { print_json(&report) } else { print(text(&report)).map_err(Into::into) })?;
    Ok(report.verdict == Verdict::Promote)
}

fn text(report: &CanaryReport) -> String {
    let row = |change: &LatencyChange| {
        let us = |value: f64| format!("{value:.0}");
        [
            change.operation.clone(),
            us(change.control_p50_us),
            us(change.canary_p50_us),
            format!("{:+.4}", change.cliffs_delta),
            format!("{:.4}", change.greater),
            format!("{:.4}", change.two_sided),
        ]
    };
    let rows: Vec<_> = report.latency.iter().take(ROWS).map(row).collect();
    let header = ["operation", "control p50 µs", "canary p50 µs", "Cliff's delta", "p slower", "p changed"];
    let reasons: String = report.reasons.iter().map(|reason| format!("{}: {}\n", reason.verdict.name(), reason.text)).collect();
    let errors = if report.errors.is_empty() { "errors were not compared: one of the sides has no status\n" } else { "" };
    format!("{}{errors}\n{reasons}verdict: {}\n", table(header, &rows), report.verdict.name())
}
