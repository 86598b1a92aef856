//! `tracesmith report merge`: the rows of several reports in one table.

use std::path::PathBuf;

use tracesmith_experiment::reports::{FinishedReport, merge, write_merged};

use crate::terminal::Terminal;

/// Put the values of several reports into one: more seeds, or more generators side by side
///
/// The folder gets `metrics.csv`, `metrics.json`, `report.md` with the main metrics, and `provenance.json`, which names the parts. Reports of
/// different data under one name, with other settings, or with other values for one seed are refused.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders of the reports
    #[arg(required = true, num_args = 2.., value_name = "DIR")]
    reports: Vec<PathBuf>,
    /// Folder of the merged report
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name every system after its report, so that reports of different data or settings can be in one table
    #[arg(long)]
    apart: bool,
}

pub fn run(args: &Args, terminal: Terminal) -> anyhow::Result<()> {
    let reports = args.reports.iter().map(|folder| FinishedReport::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let merged = merge(&reports, args.apart)?;
    write_merged(&merged, &reports, &args.out)?;
    terminal.note(format_args!("{} rows of {} reports in {}", merged.rows().len(), reports.len(), args.out.display()));
    Ok(())
}
