//! `tracesmith convert`: the same spans in another format.

use std::path::PathBuf;

use anyhow::{Context, bail};
use tracesmith_formats::{Format, read_spans, write_records};

use crate::{
    arguments::{format_of_name, formats, one_of},
    terminal::Terminal,
};

/// Write the spans of a file in another format, with the ids they have
///
/// Nothing is cleaned. What a format cannot hold is lost: eadro-csv has starts in whole seconds, nezha-csv no status, jaeger-json times in whole µs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith convert traces.csv traces.json
  tracesmith convert spans.json.gz traces.csv.gz --to nezha-csv")]
pub struct Args {
    /// File to read, plain or gzip
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// File to write; gzip if it ends in .gz
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Format of IN [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    from: Option<Format>,
    /// Format of OUT [default: jaeger-json if it ends in .json or .json.gz; else it must be given]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    to: Option<Format>,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { input, output, from, to } = args;
    let Some(to) = to.or_else(|| format_of_name(&output)) else {
        bail!("the name {} does not say a format: give --to {}", output.display(), Format::ALL.map(Format::name).join(", --to "));
    };
    let mut records = Vec::new();
    let from = read_spans(&input, from, &mut |record| {
        records.push(record);
        Ok(())
    })?;
    if records.is_empty() {
        bail!("{} has no span", input.display());
    }
    let written = write_records(records, to, &output).with_context(|| format!("cannot convert {}", input.display()))?;
    for (lost, what) in [
        (from.carries_starts() && !to.carries_starts(), "exact start times"),
        (from.carries_status() && !to.carries_status(), "status codes"),
    ] {
        if lost {
            terminal.note(format_args!("note: {to} has no place for {what}"));
        }
    }
    terminal.note(format_args!("{}: {} traces, {} spans, {from} → {to}", output.display(), written.traces, written.spans));
    Ok(())
}
