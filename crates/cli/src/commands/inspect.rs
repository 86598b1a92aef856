//! `tracesmith inspect`: what files hold.

use std::path::PathBuf;

use serde::Serialize;
use tracesmith_formats::Format;
use tracesmith_ingest::{CleaningReport, IngestOptions, Ingested, Summary, ingest};

use crate::{
    arguments::trace_format,
    terminal::{print, print_json},
};

/// Show what trace files hold: sizes, services, operations, shapes, durations, violations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith inspect traces.csv.gz
  tracesmith inspect run1/spans.json run2/spans.json --faults faults.json --json | jq .summary.labels")]
pub struct Args {
    /// Trace files of one data set, plain or gzip; traces may be spread over them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Format of the files [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    format: Option<Format>,
    /// Fault files (Eadro's or Nezha's JSON): traces inside a fault window are labelled with it
    #[arg(long, value_name = "PATH", num_args = 1..)]
    faults: Vec<PathBuf>,
    /// Show all rows of long tables, and all shapes in JSON
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Inspection {
    format: Format,
    sha256: String,
    cleaning: CleaningReport,
    summary: Summary,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let Args { paths, format, faults, all, json } = args;
    let options = IngestOptions { name: name(&paths), format, faults, ..IngestOptions::default() };
    let Ingested { corpus, report, format, sha256 } = ingest(&paths, &options)?;
    let summary = if all { Summary::of_all(&corpus) } else { Summary::of(&corpus) };
    let inspection = Inspection { format, sha256, cleaning: report, summary };
    if json {
        return print_json(&inspection);
    }
    let Inspection { cleaning, summary, .. } = &inspection;
    let tables = if all { summary.whole_text() } else { summary.to_string() };
    Ok(print(format_args!("format {format}\n\n{cleaning}\n{tables}"))?)
}

/// The files by their names, or many of them by their number.
fn name(paths: &[PathBuf]) -> String {
    const NAMED: usize = 3;
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match &names[..] {
        [first, .., last] if names.len() > NAMED => format!("{} files ({first} … {last})", names.len()),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_counted() {
        let paths = |count: usize| (0..count).map(|i| PathBuf::from(format!("{i}.csv"))).collect::<Vec<_>>();
        assert_eq!(name(&paths(3)), "0.csv, 1.csv, 2.csv");
        assert_eq!(name(&paths(741)), "741 files (0.csv … 740.csv)");
    }
}
