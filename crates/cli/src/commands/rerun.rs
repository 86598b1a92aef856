//! `tracesmith rerun`: a run once more, from what its report says of it.

use std::path::PathBuf;

use anyhow::Context;
use tracesmith_experiment::{
    ExperimentFile, Provenance, RunOptions,
    reports::{FinishedReport, diff, differing_traces},
    run_file,
};
use tracesmith_model::DeviceChoice;

use super::report::diff::{Comparison, Shown};
use crate::{build_info::build, progress::StageBars, terminal::Terminal};

/// Repeat a run from the provenance of its report, and compare the results
///
/// The text of the experiment file and the settings of --set are those that the report keeps. Data files are looked for under the same paths.
/// Differences of program, compiler and machine are named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith rerun reports/quickstart
  tracesmith rerun reports/rq1 --out reports/rq1-again --beyond-noise

Exit codes: 0 all values and synthetic traces are the same, 1 some differ, 2 the run cannot be repeated.")]
pub struct Args {
    /// Folder of the report
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// auto, cpu, cuda or cuda:INDEX [default: that of the report]
    #[arg(long)]
    device: Option<DeviceChoice>,
    /// Folder of the new report [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Take finished stages from this folder [default: compute all of them]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Threads; 0 for one a core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    #[command(flatten)]
    shown: Shown,
}

pub fn run(args: &Args, terminal: Terminal) -> anyhow::Result<bool> {
    let before = Provenance::read(&args.report)?;
    let report = FinishedReport::read(&args.report)?;
    let same_folder = |out: &PathBuf| out.canonicalize().is_ok_and(|out| args.report.canonicalize().is_ok_and(|report| report == out));
    anyhow::ensure!(!args.out.as_ref().is_some_and(same_folder), "--out {} is the report itself", args.report.display());
    let scratch = tempfile::tempdir().context("temporary folder")?;
    let out = args.out.clone().unwrap_or_else(|| scratch.path().join("report"));
    let device = match args.device {
        Some(device) => device,
        None => before.device.parse()?,
    };
    let file = ExperimentFile { path: before.file.clone().into(), text: before.toml.clone() };
    let options = RunOptions {
        overrides: before.set.clone(),
        device,
        out: Some(out.clone()),
        cache: args.cache.clone(),
        threads: args.threads,
        build: Some(build()),
    };
    run_file(&file, &options, &StageBars::new(terminal))?;
    let again = FinishedReport::read(&out)?;
    let comparison = Comparison {
        programs: before.differences(&again.provenance()?),
        found: diff(&report, &again, false)?,
        traces: differing_traces(&report.folder, &out)?,
    };
    args.shown.show(&comparison, terminal)
}
