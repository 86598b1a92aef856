//! `tracesmith report export`: generators × metrics for papers and spreadsheets.

use std::path::PathBuf;

use tracesmith_experiment::reports::{Columns, ExportFormat, FinishedReport, export};

use crate::{
    arguments::one_of,
    terminal::{Terminal, print},
};

/// Write a table with a row a generator and a column a metric, with the ceiling
///
/// CSV holds means, standard deviations over seeds and ends of 95 % intervals in columns of their own, with all digits; Markdown and LaTeX are for
/// people. The rows themselves, one a seed, are in the report's `metrics.csv`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the report
    #[arg(value_name = "DIR")]
    report: PathBuf,
    /// Form of the table
    #[arg(long, value_name = "FORMAT", value_parser = one_of(ExportFormat::ALL), default_value = "csv")]
    format: ExportFormat,
    /// Only this metric, in every size mode and protocol; may be given several times [default: the main metrics]
    #[arg(long = "metric", value_name = "ID")]
    metrics: Vec<String>,
    /// Every metric in every size mode and protocol
    #[arg(long, conflicts_with = "metrics")]
    all: bool,
    /// File [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(args: &Args, terminal: Terminal) -> anyhow::Result<()> {
    let report = FinishedReport::read(&args.report)?;
    let columns = match (args.all, args.metrics.is_empty()) {
        (true, _) => Columns::All,
        (false, true) => Columns::Main,
        (false, false) => Columns::Named(args.metrics.clone()),
    };
    let text = export(&report.results, &columns, args.format)?;
    match &args.out {
        None => Ok(print(text)?),
        Some(path) => {
            tracesmith_disk::write_bytes(path, text)?;
            terminal.note(format_args!("{}", path.display()));
            Ok(())
        }
    }
}
