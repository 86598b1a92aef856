//! Corpora for the tests of the tables.

use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Span, SpanKind, Status, Trace, Vocabulary};

/// Label and parent of every span.
pub type LabelledTree<'a> = &'a [(u32, Option<usize>)];

/// Trees with label i = (service 0, operation i); span i starts at 10 i µs and lasts 100 − i µs.
pub fn corpus(trees: &[LabelledTree]) -> Corpus {
    let operations = Vocabulary::new((0..4).map(|operation| operation.to_string()));
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["service"]), operations, true);
    for tree in trees {
        let span = |(i, &(operation, _)): (usize, &(u32, Option<usize>))| Span {
            service: 0,
            operation,
            start_us: 10.0 * i as f64,
            duration_us: 100.0 - i as f64,
            status: Status::UNSET,
            kind: SpanKind::Server,
            attributes: 0,
        };
        let edge = |(child, &(_, parent)): (usize, &(u32, Option<usize>))| Some(Edge { parent: parent? as u32, child: child as u32 });
        let (spans, edges) = (tree.iter().enumerate().map(span).collect(), tree.iter().enumerate().filter_map(edge).collect());
        builder.push(Trace { spans, edges, ..Trace::default() }).unwrap();
    }
    builder.finish()
}
