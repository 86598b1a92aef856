//! A row a trace, made of a row a span.

use std::collections::{HashMap, HashSet};

use polars::prelude::{
    DataFrame, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunkedBuilder, TimeUnit, TimeZone, UInt32Chunked,
};
use tracesmith_trace::Label;

use crate::{FrameError, category::CategoryBuilder, columns::Columns, label_columns::LabelColumns};

/// Columns of the trace table, in order.
///
/// | column | type | holds |
/// |---|---|---|
/// | `trace_id` | String | id of the trace |
/// | `root` | String | `service/operation` of the root, the first of several; null if there is none |
/// | `root_service` | Categorical | its service |
/// | `root_operation` | Categorical | its operation |
/// | `spans` | UInt32 | number of spans |
/// | `depth` | UInt32 | number of levels: 1 of a root alone |
/// | `start` | Datetime(ns, UTC) | start of the root |
/// | `duration_us` | Float64 | duration of the root in µs |
/// | `errors` | UInt32 | spans that failed: with the status code `error`, or an HTTP status of 500 or more |
/// | `services` | UInt32 | number of different services |
/// | `label`, `fault_kind`, `fault_service` | Categorical | as in the span table, of the first span |
pub const TRACE_COLUMNS: [&str; 13] = [
    "trace_id",
    "root",
    "root_service",
    "root_operation",
    "spans",
    "depth",
    "start",
    "duration_us",
    "errors",
    "services",
    "label",
    "fault_kind",
    "fault_service",
];

/// The traces of a span table, in the order in which they first appear: see [`TRACE_COLUMNS`]. The rows of a trace need not be neighbours.
///
/// # Errors
/// As [`crate::records`].
pub fn trace_table(spans: &DataFrame) -> Result<DataFrame, FrameError> {
    let columns = Columns::of(spans)?;
    let traces = rows_by_trace(&columns)?;
    let mut table = TraceTableBuilder::with_capacity(traces.len());
    for (trace_id, rows) in traces {
        table.push(trace_id, &TraceRow::of(&columns, &rows)?);
    }
    Ok(table.finish())
}

fn rows_by_trace(columns: &Columns) -> Result<Vec<(&str, Vec<usize>)>, FrameError> {
    let mut traces: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in 0..columns.rows {
        let trace_id = columns.trace_id(row)?;
        match traces.last_mut() {
            Some((last, rows)) if *last == trace_id => rows.push(row),
            _ => match places.get(trace_id) {
                Some(&place) => traces[place].1.push(row),
                None => {
                    places.insert(trace_id, traces.len());
                    traces.push((trace_id, vec![row]));
                }
            },
        }
    }
    Ok(traces)
}

/// What the rows of a trace say together.
struct TraceRow<'a> {
    root: Option<Root<'a>>,
    spans: usize,
    depth: usize,
    errors: usize,
    services: usize,
    label: Label,
}

struct Root<'a> {
    service: &'a str,
    operation: &'a str,
    start_ns: Option<i64>,
    duration_us: Option<f64>,
}

impl<'a> TraceRow<'a> {
    fn of(columns: &'a Columns, rows: &[usize]) -> Result<Self, FrameError> {
        let root = rows.iter().find(|&&row| columns.parent_id(row).is_none()).map(|&row| Root {
            service: columns.service(row),
            operation: columns.operation(row),
            start_ns: columns.start_ns(row),
            duration_us: Some(columns.duration_us(row)).filter(|duration| !duration.is_nan()),
        });
        let mut errors = 0;
        for &row in rows {
            errors += usize::from(columns.status(row)?.is_error());
        }
        let services: HashSet<&str> = rows.iter().map(|&row| columns.service(row)).collect();
        let label = rows.first().map_or(Ok(Label::Unknown), |&row| columns.label(row))?;
        Ok(Self { root, spans: rows.len(), depth: depth(columns, rows)?, errors, services: services.len(), label })
    }
}

/// Number of levels. A span whose parent is not among the rows is on the first one, and spans of a cycle are on none.
fn depth(columns: &Columns, rows: &[usize]) -> Result<usize, FrameError> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    for (place, &row) in rows.iter().enumerate() {
        places.insert(columns.span_id(row)?, place);
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut level = Vec::new();
    for (place, &row) in rows.iter().enumerate() {
        match columns.parent_id(row).and_then(|parent| places.get(parent)) {
            Some(&parent) => children[parent].push(place),
            None => level.push(place),
        }
    }
    let mut levels = 0;
    while !level.is_empty() {
        levels += 1;
        level = level.iter().flat_map(|&place| &children[place]).copied().collect();
    }
    Ok(levels)
}

struct TraceTableBuilder {
    trace_id: StringChunkedBuilder,
    root: StringChunkedBuilder,
    root_service: CategoryBuilder,
    root_operation: CategoryBuilder,
    spans: Vec<u32>,
    depth: Vec<u32>,
    start_ns: Vec<Option<i64>>,
    duration_us: Vec<Option<f64>>,
    errors: Vec<u32>,
    services: Vec<u32>,
    labels: LabelColumns,
}

impl TraceTableBuilder {
    fn with_capacity(rows: usize) -> Self {
        let text = |name: &str| StringChunkedBuilder::new(name.into(), rows);
        Self {
            trace_id: text("trace_id"),
            root: text("root"),
            root_service: CategoryBuilder::with_capacity(rows),
            root_operation: CategoryBuilder::with_capacity(rows),
            spans: Vec::with_capacity(rows),
            depth: Vec::with_capacity(rows),
            start_ns: Vec::with_capacity(rows),
            duration_us: Vec::with_capacity(rows),
            errors: Vec::with_capacity(rows),
            services: Vec::with_capacity(rows),
            labels: LabelColumns::with_capacity(rows),
        }
    }

    fn push(&mut self, trace_id: &str, trace: &TraceRow<'_>) {
        // A frame has fewer than 2³² rows.
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let root = trace.root.as_ref();
        self.trace_id.append_value(trace_id);
        self.root.append_option(root.map(|root| format!("{}/{}", root.service, root.operation)));
        self.root_service.push(root.map(|root| root.service));
        self.root_operation.push(root.map(|root| root.operation));
        self.spans.push(count(trace.spans));
        self.depth.push(count(trace.depth));
        self.start_ns.push(root.and_then(|root| root.start_ns));
        self.duration_us.push(root.and_then(|root| root.duration_us));
        self.errors.push(count(trace.errors));
        self.services.push(count(trace.services));
        self.labels.push(&trace.label);
    }

    fn finish(self) -> DataFrame {
        let counts = |name: &str, counts: Vec<u32>| UInt32Chunked::from_vec(name.into(), counts).into_column();
        let start = Int64Chunked::from_iter_options("start".into(), self.start_ns.into_iter());
        let mut columns = vec![
            self.trace_id.finish().into_column(),
            self.root.finish().into_column(),
            self.root_service.finish("root_service"),
            self.root_operation.finish("root_operation"),
            counts("spans", self.spans),
            counts("depth", self.depth),
            start.into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)).into_column(),
            Float64Chunked::from_iter_options("duration_us".into(), self.duration_us.into_iter()).into_column(),
            counts("errors", self.errors),
            counts("services", self.services),
        ];
        columns.extend(self.labels.finish());
        DataFrame::new_infer_height(columns).expect("a value a row and a name a column")
    }
}
