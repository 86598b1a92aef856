//! Reading a CSV table record by record, with bounded memory.

use std::path::Path;

use csv::StringRecord;

use crate::{
    FormatError, MAX_RECORD_BYTES,
    input::{Budget, Input, RecordLimit, budget_spent, read_error},
};

/// One row of a table, which knows where it stands.
pub(crate) struct Row<'a> {
    path: &'a Path,
    record: u64,
    columns: &'a [&'static str],
    fields: &'a StringRecord,
}

impl Row<'_> {
    /// Text of a column.
    pub fn text(&self, column: usize) -> &str {
        self.fields.get(column).unwrap_or_default()
    }

    /// Text of a column that must not be empty.
    pub fn required(&self, column: usize) -> Result<String, FormatError> {
        let text = self.text(column);
        if text.is_empty() { Err(self.wrong(column, "some text")) } else { Ok(text.to_owned()) }
    }

    /// A column as a number; `expected` says which.
    pub fn number<T: std::str::FromStr>(&self, column: usize, expected: &'static str) -> Result<T, FormatError> {
        self.text(column).trim().parse().map_err(|_| self.wrong(column, expected))
    }

    /// The error that a column is not `expected`.
    pub fn wrong(&self, column: usize, expected: &'static str) -> FormatError {
        let value = shortened(self.text(column));
        FormatError::Value { path: self.path.to_owned(), record: self.record, column: self.columns[column], value, expected }
    }
}

/// Calls `visit` with every row of a table that has exactly the columns `columns`.
pub(crate) fn read_rows(
    input: Input,
    format: &'static str,
    columns: &[&'static str],
    visit: &mut dyn FnMut(Row<'_>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let Input { path, reader } = input;
    // The CSV reader takes a buffer at a time: twice the limit refuses no record below it, and every record of twice its length.
    let budget = Budget::new(2 * MAX_RECORD_BYTES);
    let mut table = csv::ReaderBuilder::new().from_reader(RecordLimit::new(reader, budget.clone()));
    let header = table.headers().map_err(|error| table_error(&path, 0, error))?;
    if header.iter().map(str::trim).ne(columns.iter().copied()) {
        let found = shortened(&header.iter().collect::<Vec<_>>().join(","));
        return Err(FormatError::Columns { path, format, expected: columns.join(","), found });
    }
    let mut fields = StringRecord::new();
    for record in 1.. {
        budget.begin_record();
        if !table.read_record(&mut fields).map_err(|error| table_error(&path, record, error))? {
            break;
        }
        if fields.as_slice().len() > MAX_RECORD_BYTES {
            return Err(FormatError::RecordTooLong { path, record, limit: MAX_RECORD_BYTES });
        }
        visit(Row { path: &path, record, columns, fields: &fields })?;
    }
    Ok(())
}

fn table_error(path: &Path, record: u64, error: csv::Error) -> FormatError {
    let owned = path.to_owned();
    match error.into_kind() {
        csv::ErrorKind::Io(source) if budget_spent(&source).is_some() => {
            FormatError::RecordTooLong { path: owned, record, limit: MAX_RECORD_BYTES }
        }
        csv::ErrorKind::Io(source) => read_error(path, source),
        csv::ErrorKind::Utf8 { .. } => FormatError::NotUtf8 { path: owned, record },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            FormatError::FieldCount { path: owned, record, expected: expected_len, found: len }
        }
        other => FormatError::Read { path: owned, source: std::io::Error::other(format!("record {record}: {other:?}")) },
    }
}

/// At most 200 characters of a text that an error shows.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
