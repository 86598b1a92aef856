//! Columns that are looked for, and their values batch by batch.

use std::{path::Path, sync::Arc};

use parquet::{
    basic::{Compression, ConvertedType, LogicalType, TimeUnit, Type as Physical},
    column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
    },
    schema::types::SchemaDescriptor,
};

use super::{
    broken::broken,
    field::{Content, Field},
    pages::Pages,
};
use crate::FormatError;

/// Values of some rows of a column; `None` is null.
pub(super) enum Cells {
    Texts(Vec<Option<ByteArray>>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
}

/// A column of the schema that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    place: usize,
    /// By how much a time is multiplied to give ns.
    scale: i64,
}

impl Column {
    /// The column of a field, if there is one.
    pub fn find(path: &Path, schema: &SchemaDescriptor, field: Field) -> Result<Option<Self>, FormatError> {
        let content = field.content();
        let named =
            |&name: &&'static str| schema.root_schema().get_fields().iter().find(|field| field.name() == name).map(|found| (name, found));
        let Some((name, field)) = field.names().iter().find_map(named) else { return Ok(None) };
        let wrong = |found: String, expected| FormatError::ColumnType { path: path.to_owned(), column: name, found, expected };
        let leaf = (0..schema.num_columns()).find(|&place| schema.column(place).path().parts() == [name]);
        let Some(place) = leaf.filter(|&place| schema.column(place).max_rep_level() == 0) else {
            return Err(wrong("nested".to_owned(), content.expected()));
        };
        let scale = scale(field.get_basic_info().logical_type_ref(), field.get_basic_info().converted_type());
        match scale.filter(|&scale| content.allows(schema.column(place).physical_type(), scale)) {
            Some(scale) => Ok(Some(Self { name, place, scale: scale.max(1) })),
            None => Err(wrong(described(field), content.expected())),
        }
    }

    /// Whether the rows of a group can be read: a broken file may say anything, and the library takes some of it for granted.
    pub fn check(&self, path: &Path, metadata: &ParquetMetaData) -> Result<(), FormatError> {
        for group in metadata.row_groups() {
            let Some(chunk) = group.columns().get(self.place) else {
                return Err(broken(path, "a group of rows has fewer columns than the file"));
            };
            let offsets = [chunk.dictionary_page_offset().unwrap_or(0), chunk.data_page_offset(), chunk.compressed_size()];
            if offsets.iter().any(|&offset| offset < 0) {
                return Err(broken(path, &format!("column {:?} is at no place that can be", self.name)));
            }
            if !matches!(
                chunk.compression(),
                Compression::UNCOMPRESSED
                    | Compression::SNAPPY
                    | Compression::GZIP(_)
                    | Compression::ZSTD(_)
                    | Compression::LZ4
                    | Compression::LZ4_RAW
            ) {
                let found = format!("compressed with {}", chunk.compression());
                let expected = "snappy, zstd, gzip, LZ4 or no compression";
                return Err(FormatError::ColumnType { path: path.to_owned(), column: self.name, found, expected });
            }
        }
        Ok(())
    }

    /// The reader of its values in a row group.
    pub fn open(&self, file: &Arc<Pages>, group: &RowGroupMetaData) -> Result<Values, ParquetError> {
        let chunk = group.column(self.place);
        let rows = usize::try_from(group.num_rows()).map_err(|_| ParquetError::General("a group of rows has less than none".to_owned()))?;
        let pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None)?;
        let nullable = chunk.column_descr().max_def_level() > 0;
        Ok(Values { reader: get_column_reader(chunk.column_descr_ptr(), Box::new(pages)), nullable, scale: self.scale })
    }
}

impl Content {
    fn expected(self) -> &'static str {
        match self {
            Self::Text => "a column of text",
            Self::Time => "a column of 64-bit integers (ns) or timestamps",
            Self::Number => "a column of floating-point numbers or integers",
            Self::TextOrNumber => "a column of text or of integers",
        }
    }

    /// Whether values of a type with this scale (0: no time) can be taken.
    fn allows(self, physical: Physical, scale: i64) -> bool {
        match self {
            Self::Text => physical == Physical::BYTE_ARRAY && scale == 0,
            Self::Time => physical == Physical::INT64,
            Self::Number => matches!(physical, Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE) && scale == 0,
            Self::TextOrNumber => Self::Text.allows(physical, scale) || Self::Number.allows(physical, scale),
        }
    }
}

/// What the annotation of a type makes of its values: 0 for what is nothing but a number or a text, ns for a time; `None` for what would be
/// misread.
fn scale(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<i64> {
    match (logical, converted) {
        (Some(LogicalType::Timestamp(timestamp)), _) => Some(match timestamp.unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1000,
            TimeUnit::NANOS => 1,
        }),
        (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json | LogicalType::Integer { .. }), _) => Some(0),
        (Some(_), _) => None,
        (None, ConvertedType::TIMESTAMP_MILLIS) => Some(1_000_000),
        (None, ConvertedType::TIMESTAMP_MICROS) => Some(1000),
        (None, ConvertedType::DECIMAL | ConvertedType::DATE | ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => None,
        (None, ConvertedType::INTERVAL | ConvertedType::BSON) => None,
        (None, _) => Some(0),
    }
}

fn described(field: &parquet::schema::types::Type) -> String {
    let info = field.get_basic_info();
    let meaning = match (info.logical_type_ref(), info.converted_type()) {
        (Some(logical), _) => format!(" ({logical:?})"),
        (None, ConvertedType::NONE) => String::new(),
        (None, converted) => format!(" ({converted})"),
    };
    format!("{}{meaning}", field.get_physical_type())
}

/// The values of a column within a row group.
pub(super) struct Values {
    reader: ColumnReader,
    nullable: bool,
    scale: i64,
}

impl Values {
    /// The next `rows` values.
    pub fn read(&mut self, rows: usize) -> Result<Cells, ParquetError> {
        let Self { reader, nullable, scale } = self;
        let (nullable, scale) = (*nullable, *scale);
        Ok(match reader {
            ColumnReader::ByteArrayColumnReader(reader) => Cells::Texts(typed(reader, rows, nullable, |text| text)?),
            ColumnReader::Int64ColumnReader(reader) => Cells::Integers(typed(reader, rows, nullable, |time| time.saturating_mul(scale))?),
            ColumnReader::Int32ColumnReader(reader) => Cells::Integers(typed(reader, rows, nullable, i64::from)?),
            ColumnReader::FloatColumnReader(reader) => Cells::Numbers(typed(reader, rows, nullable, f64::from)?),
            ColumnReader::DoubleColumnReader(reader) => Cells::Numbers(typed(reader, rows, nullable, |number| number)?),
            // `Content::allows` has refused them.
            _ => return Err(ParquetError::General("a column of a type that is not read".to_owned())),
        })
    }
}

fn typed<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    nullable: bool,
    convert: impl Fn(T::T) -> V,
) -> Result<Vec<Option<V>>, ParquetError> {
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (read, ..) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    if read < rows {
        return Err(ParquetError::General("a column has fewer rows than its group".to_owned()));
    }
    let mut values = values.into_iter().map(convert);
    Ok(if nullable {
        levels.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect()
    } else {
        values.map(Some).collect()
    })
}
