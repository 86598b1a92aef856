//! From spans to a frame.

use polars::prelude::{
    DataFrame, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunkedBuilder, TimeUnit, TimeZone, UInt32Chunked,
};
use tracesmith_trace::{Attributes, Corpus, Label, SpanKind, SpanRecord, Status, TraceRef, span_id, span_table};

use crate::{category::CategoryBuilder, label_columns::LabelColumns};

/// The span table of a corpus.
///
/// A span's id follows from the id of its trace and its place there, as in files; of several parents the earliest counts. Without measured
/// starts only roots have one.
pub fn span_table(corpus: &Corpus) -> DataFrame {
    let mut builder = SpanTableBuilder::with_capacity(corpus.span_count());
    corpus.traces().for_each(|trace| builder.push_trace(corpus, trace));
    builder.finish()
}

/// Collects spans into a span table.
pub struct SpanTableBuilder {
    trace_id: StringChunkedBuilder,
    span_id: StringChunkedBuilder,
    parent_id: StringChunkedBuilder,
    service: CategoryBuilder,
    operation: CategoryBuilder,
    kind: CategoryBuilder,
    status_code: CategoryBuilder,
    http_status: Vec<Option<u32>>,
    start_ns: Vec<Option<i64>>,
    duration_us: Vec<f64>,
    labels: LabelColumns,
    attributes: StringChunkedBuilder,
}

/// A row of the table.
struct Row<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    parent_id: Option<&'a str>,
    service: &'a str,
    operation: &'a str,
    span: SpanFacts,
    label: &'a Label,
    attributes: Option<&'a str>,
}

/// What a span has besides names.
struct SpanFacts {
    kind: SpanKind,
    status: Status,
    start_ns: Option<i64>,
    duration_us: f64,
}

impl Default for SpanTableBuilder {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl SpanTableBuilder {
    /// A table without rows, with room for some.
    pub fn with_capacity(rows: usize) -> Self {
        let text = |name: &str| StringChunkedBuilder::new(name.into(), rows);
        Self {
            trace_id: text(span_table::TRACE_ID),
            span_id: text(span_table::SPAN_ID),
            parent_id: text(span_table::PARENT_ID),
            service: CategoryBuilder::with_capacity(rows),
            operation: CategoryBuilder::with_capacity(rows),
            kind: CategoryBuilder::with_capacity(rows),
            status_code: CategoryBuilder::with_capacity(rows),
            http_status: Vec::with_capacity(rows),
            start_ns: Vec::with_capacity(rows),
            duration_us: Vec::with_capacity(rows),
            labels: LabelColumns::with_capacity(rows),
            attributes: text(span_table::ATTRIBUTES),
        }
    }

    /// Adds a span as a reader gives it. Without `has_starts` the start of a child is null.
    pub fn push(&mut self, span: &SpanRecord, has_starts: bool) {
        let SpanRecord { kind, status, start_ns, duration_us, .. } = *span;
        self.push_row(&Row {
            trace_id: &span.trace_id,
            span_id: &span.span_id,
            parent_id: span.parent_id.as_deref(),
            service: &span.service,
            operation: &span.operation,
            span: SpanFacts { kind, status, start_ns: (has_starts || span.parent_id.is_none()).then_some(start_ns), duration_us },
            label: &span.label,
            attributes: json(&span.attributes).as_deref(),
        });
    }

    fn push_trace(&mut self, corpus: &Corpus, trace: TraceRef<'_>) {
        let ids: Vec<String> = (0..trace.span_count()).map(|span| span_id(trace.id, span)).collect();
        for (span, parent) in trace.parents().into_iter().enumerate() {
            let facts = SpanFacts {
                kind: trace.kinds[span],
                status: trace.statuses[span],
                start_ns: (corpus.has_starts() || parent.is_none()).then(|| trace.span_start_ns(span)),
                duration_us: trace.durations_us[span],
            };
            self.push_row(&Row {
                trace_id: trace.id,
                span_id: &ids[span],
                parent_id: parent.map(|parent| ids[parent].as_str()),
                service: corpus.services().name(trace.services[span]),
                operation: corpus.operations().name(trace.operations[span]),
                span: facts,
                label: trace.label,
                attributes: trace.attributes.get(span).and_then(|&id| json(corpus.attribute_sets().get(id))).as_deref(),
            });
        }
    }

    fn push_row(&mut self, row: &Row<'_>) {
        let SpanFacts { kind, status, start_ns, duration_us } = row.span;
        self.trace_id.append_value(row.trace_id);
        self.span_id.append_value(row.span_id);
        self.parent_id.append_option(row.parent_id);
        self.service.push(Some(row.service));
        self.operation.push(Some(row.operation));
        self.kind.push(Some(kind.name()));
        self.status_code.push(Some(status.code.name()));
        self.http_status.push(status.http.map(u32::from));
        self.start_ns.push(start_ns);
        self.duration_us.push(duration_us);
        self.labels.push(row.label);
        self.attributes.append_option(row.attributes);
    }

    /// The table of all spans added.
    pub fn finish(self) -> DataFrame {
        let start = Int64Chunked::from_iter_options(span_table::START.into(), self.start_ns.into_iter());
        let mut columns = vec![
            self.trace_id.finish().into_column(),
            self.span_id.finish().into_column(),
            self.parent_id.finish().into_column(),
            self.service.finish(span_table::SERVICE),
            self.operation.finish(span_table::OPERATION),
            self.kind.finish(span_table::SPAN_KIND),
            self.status_code.finish(span_table::STATUS_CODE),
            UInt32Chunked::from_iter_options(span_table::HTTP_STATUS.into(), self.http_status.into_iter()).into_column(),
            start.into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)).into_column(),
            Float64Chunked::from_vec(span_table::DURATION_US.into(), self.duration_us).into_column(),
        ];
        columns.extend(self.labels.finish());
        columns.push(self.attributes.finish().into_column());
        DataFrame::new_infer_height(columns).expect("a value a row and a name a column")
    }
}

/// A JSON object of the attributes; `None` if there is none.
fn json(attributes: &Attributes) -> Option<String> {
    (!attributes.is_empty()).then(|| serde_json::to_string(attributes).expect("texts by texts are JSON"))
}
