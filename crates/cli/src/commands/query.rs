//! `tracesmith query`: SQL over the spans of files.

mod output;

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    panic,
    path::PathBuf,
};

use anyhow::bail;
use tracesmith_formats::Format;
use tracesmith_frame::{QueryError, SpanTableBuilder, polars::prelude::DataFrame};
use tracesmith_ingest::{Assembly, IngestOptions, assembled};

use self::output::ResultFormat;
use crate::{
    arguments::{one_of, trace_format},
    terminal::Terminal,
};

/// Ask questions about trace files in SQL
///
/// There are two tables. `spans` has a row a span: trace_id, span_id, parent_id, service, operation, span_kind, status_code (unset, ok,
/// error), http_status, start, duration_us, label (normal, abnormal), fault_kind, fault_service, attributes (JSON). `traces` has a row a
/// trace: trace_id, root (service/operation), root_service, root_operation, spans, depth, start, duration_us (of the root), errors, services,
/// label, fault_kind, fault_service. Names match patterns: operation LIKE '%cart%'. Quantiles are
/// QUANTILE_CONT(duration_us, 0.99) and MEDIAN(duration_us).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith query traces.csv \"SELECT service, COUNT(*) AS spans FROM spans GROUP BY service ORDER BY spans DESC\"
  tracesmith query a.json b.json \"SELECT root, COUNT(*) AS traces, MEDIAN(duration_us) AS p50_us FROM traces GROUP BY root\"
  tracesmith query spans.parquet \"SELECT * FROM spans WHERE status_code = 'error'\" --out errors.csv")]
pub struct Args {
    /// Trace files of one data set, plain, gzip or zstd; traces may be spread over them
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The question
    #[arg(required = true, value_name = "SQL")]
    sql: String,
    /// How the answer is written [default: by the ending of --out: .csv, .json or .md; else table]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(ResultFormat::NAMED))]
    format: Option<ResultFormat>,
    /// File that gets the answer
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Format of the files [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    from: Option<Format>,
    /// Fault files (Eadro's or Nezha's JSON): traces inside a fault window are labelled with it
    #[arg(long, value_name = "PATH", num_args = 1..)]
    faults: Vec<PathBuf>,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { paths, sql, format, out, from, faults } = args;
    let format = match (format, &out) {
        (Some(format), _) => format,
        (None, Some(out)) => match ResultFormat::of_name(out) {
            Some(format) => format,
            None => bail!("the name {} does not say how to write an answer: end it in .csv, .json or .md, or give --format", out.display()),
        },
        (None, None) => ResultFormat::Table,
    };
    // Tried on no spans first: nobody waits for a million spans to learn of a wrong name.
    answer(&SpanTableBuilder::default().finish(), &sql)?;
    let options = IngestOptions { name: "query".to_owned(), format: from, faults, ..IngestOptions::default() };
    let (assembly, _) = assembled(&paths, &options)?;
    if assembly.report.traces_dropped() > 0 {
        terminal.note(format_args!("note: {} of {} traces are left out", assembly.report.traces_dropped(), assembly.report.traces_read));
        terminal.note(&assembly.report);
    }
    let result = answer(&span_table(assembly), &sql)?;
    match out {
        Some(out) => {
            tracesmith_disk::write_atomically(&out, |file| format.write(&result, file))?;
            terminal.note(format_args!("{}: {} rows", out.display(), result.height()));
        }
        None => show(&result, format)?,
    }
    Ok(())
}

/// Prints an answer, unless it is more than anybody reads.
fn show(result: &DataFrame, format: ResultFormat) -> anyhow::Result<()> {
    const MOST_ROWS: usize = 1000;
    let (rows, for_people) = (result.height(), format == ResultFormat::Table || io::stdout().is_terminal());
    if rows > MOST_ROWS && for_people {
        bail!(
            "the answer has {rows} rows, and up to {MOST_ROWS} are shown: add LIMIT {MOST_ROWS} to the query, or write it with --out answer.csv"
        );
    }
    let mut out = BufWriter::new(io::stdout().lock());
    format.write(result, &mut out)?;
    Ok(out.flush()?)
}

fn span_table(assembly: Assembly) -> DataFrame {
    let mut table = SpanTableBuilder::with_capacity(assembly.report.spans_kept);
    for trace in assembly.traces {
        trace.records.iter().for_each(|span| table.push(span, assembly.has_starts));
    }
    table.finish()
}

/// The answer to a query. A panic of the library becomes an error there, and is not printed as well.
fn answer(spans: &DataFrame, sql: &str) -> Result<DataFrame, QueryError> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let answer = tracesmith_frame::query(spans, sql);
    panic::set_hook(hook);
    answer
}
