//! The columns of a frame that is read as a span table.

use polars::prelude::{ChunkApply, Column, DataFrame, DataType, Float64Chunked, Int64Chunked, NewChunkedArray, StringChunked, TimeUnit};
use tracesmith_trace::{
    Attributes, Label, SpanKind, Status, StatusCode,
    span_table::{self, label_of},
};

use crate::FrameError;

const TEXT: &str = "String, Categorical or Enum";
const NUMBER: &str = "integers or floats";
const DURATION: &str = "integers or floats (µs), or Duration";

/// A column of version 1 of the schema that no later one has.
const STATUS_OF_VERSION_1: &str = "status";

/// The columns, each of one type; `None` for one that is missing and may be.
pub(crate) struct Columns {
    pub rows: usize,
    trace_id: StringChunked,
    span_id: StringChunked,
    parent_id: StringChunked,
    service: StringChunked,
    operation: StringChunked,
    kind: Option<StringChunked>,
    status_code: Option<StringChunked>,
    http_status: Option<Float64Chunked>,
    start_ns: Option<Int64Chunked>,
    duration_us: Float64Chunked,
    label: Option<StringChunked>,
    fault_kind: Option<StringChunked>,
    fault_service: Option<StringChunked>,
    attributes: Option<StringChunked>,
}

impl Columns {
    pub fn of(frame: &DataFrame) -> Result<Self, FrameError> {
        if has(frame, STATUS_OF_VERSION_1) && !has(frame, span_table::STATUS_CODE) && !has(frame, span_table::HTTP_STATUS) {
            return Err(FrameError::Version { column: STATUS_OF_VERSION_1, version: 1 });
        }
        let text = |column| texts(required(frame, column)?, column);
        let optional_text = |column| optional(frame, column).map(|values| texts(values, column)).transpose();
        Ok(Self {
            rows: frame.height(),
            trace_id: text(span_table::TRACE_ID)?,
            span_id: text(span_table::SPAN_ID)?,
            parent_id: text(span_table::PARENT_ID)?,
            service: text(span_table::SERVICE)?,
            operation: text(span_table::OPERATION)?,
            kind: optional_text(span_table::SPAN_KIND)?,
            status_code: optional_text(span_table::STATUS_CODE)?,
            http_status: optional(frame, span_table::HTTP_STATUS)
                .map(|values| numbers(values, span_table::HTTP_STATUS, NUMBER))
                .transpose()?,
            start_ns: optional(frame, span_table::START).map(times_ns).transpose()?,
            duration_us: durations_us(required(frame, span_table::DURATION_US)?)?,
            label: optional_text(span_table::LABEL)?,
            fault_kind: optional_text(span_table::FAULT_KIND)?,
            fault_service: optional_text(span_table::FAULT_SERVICE)?,
            attributes: optional_text(span_table::ATTRIBUTES)?,
        })
    }

    pub fn trace_id(&self, row: usize) -> Result<&str, FrameError> {
        id(self.trace_id.get(row), row, span_table::TRACE_ID)
    }

    pub fn span_id(&self, row: usize) -> Result<&str, FrameError> {
        id(self.span_id.get(row), row, span_table::SPAN_ID)
    }

    /// `None` for a root.
    pub fn parent_id(&self, row: usize) -> Option<&str> {
        self.parent_id.get(row).filter(|parent| !parent.is_empty())
    }

    /// Empty where there is none.
    pub fn service(&self, row: usize) -> &str {
        self.service.get(row).unwrap_or_default()
    }

    /// Empty where there is none.
    pub fn operation(&self, row: usize) -> &str {
        self.operation.get(row).unwrap_or_default()
    }

    pub fn kind(&self, row: usize) -> Result<SpanKind, FrameError> {
        let expected = || SpanKind::ALL.map(SpanKind::name).join(", ");
        named(&self.kind, row, span_table::SPAN_KIND, SpanKind::parse, expected)
    }

    pub fn status(&self, row: usize) -> Result<Status, FrameError> {
        let expected = || StatusCode::ALL.map(StatusCode::name).join(", ");
        let code = named(&self.status_code, row, span_table::STATUS_CODE, StatusCode::parse, expected)?;
        let http = self.http_status.as_ref().and_then(|statuses| statuses.get(row)).filter(|status| !status.is_nan());
        let is_status = |status: f64| status.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&status);
        match http {
            Some(status) if !is_status(status) => Err(value(row, span_table::HTTP_STATUS, status, "an HTTP status such as 200")),
            // `as` is exact for what was checked.
            status => Ok(Status { http: status.map(|status| status as u16), code }),
        }
    }

    pub fn start_ns(&self, row: usize) -> Option<i64> {
        self.start_ns.as_ref()?.get(row)
    }

    /// NaN where it is not known.
    pub fn duration_us(&self, row: usize) -> f64 {
        self.duration_us.get(row).unwrap_or(f64::NAN)
    }

    pub fn label(&self, row: usize) -> Result<Label, FrameError> {
        let text = |texts: &'_ Option<StringChunked>| texts.as_ref().and_then(|texts| texts.get(row)).map(str::to_owned);
        let cells = [&self.label, &self.fault_kind, &self.fault_service].map(text);
        let [label, kind, service] = cells.each_ref().map(Option::as_deref);
        label_of(label, kind, service).ok_or_else(|| {
            let found = [label, kind, service].map(|cell| cell.unwrap_or("null")).join(", ");
            value(row, "label, fault_kind, fault_service", found, "null, null, null; normal, null, null; or abnormal with both")
        })
    }

    pub fn attributes(&self, row: usize) -> Result<Attributes, FrameError> {
        let Some(json) = self.attributes.as_ref().and_then(|attributes| attributes.get(row)) else { return Ok(Attributes::default()) };
        serde_json::from_str(json).map_err(|error| {
            value(row, span_table::ATTRIBUTES, format!("{json:?}"), format!("a JSON object of attributes that are kept ({error})"))
        })
    }
}

fn has(frame: &DataFrame, name: &str) -> bool {
    frame.schema().contains(name)
}

fn optional<'a>(frame: &'a DataFrame, column: &str) -> Option<&'a Column> {
    frame.column(column).ok()
}

fn required<'a>(frame: &'a DataFrame, column: &'static str) -> Result<&'a Column, FrameError> {
    optional(frame, column).ok_or_else(|| FrameError::MissingColumn {
        column,
        columns: frame.get_column_names().into_iter().map(ToString::to_string).collect(),
    })
}

fn wrong_type(values: &Column, column: &'static str, expected: &'static str) -> FrameError {
    FrameError::ColumnType { column, found: type_name(values.dtype()), expected }
}

/// A type in words that do not depend on its content: that of a Categorical lists its categories.
fn type_name(dtype: &DataType) -> String {
    format!("{dtype:?}").split(['(', '{']).next().unwrap_or_default().trim().to_owned()
}

fn value(row: usize, column: &'static str, found: impl ToString, expected: impl Into<String>) -> FrameError {
    FrameError::Value { row: row + 1, column, found: found.to_string(), expected: expected.into() }
}

fn id<'a>(id: Option<&'a str>, row: usize, column: &'static str) -> Result<&'a str, FrameError> {
    id.filter(|id| !id.is_empty()).ok_or_else(|| value(row, column, "empty", "some text"))
}

/// The value of a text; the default where there is none.
fn named<T: Default>(
    texts: &Option<StringChunked>,
    row: usize,
    column: &'static str,
    parse: fn(&str) -> Option<T>,
    expected: impl Fn() -> String,
) -> Result<T, FrameError> {
    let Some(text) = texts.as_ref().and_then(|texts| texts.get(row)) else { return Ok(T::default()) };
    parse(text).ok_or_else(|| value(row, column, format!("{text:?}"), expected()))
}

fn texts(values: &Column, column: &'static str) -> Result<StringChunked, FrameError> {
    let is_text = matches!(values.dtype(), DataType::String | DataType::Categorical(..) | DataType::Enum(..) | DataType::Null);
    let texts = || Some(values.cast(&DataType::String).ok()?.str().ok()?.rechunk().into_owned());
    is_text.then(texts).flatten().ok_or_else(|| wrong_type(values, column, TEXT))
}

fn numbers(values: &Column, column: &'static str, expected: &'static str) -> Result<Float64Chunked, FrameError> {
    let is_number = values.dtype().is_primitive_numeric() || *values.dtype() == DataType::Null;
    let numbers = || Some(values.cast(&DataType::Float64).ok()?.f64().ok()?.rechunk().into_owned());
    is_number.then(numbers).flatten().ok_or_else(|| wrong_type(values, column, expected))
}

fn integers(values: &Column) -> Option<Int64Chunked> {
    Some(values.cast(&DataType::Int64).ok()?.i64().ok()?.rechunk().into_owned())
}

fn times_ns(values: &Column) -> Result<Int64Chunked, FrameError> {
    let times = match values.dtype() {
        DataType::Datetime(unit, _) => integers(&values.to_physical_repr()).map(|times| scaled(times, ns_per(*unit))),
        dtype if dtype.is_integer() || *dtype == DataType::Null => integers(values),
        _ => None,
    };
    times.ok_or_else(|| wrong_type(values, span_table::START, "Datetime or integers (ns since the Unix epoch, UTC)"))
}

fn durations_us(values: &Column) -> Result<Float64Chunked, FrameError> {
    match values.dtype() {
        DataType::Duration(unit) => {
            let us = ns_per(*unit) as f64 / 1000.0;
            let durations = integers(&values.to_physical_repr()).ok_or_else(|| wrong_type(values, span_table::DURATION_US, DURATION))?;
            Ok(Float64Chunked::from_iter_options(span_table::DURATION_US.into(), durations.iter().map(|d| d.map(|d| d as f64 * us))))
        }
        _ => numbers(values, span_table::DURATION_US, DURATION),
    }
}

fn ns_per(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Microseconds => 1000,
        TimeUnit::Milliseconds => 1_000_000,
    }
}

fn scaled(times: Int64Chunked, factor: i64) -> Int64Chunked {
    if factor == 1 { times } else { times.apply_values(|time| time.saturating_mul(factor)) }
}
