//! `tracesmith show`: a trace to look at.

use std::{io::IsTerminal, path::PathBuf};

use anyhow::bail;
use console::Term;
use tracesmith_formats::Format;
use tracesmith_ingest::{IngestOptions, Ingested, ingest};
use tracesmith_trace::{Corpus, nearest_names};
use tracesmith_view::{
    Shape, Waterfall, printable, shapes,
    terminal::{Drawing, draw},
};

use crate::{
    arguments::trace_format,
    table::table,
    terminal::{Terminal, print},
};

/// Shapes that are listed.
const LISTED_SHAPES: usize = 15;
/// Ids that are named in place of an unknown one.
const NEAREST_IDS: usize = 3;
/// Columns where standard output is no terminal.
const DEFAULT_WIDTH: usize = 120;

/// Draw a trace as a tree with a time bar
///
/// Without --trace, the shapes of the traces are listed, and the first trace of the most frequent one is drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith show traces.csv.gz
  tracesmith show spans.json --trace 4bf92f3577b34da6a3ce929d0e0e4736
  tracesmith show traces.csv --trace 17 --width 200 --limit 1000 | less")]
pub struct Args {
    /// Trace files of one data set, plain or compressed; traces may be spread over them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The trace to draw: its id, or else its number, from 1
    #[arg(long, value_name = "ID|N")]
    trace: Option<String>,
    /// Format of the files [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    from: Option<Format>,
    /// Columns of the drawing [default: those of the terminal, else 120]
    #[arg(long, value_name = "N")]
    width: Option<usize>,
    /// Spans that are drawn; those left out are counted
    #[arg(long, value_name = "SPANS", default_value_t = 200)]
    limit: usize,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let Args { paths, trace, from, width, limit } = args;
    let Ingested { corpus, report, .. } = ingest(&paths, &IngestOptions { format: from, ..IngestOptions::default() })?;
    if report.traces_dropped() > 0 {
        terminal.note(format_args!("note: {} of {} traces are left out; inspect says why", report.traces_dropped(), report.traces_read));
    }
    let (listing, position) = match trace {
        Some(wanted) => (String::new(), find(&corpus, &wanted)?),
        None => {
            let shapes = shapes(&corpus);
            let first = shapes.first().and_then(|shape| shape.traces.first()).copied().unwrap_or(0);
            (format!("{}\n", list(&shapes, corpus.len())), first)
        }
    };
    let drawing = Drawing { width: width.unwrap_or_else(columns), colours: std::io::stdout().is_terminal() && console::colors_enabled() };
    Ok(print(format_args!("{listing}{}", draw(&Waterfall::of(&corpus, position, limit), drawing)))?)
}

/// Columns of the terminal, if there is one.
fn columns() -> usize {
    let terminal = Term::stdout();
    terminal.size_checked().filter(|_| terminal.is_term()).map_or(DEFAULT_WIDTH, |(_, columns)| columns.into())
}

/// Position of the trace with this id, or else of this number from 1.
fn find(corpus: &Corpus, wanted: &str) -> anyhow::Result<usize> {
    if let Some(position) = corpus.traces().position(|trace| trace.id == wanted) {
        return Ok(position);
    }
    match wanted.parse::<usize>() {
        Ok(number) if (1..=corpus.len()).contains(&number) => Ok(number - 1),
        _ => bail!(
            "no trace has the id {wanted:?}; the nearest are {}. The {} traces can also be given by number, from 1",
            nearest_ids(corpus, wanted).join(", "),
            corpus.len()
        ),
    }
}

/// Ids most like `wanted`.
fn nearest_ids(corpus: &Corpus, wanted: &str) -> Vec<String> {
    nearest_names(wanted, corpus.traces().map(|trace| trace.id), NEAREST_IDS).into_iter().map(printable).collect()
}

/// The most frequent shapes as a table.
fn list(shapes: &[Shape<'_>], traces: usize) -> String {
    let row = |shape: &Shape<'_>| {
        let share = format!("{:.1} %", 100.0 * shape.traces.len() as f64 / traces as f64);
        [shape.title(), shape.spans.to_string(), shape.levels.to_string(), shape.traces.len().to_string(), share]
    };
    let rows: Vec<[String; 5]> = shapes.iter().take(LISTED_SHAPES).map(row).collect();
    let mut text = table(["shape", "spans", "levels", "traces", "share"], &rows);
    if shapes.len() > LISTED_SHAPES {
        text.push_str(&format!("… {} more shapes\n", shapes.len() - LISTED_SHAPES));
    }
    text
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::{CorpusBuilder, Span, Trace, Vocabulary};

    use super::*;

    fn corpus(ids: &[&str]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["web"]), Vocabulary::new(["GET /"]), false);
        for id in ids {
            builder.push(Trace { id: (*id).to_owned(), spans: vec![Span::default()], ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn an_id_comes_before_a_number() {
        let corpus = corpus(&["a", "1", "c"]);
        assert_eq!(["a", "1", "3"].map(|wanted| find(&corpus, wanted).unwrap()), [0, 1, 2]);
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest_ones() {
        let corpus = corpus(&["4bf92f", "00aa11", "4bf93f", "77"]);
        for wanted in ["4bf92e", "0", "5"] {
            assert!(find(&corpus, wanted).is_err(), "{wanted}");
        }
        let message = find(&corpus, "4bf92e").unwrap_err().to_string();
        assert!(message.contains("nearest are 4bf92f, 4bf93f, 00aa11.") && message.contains("4 traces"), "{message}");
    }

    #[test]
    fn shapes_are_listed_with_their_share() {
        let corpus = corpus(&["a", "b"]);
        let text = list(&shapes(&corpus), corpus.len());
        assert_eq!(text, "shape      spans  levels  traces    share\nweb GET /      1       1       2  100.0 %\n");
    }
}
