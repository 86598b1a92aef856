//! `tracesmith validate`: the quality gate.

mod consumers;

use std::{collections::BTreeMap, path::PathBuf};

use tracesmith_ingest::CleaningReport;
use tracesmith_trace::Corpus;
use tracesmith_verdict::{
    GateInput, GateReport, gate,
    gate::{Check, Integrity, Status},
};

use super::thresholds;
use crate::{
    failure::unless_closed,
    junit,
    reading::{align, read},
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Pass or fail synthetic traces by the checks M1–M10
///
/// Fidelity, divergence, integrity, uniqueness, privacy, throughput, fault effects, drift, and whether every format's reader takes the export.
/// What an option is missing for is not measured, and does not fail.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith validate synthetic.csv --against held-out.csv --train traces.csv
  tracesmith validate synthetic.csv --against held-out.csv --gate experiments/gate.toml --junit gate.xml
  tracesmith validate synthetic.csv --against held-out.csv --json | jq '.checks[] | select(.status == \"failed\")'

Exit codes: 0 passed, 1 failed, 2 no verdict (a file that cannot be read, a wrong setting).")]
pub struct Args {
    /// Synthetic traces
    #[arg(value_name = "SYNTH", required = true)]
    synthetic: Vec<PathBuf>,
    /// Real traces that no generator was fitted on
    #[arg(long, value_name = "REAL", num_args = 1.., required = true)]
    against: Vec<PathBuf>,
    /// Real traces that the generator was fitted on, for the ceiling, privacy and drift
    #[arg(long, value_name = "TRAIN", num_args = 1..)]
    train: Vec<PathBuf>,
    /// Fault files of the synthetic traces, for the effects of faults; needs --faults
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "faults")]
    synthetic_faults: Vec<PathBuf>,
    /// Fault files of the real traces
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "synthetic_faults")]
    faults: Vec<PathBuf>,
    /// Thresholds [default: those of experiments/gate.toml]
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    /// How long generating the synthetic traces took, in seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds_to_generate: Option<f64>,
    /// Leave out traces with more spans on every side
    #[arg(long, value_name = "K")]
    max_spans: Option<usize>,
    /// Seed of the samples that some checks draw
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a JUnit report as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0).ok_or_else(|| "it must be a number above 0".to_owned())
}

/// Whether the traces passed.
pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<bool> {
    let config = thresholds::read(args.gate.as_deref())?;
    let side = |side, paths: &[PathBuf], faults: &[PathBuf]| read(side, paths, faults, args.max_spans, terminal);
    let synthetic = side("synthetic", &args.synthetic, &args.synthetic_faults)?;
    let real = side("real", &args.against, &args.faults)?;
    let train = if args.train.is_empty() { None } else { Some(side("training", &args.train, &[])?) };
    if train.as_ref().is_some_and(|train| train.corpus.traces().eq(real.corpus.traces())) {
        terminal.note("warning: --against and --train hold the same traces: the ceiling and the natural rates mean nothing then");
    }
    let corpora: Vec<&Corpus> = [Some(&real), Some(&synthetic), train.as_ref()].into_iter().flatten().map(|side| &side.corpus).collect();
    let aligned = align(&corpora)?;
    let input = GateInput {
        real: &aligned[0],
        synthetic: &aligned[1],
        train: aligned.get(2),
        integrity: Some(integrity(&synthetic.report)),
        seconds_to_generate: args.seconds_to_generate,
        consumers: consumers::read_back(&synthetic.corpus)?,
    };
    let report = gate(&input, &config, args.seed)?;
    if let Some(path) = &args.junit {
        let names: Vec<String> = args.synthetic.iter().map(|path| path.display().to_string()).collect();
        junit::write(&report, &names.join(", "), path)?;
    }
    unless_closed(if args.json { print_json(&report) } else { print(text(&report)).map_err(Into::into) })?;
    Ok(report.passed)
}

/// What cleaning found to be no trace; traces that are left out for their size are.
fn integrity(report: &CleaningReport) -> Integrity {
    let defects = [
        ("conflicting spans", report.conflicting_spans),
        ("negative or non-finite durations", report.negative_or_non_finite),
        ("a span that is its own parent", report.self_parents),
        ("a missing parent", report.orphans),
        ("several roots", report.several_roots),
        ("a cycle", report.cycles),
    ];
    Integrity {
        traces: report.traces_read,
        valid: report.traces_kept + report.too_small + report.too_large,
        defects: defects.map(|(name, traces)| (name.to_owned(), traces)).into_iter().collect::<BTreeMap<_, _>>(),
    }
}

/// A line a check, a line for each that was not measured or failed, and the verdict.
fn text(report: &GateReport) -> String {
    let row = |check: &Check| {
        let status = match &check.status {
            Status::Passed => "passed".to_owned(),
            Status::Failed => "FAILED".to_owned(),
            Status::NotMeasured { .. } => "not measured".to_owned(),
        };
        let value = check.value.map(|value| format!("{value:.4}")).unwrap_or_default();
        [format!("{:<18} {}", check.id, check.name), value, format!("{} {:.4}", check.direction.words(), check.threshold), status]
    };
    let rows: Vec<_> = report.checks.iter().map(row).collect();
    let missing = report.checks.iter().filter(|check| matches!(check.status, Status::NotMeasured { .. }));
    let missing: String = missing.map(|check| format!("{check}\n")).collect();
    let failures: String = report.failures().map(|check| format!("failed: {check}\n")).collect();
    format!("{}\n{missing}{failures}verdict: {}\n", table(["check", "value", "must be", "status"], &rows), report.verdict())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_left_out_for_their_size_are_valid() {
        let report = CleaningReport { traces_read: 10, traces_kept: 5, too_large: 2, cycles: 2, orphans: 1, ..CleaningReport::default() };
        let integrity = integrity(&report);
        assert_eq!((integrity.traces, integrity.valid), (10, 7));
        assert_eq!((integrity.defects["a cycle"], integrity.defects["a missing parent"]), (2, 1));
    }

    #[test]
    fn a_time_must_be_positive() {
        assert_eq!(seconds("2.5"), Ok(2.5));
        assert!(["0", "-1", "nan", "inf", "soon"].into_iter().all(|text| seconds(text).is_err()));
    }
}
