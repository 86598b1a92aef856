//! M10: every format as a consumer of the export.

use std::path::Path;

use anyhow::Context;
use tracesmith_formats::{Format, all, write_corpus};
use tracesmith_ingest::{IngestOptions, ingest};
use tracesmith_trace::Corpus;
use tracesmith_verdict::gate::Consumer;

/// Writes the traces in every format and reads them back.
///
/// # Errors
/// If there is no room for temporary files: nothing is known about the consumers then.
pub fn read_back(corpus: &Corpus) -> anyhow::Result<Vec<Consumer>> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder for the exports")?;
    let consumer = |format: Format| {
        let path = folder.path().join(format.name());
        Consumer { name: format.to_string(), failure: attempt(corpus, format, &path).err().map(|error| format!("{error:#}")) }
    };
    Ok(all().into_iter().map(consumer).collect())
}

/// The format is recognised, and traces, spans, calls and names are all there.
fn attempt(corpus: &Corpus, format: Format, path: &Path) -> anyhow::Result<()> {
    write_corpus(corpus, format, path)?;
    let found = ingest(&[path.to_owned()], &IngestOptions::default())?;
    anyhow::ensure!(found.format == format, "the export is taken for {}", found.format);
    let counted = |of: &Corpus| {
        [
            ("traces", of.len()),
            ("spans", of.span_count()),
            ("calls", of.edge_count()),
            ("services", of.services().len()),
            ("operations", of.operations().len()),
        ]
    };
    for ((what, written), (_, read)) in counted(corpus).into_iter().zip(counted(&found.corpus)) {
        anyhow::ensure!(read == written, "{read} of {written} {what} are read back");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::{CorpusBuilder, Edge, Span, Status, Trace, Vocabulary};

    use super::*;

    fn corpus(ids: [&str; 2]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["web", "db"]), Vocabulary::new(["GET /", "find"]), false);
        for id in ids {
            let span = |name| Span { service: name, operation: name, duration_us: 2.5, status: Status::of_http(200), ..Span::default() };
            let edges = vec![Edge { parent: 0, child: 1 }];
            builder.push(Trace { id: id.to_owned(), spans: vec![span(0), span(1)], edges, ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn every_format_reads_a_good_export_back() {
        let consumers = read_back(&corpus(["t", "u"])).unwrap();
        assert_eq!(consumers.len(), all().len());
        assert!(consumers.iter().all(|consumer| consumer.failure.is_none()), "{consumers:?}");
    }

    #[test]
    fn an_export_that_cannot_be_written_is_said() {
        let consumers = read_back(&corpus(["t", "t"])).unwrap();
        assert!(consumers.iter().all(|consumer| consumer.failure.as_ref().is_some_and(|failure| failure.contains("stands twice"))));
    }
}
