//! `tracesmith drift`: two windows of real traces.

use std::path::PathBuf;

use tracesmith_verdict::{DriftReport, drift, drift::Change};

use super::thresholds;
use crate::{
    failure::unless_closed,
    reading::{align, read},
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Lines of the table; JSON has all.
const ROWS: usize = 20;

/// Names of operations in a list; JSON has all.
const NAMES: usize = 10;

/// Seed of the random divisions that a change of labels or shapes is compared with.
const SEED: u64 = 0;

/// Say what changed between two windows of real traces
///
/// Durations of every operation, sizes, labels, calls, shapes and errors, the largest effect first. A change is drift if it is above its
/// threshold and unlikely to be chance.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith drift monday.csv tuesday.csv
  tracesmith drift monday.json tuesday.json --gate experiments/gate.toml --json | jq '.changes[] | select(.drifted)'

Exit codes: 0 no drift, 1 drift, 2 no verdict (a file that cannot be read, a wrong setting).")]
pub struct Args {
    /// Traces of the first window
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Traces of the second window
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Thresholds, in the section [drift] [default: those of experiments/gate.toml]
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Whether nothing drifted.
pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<bool> {
    let config = thresholds::read(args.gate.as_deref())?.drift;
    let first = read("first", &[args.first], &[], None, terminal)?;
    let second = read("second", &[args.second], &[], None, terminal)?;
    let aligned = align(&[&first.corpus, &second.corpus])?;
    let report = drift(&aligned[0], &aligned[1], &config, SEED)?;
    unless_closed(if args.json { print_json(&report) } else { print(text(&report)).map_err(Into::into) })?;
    Ok(!report.drifted)
}

fn text(report: &DriftReport) -> String {
    let row = |change: &Change| {
        let verdict = if change.drifted { "DRIFT" } else { "" };
        let number = |value: f64| format!("{value:.4}");
        [change.name(), number(change.effect), number(change.threshold), number(change.probability), verdict.to_owned()]
    };
    // What drifted is never cut off.
    let (drifted, quiet): (Vec<_>, Vec<_>) = report.changes.iter().partition(|change| change.drifted);
    let room = ROWS.saturating_sub(drifted.len());
    let rows: Vec<_> = drifted.into_iter().chain(quiet.iter().copied().take(room)).map(row).collect();
    let mut text = table(["change", "effect", "at most", "p", ""], &rows);
    text += &list("only in the second window", &report.appeared);
    text += &list("only in the first window", &report.vanished);
    if report.too_rare > 0 {
        text += &format!("operations in too few traces for their durations to be compared: {}\n", report.too_rare);
    }
    let verdict = if report.drifted { "drift" } else { "no drift" };
    format!("{text}verdict: {verdict}\n")
}

/// A line with the first names; none without any.
fn list(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{what}: {}{more}\n", names[..names.len().min(NAMES)].join(", "))
}
