//! `tracesmith convert`: the same spans in another format.

use std::path::PathBuf;

use anyhow::{Context, bail};
use tracesmith_formats::{Format, format_of_name, names, read_spans, write_records};

use crate::{
    arguments::{formats_and_capabilities, note_lost, trace_format, written_format_help},
    terminal::Terminal,
};

/// Write the spans of a file in another format, with the ids they have
#[derive(Debug, clap::Args)]
#[command(long_about = long_about(), after_help = "\
Examples:
  tracesmith convert traces.csv traces.json
  tracesmith convert spans.json.gz traces.csv.gz --to nezha-csv
  tracesmith convert collector.jsonl.zst zipkin.json --to zipkin-json")]
pub struct Args {
    /// File to read, plain, gzip or zstd
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// File to write; gzip if it ends in .gz, zstd if in .zst
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Format of IN [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    from: Option<Format>,
    #[arg(long, help = written_format_help("Format of OUT", "else it must be given"), value_name = "FORMAT", value_parser = trace_format())]
    to: Option<Format>,
}

fn long_about() -> String {
    format!(
        "Write the spans of a file in another format, with the ids they have\n\nNothing is cleaned. What a format has no place for is lost, and \
         said. What each has a place for:\n{}",
        formats_and_capabilities()
    )
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { input, output, from, to } = args;
    let Some(to) = to.or_else(|| format_of_name(&output)) else {
        bail!("the name {} does not say a format: give --to {}", output.display(), names(", --to "));
    };
    let mut records = Vec::new();
    let reading = read_spans(&input, from, &mut |record| {
        records.push(record);
        Ok(())
    })?;
    if records.is_empty() {
        bail!("{} has no span", input.display());
    }
    let written = write_records(records, to, &output).with_context(|| format!("cannot convert {}", input.display()))?;
    for (what, spans) in reading.warnings.counts().into_iter().filter(|&(_, spans)| spans > 0) {
        terminal.note(format_args!("note: {what} in {spans} spans"));
    }
    note_lost(&written, to, terminal);
    terminal.note(format_args!("{}: {} traces, {} spans, {} → {to}", output.display(), written.traces, written.spans, reading.format));
    Ok(())
}
