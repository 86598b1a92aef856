//! From spans to row groups.

use std::{
    io::{self, Write},
    sync::Arc,
};

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};
use tracesmith_trace::{
    Attributes, SpanRecord,
    span_table::{self, Column, Content},
};

/// Spans of a row group. They are in memory together.
const ROWS_A_GROUP: usize = 1 << 16;

/// Writes traces. Without `has_starts` only roots get a start.
pub(crate) fn write(out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, has_starts: bool) -> io::Result<()> {
    write_groups(out, traces, has_starts).map_err(|error| match error {
        ParquetError::External(source) => source.downcast::<io::Error>().map_or_else(io::Error::other, |source| *source),
        other => io::Error::other(other),
    })
}

fn write_groups(
    out: &mut (dyn Write + Send),
    traces: &mut dyn Iterator<Item = Vec<SpanRecord>>,
    has_starts: bool,
) -> Result<(), ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("tracesmith ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(span_table::VERSION_KEY.to_owned(), span_table::VERSION.to_string())]))
        .build();
    let mut file = SerializedFileWriter::new(out, Arc::new(parse_message_type(&schema())?), Arc::new(properties))?;
    let mut spans = traces.flatten().peekable();
    while spans.peek().is_some() {
        let rows: Vec<SpanRecord> = spans.by_ref().take(ROWS_A_GROUP).collect();
        write_group(file.next_row_group()?, &rows, has_starts)?;
    }
    file.close()?;
    Ok(())
}

/// The span table in Parquet's language of schemas.
fn schema() -> String {
    let field = |column: &Column| {
        let presence = if column.nullable { "optional" } else { "required" };
        let (physical, meaning) = match column.content {
            Content::Text | Content::Category => ("binary", " (STRING)"),
            Content::Number16 => ("int32", " (INTEGER(16,false))"),
            Content::Double => ("double", ""),
            Content::Time => ("int64", " (TIMESTAMP(NANOS,true))"),
        };
        format!("    {presence} {physical} {}{meaning};\n", column.name)
    };
    format!("message spans {{\n{}}}", span_table::COLUMNS.iter().map(field).collect::<String>())
}

/// Writes the columns in the order of the schema.
fn write_group<W: Write + Send>(
    mut group: SerializedRowGroupWriter<'_, W>,
    spans: &[SpanRecord],
    has_starts: bool,
) -> Result<(), ParquetError> {
    let start = |span: &SpanRecord| (has_starts || span.parent_id.is_none()).then_some(span.start_ns);
    let attributes = |span: &SpanRecord| (!span.attributes.is_empty()).then(|| json(&span.attributes));
    required::<ByteArrayType, _>(&mut group, spans, |span| text(&span.trace_id))?;
    required::<ByteArrayType, _>(&mut group, spans, |span| text(&span.span_id))?;
    optional::<ByteArrayType, _>(&mut group, spans, |span| span.parent_id.as_deref().map(text))?;
    required::<ByteArrayType, _>(&mut group, spans, |span| text(&span.service))?;
    required::<ByteArrayType, _>(&mut group, spans, |span| text(&span.operation))?;
    required::<ByteArrayType, _>(&mut group, spans, |span| text(span.kind.name()))?;
    required::<ByteArrayType, _>(&mut group, spans, |span| text(span.status.code.name()))?;
    optional::<Int32Type, _>(&mut group, spans, |span| span.status.http.map(Into::into))?;
    optional::<Int64Type, _>(&mut group, spans, start)?;
    required::<DoubleType, _>(&mut group, spans, |span| span.duration_us)?;
    for cell in 0..3 {
        optional::<ByteArrayType, _>(&mut group, spans, |span| span_table::label_cells(&span.label)[cell].map(text))?;
    }
    optional::<ByteArrayType, _>(&mut group, spans, attributes)?;
    group.close()?;
    Ok(())
}

fn text(text: &str) -> ByteArray {
    text.into()
}

fn json(attributes: &Attributes) -> ByteArray {
    let object: serde_json::Map<_, _> = attributes.iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string().into_bytes().into()
}

fn required<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    spans: &[SpanRecord],
    value: impl Fn(&SpanRecord) -> T::T,
) -> Result<(), ParquetError> {
    column::<T, W>(group, &spans.iter().map(value).collect::<Vec<_>>(), None)
}

fn optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    spans: &[SpanRecord],
    value: impl Fn(&SpanRecord) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = spans.iter().map(value).collect();
    let is_there: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    column::<T, W>(group, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&is_there))
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    is_there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("more columns than the schema has".to_owned()))?;
    column.typed::<T>().write_batch(values, is_there, None)?;
    column.close()
}
