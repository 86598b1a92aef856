//! `tracesmith convert`: the same spans in another format.

use std::path::PathBuf;

use anyhow::{Context, bail};
use tracesmith_formats::{Format, read_spans, write_records};

use crate::{
    arguments::{format_of_name, formats, note_lost, one_of},
    terminal::Terminal,
};

/// Write the spans of a file in another format, with the ids they have
///
/// Nothing is cleaned. What a format cannot hold is lost, and said: eadro-csv has starts in whole seconds, nezha-csv no status, both no span
/// kinds and no attributes; jaeger-json and zipkin-json have times in whole µs; zipkin-json and otlp have hexadecimal ids only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
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
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    from: Option<Format>,
    /// Format of OUT [default: by the ending: .json is jaeger-json, .jsonl otlp-json, .pb otlp-protobuf, .parquet parquet; else it must be given]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    to: Option<Format>,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { input, output, from, to } = args;
    let Some(to) = to.or_else(|| format_of_name(&output)) else {
        bail!("the name {} does not say a format: give --to {}", output.display(), Format::ALL.map(Format::name).join(", --to "));
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
    for (what, spans) in reading.tolerated.counts().into_iter().filter(|&(_, spans)| spans > 0) {
        terminal.note(format_args!("note: {what} in {spans} spans"));
    }
    note_lost(&written, to, terminal);
    terminal.note(format_args!("{}: {} traces, {} spans, {} → {to}", output.display(), written.traces, written.spans, reading.format));
    Ok(())
}
