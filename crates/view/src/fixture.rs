//! Small traces for the tests.

use tracesmith_trace::{Corpus, CorpusBuilder, Edge, Span, Status, Trace, Vocabulary};

/// A span of a tree, with the position of its parent.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub parent: Option<usize>,
    pub operation: u32,
    pub start_us: f64,
    pub duration_us: f64,
    pub status: u16,
}

impl Node {
    pub fn root(duration_us: f64) -> Self {
        Self { parent: None, operation: 0, start_us: 0.0, duration_us, status: 0 }
    }

    pub fn below(parent: usize, duration_us: f64) -> Self {
        Self { parent: Some(parent), operation: 1, ..Self::root(duration_us) }
    }

    pub fn at(self, start_us: f64) -> Self {
        Self { start_us, ..self }
    }

    pub fn named(self, operation: u32) -> Self {
        Self { operation, ..self }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// Names that need care: markup, wide characters, control characters.
pub(crate) const OPERATIONS: [&str; 4] = ["GET /<a>&\"b\"", "GET /cart", "支払い/注文", "x\u{1b}[31m\ny"];

/// A trace of these spans; the service of a span is that of its operation.
pub(crate) fn tree(nodes: &[Node]) -> Trace {
    let span = |node: &Node| Span {
        service: u32::from(node.operation == 0),
        operation: OPERATIONS_IDS[node.operation as usize],
        start_us: node.start_us,
        duration_us: node.duration_us,
        status: Status::from_number(node.status),
        ..Span::default()
    };
    let edge = |(child, node): (usize, &Node)| node.parent.map(|parent| Edge { child: child as u32, parent: parent as u32 });
    Trace { spans: nodes.iter().map(span).collect(), edges: nodes.iter().enumerate().filter_map(edge).collect(), ..Trace::default() }
}

/// Ids of [`OPERATIONS`], which a vocabulary sorts.
const OPERATIONS_IDS: [u32; 4] = [0, 1, 3, 2];

/// A corpus of these traces, with the ids `t0`, `t1`, ….
pub(crate) fn corpus(traces: &[Trace], has_starts: bool) -> Corpus {
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["cart", "web"]), Vocabulary::new(OPERATIONS), has_starts);
    for (i, trace) in traces.iter().enumerate() {
        builder.push(Trace { id: format!("t{i}"), ..trace.clone() }).unwrap();
    }
    builder.finish()
}
