//! From row groups to spans.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use parquet::{
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
};
use tracesmith_trace::{SpanRecord, span_table};

use super::{
    broken::broken,
    column::{Cells, Column, Values},
    field::Field,
    pages::{Pages, check_footer, file_of},
    rows::{Batch, Reader},
};
use crate::{FormatError, ReadWarnings, input::Input, table::shortened};

/// Rows that are read at once.
const ROWS_A_BATCH: usize = 1024;

/// Reads a file; says what was warnings, and whether starts are measured.
pub(crate) fn read(
    input: Input,
    visit: &mut dyn FnMut(SpanRecord) -> Result<(), FormatError>,
) -> Result<(ReadWarnings, bool), FormatError> {
    let path = input.path.clone();
    let mut file = file_of(input)?;
    check_footer(&path, &mut file)?;
    let metadata = guarded(&path, || ParquetMetaDataReader::new().parse_and_finish(&file))?;
    check_version(&path, &metadata)?;
    let columns = Columns::find(&path, &metadata)?;
    let file = Arc::new(Pages(file));
    let mut reader = Reader::new(&path);
    for group in metadata.row_groups() {
        columns.read(&path, &file, group, |batch| reader.visit(&batch, visit))?;
    }
    Ok(reader.finish())
}

/// Whether the schema is one that is read: of the version that is written, or of none.
fn check_version(path: &Path, metadata: &ParquetMetaData) -> Result<(), FormatError> {
    let entries = metadata.file_metadata().key_value_metadata();
    let version = entries.into_iter().flatten().find(|entry| entry.key == span_table::VERSION_KEY).and_then(|entry| entry.value.as_deref());
    match version {
        Some(found) if found != span_table::VERSION.to_string() => {
            Err(FormatError::SchemaVersion { path: path.to_owned(), found: shortened(found), expected: span_table::VERSION })
        }
        _ => Ok(()),
    }
}

/// The columns that a file has, in the order of [`Field::ALL`].
struct Columns(Vec<Option<Column>>);

impl Columns {
    fn find(path: &Path, metadata: &ParquetMetaData) -> Result<Self, FormatError> {
        let schema = metadata.file_metadata().schema_descr();
        let find = |field: Field| {
            let column = match Column::find(path, schema, field) {
                Err(FormatError::ColumnType { .. }) if field.may_mean_something_else() => None,
                found => found?,
            };
            if column.is_none() && !field.may_be_missing() {
                let names: Vec<_> = schema.root_schema().get_fields().iter().map(|field| field.name()).collect();
                return Err(FormatError::MissingColumn {
                    path: path.to_owned(),
                    column: field.name(),
                    found: shortened(&names.join(", ")),
                });
            }
            column.iter().try_for_each(|column| column.check(path, metadata))?;
            Ok(column)
        };
        Field::ALL.into_iter().map(find).collect::<Result<_, _>>().map(Self)
    }

    /// Calls `visit` with the rows of a group, some at a time.
    fn read(
        &self,
        path: &Path,
        file: &Arc<Pages>,
        group: &RowGroupMetaData,
        mut visit: impl FnMut(Batch) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let open = |column: &Option<Column>| column.as_ref().map(|column| column.open(file, group)).transpose();
        let mut values: Vec<Option<Values>> = guarded(path, || self.0.iter().map(open).collect())?;
        let mut left = usize::try_from(group.num_rows()).unwrap_or(0);
        while left > 0 {
            let rows = left.min(ROWS_A_BATCH);
            let read = |values: &mut Option<Values>| values.as_mut().map(|values| values.read(rows)).transpose();
            let cells = guarded(path, || values.iter_mut().map(read).collect::<Result<Vec<Option<Cells>>, _>>())?;
            visit(Batch { rows, cells })?;
            left -= rows;
        }
        Ok(())
    }
}

/// What the library makes of a file. It takes some things for granted that a broken file need not have, a dictionary before its codes for
/// example, and panics then; nothing of it is used afterwards.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, FormatError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| broken(path, &error.to_string())),
        Err(_) => Err(broken(path, "its parts contradict each other")),
    }
}
