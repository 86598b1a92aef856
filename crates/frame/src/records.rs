//! From a frame back to spans.

use std::collections::HashMap;

use polars::prelude::DataFrame;
use tracesmith_trace::SpanRecord;

use crate::{FrameError, columns::Columns};

/// The spans of a frame, to be assembled and repaired as those of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// A span a row, in the order of the rows. A service or an operation without a name has an empty one, a duration that is not known is NaN.
    pub spans: Vec<SpanRecord>,
    /// Whether starts are measured: they are not if all spans but roots lack one.
    pub has_starts: bool,
    /// Spans without a start in a frame that has starts: they have that of the span before them in their trace, or 0.
    pub missing_starts: usize,
}

/// The spans of a span table of any origin.
///
/// # Errors
/// [`FrameError`] for a column that is missing or of a wrong type, a table of another version of the schema, and the first value that is
/// none.
pub fn records(frame: &DataFrame) -> Result<Records, FrameError> {
    let columns = Columns::of(frame)?;
    let mut spans = Vec::with_capacity(columns.rows);
    let mut last_starts: HashMap<&str, i64> = HashMap::new();
    let (mut children_with_start, mut missing) = (0, [0, 0]);
    for row in 0..columns.rows {
        let (trace_id, parent_id) = (columns.trace_id(row)?, columns.parent_id(row));
        let start_ns = columns.start_ns(row);
        match start_ns {
            Some(_) => children_with_start += usize::from(parent_id.is_some()),
            None => missing[usize::from(parent_id.is_some())] += 1,
        }
        let start_ns = start_ns.or_else(|| last_starts.get(trace_id).copied()).unwrap_or(0);
        last_starts.insert(trace_id, start_ns);
        spans.push(SpanRecord {
            trace_id: trace_id.to_owned(),
            span_id: columns.span_id(row)?.to_owned(),
            parent_id: parent_id.map(str::to_owned),
            service: columns.service(row).to_owned(),
            operation: columns.operation(row).to_owned(),
            start_ns,
            duration_us: columns.duration_us(row),
            status: columns.status(row)?,
            kind: columns.kind(row)?,
            label: columns.label(row)?,
            attributes: columns.attributes(row)?,
        });
    }
    let [roots_without_start, children_without_start] = missing;
    let has_starts = children_with_start > 0 || children_without_start == 0;
    Ok(Records { spans, has_starts, missing_starts: if has_starts { roots_without_start + children_without_start } else { 0 } })
}

#[cfg(test)]
mod tests {
    use polars::{df, prelude::*};
    use tracesmith_trace::{SpanKind, Status};

    use super::*;

    /// A root and its child, in the columns that must be there.
    fn least() -> DataFrame {
        df! {
            "trace_id" => ["t", "t"],
            "span_id" => ["a", "b"],
            "parent_id" => [None, Some("a")],
            "service" => [Some("web"), None],
            "operation" => ["/", "find"],
            "duration_us" => [7i64, 9],
        }
        .unwrap()
    }

    fn with(columns: impl IntoIterator<Item = Column>) -> DataFrame {
        let mut frame = least();
        for column in columns {
            frame.with_column(column).unwrap();
        }
        frame
    }

    #[test]
    fn the_columns_that_must_be_there_are_enough() {
        let Records { spans, has_starts, missing_starts } = records(&least()).unwrap();
        assert_eq!((has_starts, missing_starts, spans[1].parent_id.as_deref(), spans[1].service.as_str()), (false, 0, Some("a"), ""));
        assert_eq!((spans[0].duration_us, spans[0].status, spans[0].kind), (7.0, Status::UNSET, SpanKind::Unspecified));
    }

    #[test]
    fn columns_of_other_types_are_read() {
        let start = Column::new("start".into(), [Some(5i64), None]).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
        let duration = Column::new("duration_us".into(), [1500i64, 0]).cast(&DataType::Duration(TimeUnit::Nanoseconds)).unwrap();
        let http = Column::new("http_status".into(), [Some(404.0), None]);
        let Records { spans, has_starts, .. } = records(&with([start, duration, http])).unwrap();
        assert_eq!((spans[0].start_ns, spans[1].start_ns, spans[0].duration_us, has_starts), (5000, 5000, 1.5, false));
        assert_eq!((spans[0].status, spans[1].status), (Status::of_http(404), Status::UNSET));
    }

    #[test]
    fn what_is_no_span_table_is_said() {
        let error = |frame: &DataFrame| records(frame).unwrap_err().to_string();
        let missing = error(&least().drop("service").unwrap());
        assert!(missing.contains("no column `service`") && missing.contains("trace_id, span_id, parent_id, operation"), "{missing}");
        let old = error(&with([Column::new("status".into(), [200i64, 0])]));
        assert!(old.contains("`status`, so it is a span table of version 1, and this program reads version 2"), "{old}");
        let cases = [
            (
                Column::new("duration_us".into(), ["1", "2"]),
                "column `duration_us` is String, expected integers or floats (µs), or Duration",
            ),
            (Column::new("start".into(), [0.5, 1.5]), "column `start` is Float64, expected Datetime"),
            (Column::new("trace_id".into(), [1i64, 2]), "column `trace_id` is Int64, expected String, Categorical or Enum"),
            (Column::new("span_id".into(), [Some("a"), None]), "row 2: `span_id` is empty, expected some text"),
            (Column::new("span_kind".into(), ["server", "jester"]), "row 2: `span_kind` is \"jester\", expected unspecified, internal"),
            (Column::new("http_status".into(), [-1i64, 200]), "row 1: `http_status` is -1, expected an HTTP status"),
            (Column::new("label".into(), ["ill", "normal"]), "row 1: `label, fault_kind, fault_service` is ill, null, null"),
            (Column::new("attributes".into(), ["{}", "[1]"]), "row 2: `attributes` is \"[1]\", expected a JSON object"),
        ];
        for (column, message) in cases {
            let error = error(&with([column]));
            assert!(error.contains(message), "{error}");
        }
    }
}
