//! The span table: how spans stand in a table, a row a span, in memory (crate `frame`) and in Parquet files alike.
//!
//! | column | content | null means |
//! |---|---|---|
//! | `trace_id`, `span_id` | text | never null |
//! | `parent_id` | text | a root |
//! | `service`, `operation` | text of few values | never null |
//! | `span_kind` | text of few values: [`crate::SpanKind::name`] | never null |
//! | `status_code` | text of few values: [`crate::StatusCode::name`] | never null |
//! | `http_status` | 16-bit unsigned integer | no HTTP status |
//! | `start` | time in ns since the Unix epoch, UTC | not measured |
//! | `duration_us` | double, in µs | never null; NaN for an unfinished span |
//! | `label` | text of few values: `normal` or `abnormal` | the state of the system is unknown |
//! | `fault_kind`, `fault_service` | text of few values | the trace is not abnormal |
//! | `attributes` | text: a JSON object of texts | no attributes |
//!
//! The label and the fault are those of the trace and equal in all its rows.

use crate::{Fault, Label};

/// Version of the schema. A table of another version is not read as one of this version; version 1 is what files without a version have.
pub const VERSION: u32 = 2;

/// Key of the version in a file's metadata.
pub const VERSION_KEY: &str = "tracesmith.schema";

/// Id of the trace.
pub const TRACE_ID: &str = "trace_id";
/// Id of the span.
pub const SPAN_ID: &str = "span_id";
/// Id of the parent.
pub const PARENT_ID: &str = "parent_id";
/// Name of the service.
pub const SERVICE: &str = "service";
/// Name of the operation.
pub const OPERATION: &str = "operation";
/// Name of the span kind.
pub const SPAN_KIND: &str = "span_kind";
/// Name of the status code.
pub const STATUS_CODE: &str = "status_code";
/// HTTP status.
pub const HTTP_STATUS: &str = "http_status";
/// Start.
pub const START: &str = "start";
/// Duration in µs.
pub const DURATION_US: &str = "duration_us";
/// State of the system.
pub const LABEL: &str = "label";
/// Kind of the fault.
pub const FAULT_KIND: &str = "fault_kind";
/// Service that the fault was injected into.
pub const FAULT_SERVICE: &str = "fault_service";
/// Attributes.
pub const ATTRIBUTES: &str = "attributes";

/// Value of [`LABEL`] in a trace of a system without a fault.
pub const NORMAL: &str = "normal";
/// Value of [`LABEL`] in a trace of a system with a fault.
pub const ABNORMAL: &str = "abnormal";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Any text.
    Text,
    /// Text of few values: a categorical, where a table has such.
    Category,
    /// 16-bit unsigned integers.
    Number16,
    /// 64-bit floating-point numbers.
    Double,
    /// Nanoseconds since the Unix epoch, UTC, in 64-bit integers.
    Time,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
    /// Whether a value may be missing.
    pub nullable: bool,
}

const fn column(name: &'static str, content: Content, nullable: bool) -> Column {
    Column { name, content, nullable }
}

/// The columns in their order.
pub const COLUMNS: [Column; 14] = [
    column(TRACE_ID, Content::Text, false),
    column(SPAN_ID, Content::Text, false),
    column(PARENT_ID, Content::Text, true),
    column(SERVICE, Content::Category, false),
    column(OPERATION, Content::Category, false),
    column(SPAN_KIND, Content::Category, false),
    column(STATUS_CODE, Content::Category, false),
    column(HTTP_STATUS, Content::Number16, true),
    column(START, Content::Time, true),
    column(DURATION_US, Content::Double, false),
    column(LABEL, Content::Category, true),
    column(FAULT_KIND, Content::Category, true),
    column(FAULT_SERVICE, Content::Category, true),
    column(ATTRIBUTES, Content::Text, true),
];

/// The values of [`LABEL`], [`FAULT_KIND`] and [`FAULT_SERVICE`] for a label.
pub fn label_cells(label: &Label) -> [Option<&str>; 3] {
    match label {
        Label::Unknown => [None; 3],
        Label::Normal => [Some(NORMAL), None, None],
        Label::Abnormal(fault) => [Some(ABNORMAL), Some(&fault.kind), Some(&fault.service)],
    }
}

/// The label of the values of [`LABEL`], [`FAULT_KIND`] and [`FAULT_SERVICE`]; `None` if they contradict each other or are no label.
pub fn label_of(label: Option<&str>, fault_kind: Option<&str>, fault_service: Option<&str>) -> Option<Label> {
    match (label, fault_kind, fault_service) {
        (None, None, None) => Some(Label::Unknown),
        (Some(NORMAL), None, None) => Some(Label::Normal),
        (Some(ABNORMAL), Some(kind), Some(service)) => Some(Label::Abnormal(Fault { kind: kind.to_owned(), service: service.to_owned() })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back_from_their_cells_and_contradictions_do_not() {
        let fault = Fault { kind: "cpu_load".into(), service: "cart".into() };
        for label in [Label::Unknown, Label::Normal, Label::Abnormal(fault)] {
            let [state, kind, service] = label_cells(&label);
            assert_eq!(label_of(state, kind, service), Some(label));
        }
        assert_eq!(label_of(Some("abnormal"), None, Some("cart")), None);
        assert_eq!(label_of(Some("normal"), Some("cpu_load"), None), None);
        assert_eq!(label_of(None, Some("cpu_load"), Some("cart")), None);
        assert_eq!(label_of(Some("ill"), None, None), None);
    }

    #[test]
    fn no_two_columns_have_one_name() {
        let mut names = COLUMNS.map(|column| column.name);
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
    }
}
