//! The attribute `root`.

use super::attribute::{TraceAttribute, Value};
use crate::{Corpus, TraceRef};

pub(super) const ROOT: TraceAttribute =
    TraceAttribute::new("root", "operation that the trace begins with, as OPERATION or SERVICE/OPERATION", Value::Spans(value));

fn value(corpus: &Corpus, trace: TraceRef<'_>) -> Vec<String> {
    let operation = corpus.operations().name(trace.operations[0]);
    vec![format!("{}/{operation}", corpus.services().name(trace.services[0])), operation.to_owned()]
}
