//! From corpora and span records to files.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use tracesmith_trace::{Corpus, SpanRecord, TraceRef};

use crate::{FormatError, capabilities::LostFacets, format::Format, output::write_compressed};

/// Outcome of a write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Traces.
    pub traces: usize,
    /// Spans.
    pub spans: usize,
    /// Edges left out because the formats give a span one parent only: all but the earliest parent of each span.
    pub dropped_edges: usize,
    /// What the spans have and the format has no place for, each once: `span kinds`, for example.
    pub lost: Vec<&'static str>,
}

/// Writes a corpus to `path`, compressed if it ends in `.gz` or `.zst`; the file is there whole or not at all.
///
/// A span's id is that of [`Format::span_id`]. Few formats have a place for labels: see [`crate::write_faults`].
///
/// # Errors
/// [`FormatError::TraceId`] if a trace id is empty or stands twice; [`FormatError::Write`] if the file cannot be written.
pub fn write_corpus(corpus: &Corpus, format: Format, path: &Path) -> Result<Written, FormatError> {
    let mut seen = HashSet::with_capacity(corpus.len());
    if let Some(bad) = corpus.traces().find(|trace| trace.id.is_empty() || !seen.insert(trace.id)) {
        return Err(FormatError::TraceId { id: bad.id.to_owned() });
    }
    let mut dropped_edges = 0;
    let mut traces = corpus.traces().map(|trace| {
        let parents = trace.parents();
        dropped_edges += trace.edges.len() - parents.iter().flatten().count();
        trace_records(corpus, trace, &parents, format)
    });
    let lost = write_traces(&mut traces, corpus.has_starts(), format, path)?;
    Ok(Written { traces: corpus.len(), spans: corpus.span_count(), dropped_edges, lost })
}

/// The spans of every trace with the ids that [`write_corpus`] gives them in a file of this format.
pub fn corpus_records(corpus: &Corpus, format: Format) -> impl Iterator<Item = Vec<SpanRecord>> {
    corpus.traces().map(move |trace| trace_records(corpus, trace, &trace.parents(), format))
}

fn trace_records(corpus: &Corpus, trace: TraceRef<'_>, parents: &[Option<usize>], format: Format) -> Vec<SpanRecord> {
    let first_root = parents.iter().position(Option::is_none);
    let id = |span: usize| format.span_id(trace.id, span, first_root == Some(span));
    let record = |span: usize| SpanRecord {
        trace_id: trace.id.to_owned(),
        span_id: id(span),
        parent_id: parents[span].map(id),
        service: corpus.services().name(trace.services[span]).to_owned(),
        operation: corpus.operations().name(trace.operations[span]).to_owned(),
        start_ns: trace.span_start_ns(span),
        duration_us: trace.durations_us[span],
        status: trace.statuses[span],
        kind: trace.kinds[span],
        label: trace.label.clone(),
        attributes: trace.attributes.get(span).map(|&id| corpus.attribute_sets().get(id).clone()).unwrap_or_default(),
    };
    (0..trace.span_count()).map(record).collect()
}

/// Writes span records to `path` as [`write_corpus`] does, with the ids they have. They are grouped by trace, in the order in which the
/// traces first appear, and are all in memory for that.
///
/// # Errors
/// [`FormatError::Write`] if the file cannot be written.
pub fn write_records(records: impl IntoIterator<Item = SpanRecord>, format: Format, path: &Path) -> Result<Written, FormatError> {
    let mut position = HashMap::new();
    let mut traces: Vec<Vec<SpanRecord>> = Vec::new();
    for record in records {
        let trace = *position.entry(record.trace_id.clone()).or_insert_with(|| {
            traces.push(Vec::new());
            traces.len() - 1
        });
        traces[trace].push(record);
    }
    let (count, spans) = (traces.len(), traces.iter().map(Vec::len).sum());
    let lost = write_traces(&mut traces.into_iter(), true, format, path)?;
    Ok(Written { traces: count, spans, dropped_edges: 0, lost })
}

/// Writes traces and says what they lose by it. Without `has_starts` the starts of children are those of their roots.
fn write_traces(
    traces: &mut dyn Iterator<Item = Vec<SpanRecord>>,
    has_starts: bool,
    format: Format,
    path: &Path,
) -> Result<Vec<&'static str>, FormatError> {
    let mut lost = LostFacets::new(format.capabilities());
    let traces = &mut traces.inspect(|trace| lost.watch(trace));
    write_compressed(path, |out| format.codec().write(out, traces, has_starts))?;
    Ok(lost.names())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tracesmith_trace::{AttributeSets, Attributes, CorpusBuilder, Edge, Span, SpanKind, Status, Trace, Vocabulary, assemble};

    use super::*;
    use crate::all;
    use crate::testing::{
        by_service, in_whole_microseconds, in_whole_nanoseconds, read_file, records, round_trip, traces, with_written_codes,
    };

    fn corpus(ids: &[&str]) -> Corpus {
        let mut attributes = Attributes::default();
        attributes.insert("http.route", "/a").unwrap();
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["a", "b"]), true)
            .with_attribute_sets(AttributeSets::new([attributes]));
        for &id in ids {
            let span = |operation, start_us| Span {
                operation,
                start_us,
                duration_us: 2.25,
                status: Status::of_http(200),
                kind: SpanKind::Client,
                ..Span::default()
            };
            let spans = vec![span(0, 0.0), Span { attributes: 1, ..span(1, 0.125) }, span(0, 1.5)];
            let edges = [(0, 1), (0, 2), (1, 2)].map(|(parent, child)| Edge { parent, child });
            builder.push(Trace { id: id.into(), start_ns: 5_000_000_000, spans, edges: edges.into(), ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    #[test]
    fn a_written_corpus_reads_back_as_trees_in_every_format() {
        let folder = tempfile::tempdir().unwrap();
        for format in all() {
            for (ending, magic) in [("out", &[][..]), ("out.gz", &[0x1f, 0x8b]), ("out.zst", &[0x28, 0xb5, 0x2f, 0xfd])] {
                let path = folder.path().join(format!("{format}.{ending}"));
                let written = write_corpus(&corpus(&["t", "u"]), format, &path).unwrap();
                assert_eq!((written.traces, written.spans, written.dropped_edges), (2, 6, 2));
                assert_eq!(written.lost.contains(&"span kinds"), !format.capabilities().kinds);
                assert_eq!(written.lost.contains(&"attributes"), !format.capabilities().attributes);
                let (found, spans) = read_file(&path, None).unwrap();
                assert_eq!(found.format, format);
                assert!(std::fs::read(&path).unwrap().starts_with(magic));
                let tree = assemble(spans[..3].to_vec(), format.capabilities().has_starts()).unwrap();
                assert_eq!(tree.parents, [None, Some(0), Some(0)]);
                let routes: Vec<_> = tree.records.iter().filter_map(|record| record.attributes.get("http.route")).collect();
                assert_eq!(routes, vec!["/a"; usize::from(format.capabilities().attributes)]);
                assert_eq!(tree.records[0].span_id == "t", format == Format::EADRO_CSV);
            }
        }
    }

    #[test]
    fn the_same_corpus_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = |name| {
            let path = folder.path().join(name);
            write_corpus(&corpus(&["t"]), Format::NEZHA_CSV, &path).unwrap();
            std::fs::read(path).unwrap()
        };
        assert_eq!(bytes("one.gz"), bytes("two.gz"));
    }

    proptest! {
        #[test]
        fn a_chain_of_formats_changes_only_what_one_of_them_cannot_carry(traces in traces()) {
            prop_assume!(!traces.is_empty());
            let expected = by_service(in_whole_microseconds(in_whole_nanoseconds(with_written_codes(traces.concat()))));
            let chain = [Format::OTLP_PROTOBUF, Format::ZIPKIN_JSON, Format::OTLP_PROTOBUF_DELIMITED, Format::PARQUET, Format::JAEGER_JSON, Format::OTLP_JSON];
            let spans = chain.into_iter().fold(traces.concat(), |spans, format| round_trip(vec![spans], format));
            prop_assert_eq!(by_service(spans), expected);
        }
    }

    #[test]
    fn trace_ids_that_would_merge_traces_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for ids in [&["t", "t"][..], &[""]] {
            let failure = write_corpus(&corpus(ids), Format::EADRO_CSV, &folder.path().join("x.csv"));
            assert!(matches!(failure, Err(FormatError::TraceId { .. })), "{failure:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn scattered_records_are_grouped_by_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let mut scattered = records(3);
        scattered[1].trace_id = "other".into();
        let written = write_records(scattered, Format::JAEGER_JSON, &path).unwrap();
        assert_eq!(written, Written { traces: 2, spans: 3, dropped_edges: 0, lost: Vec::new() });
        let (_, spans) = read_file(&path, None).unwrap();
        assert_eq!(spans.iter().map(|span| span.span_id.as_str()).collect::<Vec<_>>(), ["0", "2", "1"]);
    }
}
