//! From the cells of rows to spans.

use std::path::{Path, PathBuf};

use parquet::data_type::AsBytes;
use serde_json::{Map, Value};
use tracesmith_trace::{Label, SpanKind, SpanRecord, Status, StatusCode, span_table};

use super::{column::Cells, field::Field};
use crate::{
    FormatError, MAX_RECORD_BYTES, ReadWarnings,
    table::shortened,
    tags::{Meaning, TagSigns, text_of},
};

/// Some rows of all columns.
pub(super) struct Batch {
    pub rows: usize,
    /// In the order of [`Field::ALL`].
    pub cells: Vec<Option<Cells>>,
}

impl Batch {
    fn bytes(&self, field: Field, row: usize) -> Option<&[u8]> {
        match self.cells[field as usize].as_ref()? {
            Cells::Texts(texts) => texts[row].as_ref().map(AsBytes::as_bytes),
            _ => None,
        }
    }

    fn integer(&self, field: Field, row: usize) -> Option<i64> {
        match self.cells[field as usize].as_ref()? {
            Cells::Integers(integers) => integers[row],
            _ => None,
        }
    }

    fn number(&self, field: Field, row: usize) -> Option<f64> {
        match self.cells[field as usize].as_ref()? {
            Cells::Numbers(numbers) => numbers[row],
            _ => self.integer(field, row).map(|integer| integer as f64),
        }
    }
}

/// The number of a field: `None` for null and 0, `Some(None)` for one that is no 16-bit integer.
fn number16(batch: &Batch, field: Field, row: usize) -> Option<Option<u16>> {
    // Programs without integers that may be null make floating-point numbers of them, and NaN of null.
    let number = batch.number(field, row).filter(|number| !number.is_nan() && *number != 0.0)?;
    let is_one = number.fract() == 0.0 && (1.0..=f64::from(u16::MAX)).contains(&number);
    Some(is_one.then_some(number as u16))
}

/// Makes spans of rows.
pub(super) struct Reader<'a> {
    path: &'a Path,
    /// Number of the current row, from 1.
    record: u64,
    warnings: ReadWarnings,
    /// Trace and start of the last span that has a start.
    last_start: Option<(String, i64)>,
    child_has_start: bool,
    child_lacks_start: bool,
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path) -> Self {
        let warnings = ReadWarnings::default();
        Self { path, record: 0, warnings, last_start: None, child_has_start: false, child_lacks_start: false }
    }

    /// Hands on the spans of some rows.
    pub fn visit(&mut self, batch: &Batch, visit: &mut dyn FnMut(SpanRecord) -> Result<(), FormatError>) -> Result<(), FormatError> {
        for row in 0..batch.rows {
            self.record += 1;
            let span = self.span(batch, row)?;
            visit(span)?;
        }
        Ok(())
    }

    /// What was warnings, and whether starts are measured: they are not if all spans but roots lack one.
    pub fn finish(self) -> (ReadWarnings, bool) {
        let has_starts = self.child_has_start || !self.child_lacks_start;
        let missing_starts = if has_starts { self.warnings.missing_starts } else { 0 };
        (ReadWarnings { missing_starts, ..self.warnings }, has_starts)
    }

    fn span(&mut self, batch: &Batch, row: usize) -> Result<SpanRecord, FormatError> {
        let mut signs = self.signs(batch, row)?;
        self.see_status(batch, row, &mut signs)?;
        let Meaning { kind, status, attributes } = signs.conclude(&mut self.warnings);
        let trace_id = self.id(batch, Field::TraceId, row)?;
        let parent_id = self.text(batch, Field::ParentId, row)?;
        let start_ns = self.start_ns(batch, row, &trace_id, parent_id.is_some());
        let (service, operation) = (self.text(batch, Field::Service, row)?, self.text(batch, Field::Operation, row)?);
        Ok(SpanRecord {
            span_id: self.id(batch, Field::SpanId, row)?,
            parent_id,
            service: self.warnings.service(service),
            operation: self.warnings.operation(operation),
            start_ns,
            duration_us: batch.number(Field::Duration, row).unwrap_or(f64::NAN),
            status,
            kind,
            attributes,
            trace_id,
            label: self.label(batch, row)?,
        })
    }

    /// What the columns of kind and attributes say.
    fn signs(&self, batch: &Batch, row: usize) -> Result<TagSigns, FormatError> {
        let mut signs = TagSigns::default();
        if let Some(json) = self.text(batch, Field::Attributes, row)? {
            let object: Map<String, Value> =
                serde_json::from_str(&json).map_err(|_| self.wrong(Field::Attributes, &json, "a JSON object"))?;
            object.iter().for_each(|(key, value)| signs.see(key, || text_of(value)));
        }
        if let Some(kind) = self.text(batch, Field::Kind, row)? {
            signs.see_kind(SpanKind::parse(&kind));
        }
        Ok(signs)
    }

    /// Takes what the columns of the status say, the two of today and the one of the first version.
    fn see_status(&self, batch: &Batch, row: usize, signs: &mut TagSigns) -> Result<(), FormatError> {
        if let Some(code) = self.text(batch, Field::StatusCode, row)? {
            signs.see_code(StatusCode::parse(&code));
        }
        if let Some(number) = number16(batch, Field::StatusCode, row) {
            signs.see_code(number.and_then(|number| StatusCode::from_number(number.into())));
        }
        for field in [Field::HttpStatus, Field::Status] {
            match number16(batch, field, row).map(|number| number.map(Status::from_number)) {
                None => {}
                Some(None) => signs.see_unknown_status(),
                Some(Some(Status { http: Some(http), .. })) => signs.see_http(http),
                Some(Some(Status { http: None, code })) => signs.see_code(Some(code)),
            }
        }
        Ok(())
    }

    /// The label; one that contradicts itself is counted, and unknown.
    fn label(&mut self, batch: &Batch, row: usize) -> Result<Label, FormatError> {
        let [state, kind, service] = [Field::Label, Field::FaultKind, Field::FaultService].map(|field| self.text(batch, field, row));
        let label = span_table::label_of(state?.as_deref(), kind?.as_deref(), service?.as_deref());
        self.warnings.unknown_labels += usize::from(label.is_none());
        Ok(label.unwrap_or_default())
    }

    fn start_ns(&mut self, batch: &Batch, row: usize, trace_id: &str, is_child: bool) -> i64 {
        let start = batch.integer(Field::Start, row);
        self.child_has_start |= is_child && start.is_some();
        self.child_lacks_start |= is_child && start.is_none();
        self.warnings.missing_starts += usize::from(start.is_none());
        match (start, &mut self.last_start) {
            (Some(start), Some((last, last_start))) if last == trace_id => *last_start = start,
            (Some(start), last) => *last = Some((trace_id.to_owned(), start)),
            (None, Some((last, last_start))) if last == trace_id => return *last_start,
            (None, _) => return 0,
        }
        start.unwrap_or_default()
    }

    fn id(&self, batch: &Batch, field: Field, row: usize) -> Result<String, FormatError> {
        self.text(batch, field, row)?.ok_or_else(|| self.wrong(field, "", "some text"))
    }

    /// A text; an empty one is none.
    fn text(&self, batch: &Batch, field: Field, row: usize) -> Result<Option<String>, FormatError> {
        let Some(bytes) = batch.bytes(field, row).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
        if bytes.len() > MAX_RECORD_BYTES {
            let start = String::from_utf8_lossy(&bytes[..1000]);
            return Err(self.wrong(field, &start, "at most 1048576 bytes"));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(FormatError::NotUtf8 { path: self.path.to_owned(), record: self.record }),
        }
    }

    fn wrong(&self, field: Field, value: &str, expected: &'static str) -> FormatError {
        let path: PathBuf = self.path.to_owned();
        FormatError::Value { path, record: self.record, column: field.name(), value: shortened(value), expected }
    }
}
