use std::{io::Write, sync::Arc};

use parquet::{
    basic::{Compression, Encoding},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    file::{
        metadata::{KeyValue, ParquetMetaDataReader},
        properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use proptest::prelude::*;
use tracesmith_trace::{Fault, Label, SpanKind, SpanRecord, Status, StatusCode, span_table};

use super::*;
use crate::{
    Format, FormatError, ReadWarnings, Reading, UNKNOWN_OPERATION, UNKNOWN_SERVICE,
    testing::{read_counted, records, round_trip, traces},
};

/// Two rows of a column of another program's file; `None` is null.
enum Foreign {
    Text([Option<&'static str>; 2]),
    Long([Option<i64>; 2]),
    Int([Option<i32>; 2]),
    Double([Option<f64>; 2]),
}

use Foreign::{Double, Int, Long, Text};

/// The least that a file must have: a root and its child, as programs write them that allow null everywhere.
fn least() -> Vec<(&'static str, &'static str, Foreign)> {
    vec![
        ("trace_id", "binary trace_id (STRING)", Text([Some("t"), Some("t")])),
        ("span_id", "binary span_id (STRING)", Text([Some("a"), Some("b")])),
        ("parent_id", "binary parent_id (STRING)", Text([None, Some("a")])),
        ("service", "binary service (STRING)", Text([Some("web"), None])),
        ("operation", "binary operation (STRING)", Text([None, Some("find")])),
        ("duration_us", "double duration_us", Double([Some(2.5), None])),
    ]
}

fn with(columns: Vec<(&'static str, &'static str, Foreign)>) -> Vec<(&'static str, &'static str, Foreign)> {
    let is_replaced = |name: &str| columns.iter().any(|(other, ..)| *other == name);
    let mut all: Vec<_> = least().into_iter().filter(|(name, ..)| !is_replaced(name)).collect();
    all.extend(columns);
    all
}

fn file(columns: Vec<(&'static str, &'static str, Foreign)>, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let fields: String = columns
        .iter()
        .map(
            |(_, declaration, _)| {
                if declaration.ends_with('}') { format!("optional {declaration}\n") } else { format!("optional {declaration};\n") }
            },
        )
        .collect();
    let schema = parse_message_type(&format!("message schema {{ {fields} }}")).unwrap();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (.., cells) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        let levels = |there: [bool; 2]| there.map(i16::from);
        match cells {
            Text(cells) => {
                let values: Vec<ByteArray> = cells.into_iter().flatten().map(ByteArray::from).collect();
                column.typed::<ByteArrayType>().write_batch(&values, Some(&levels(cells.map(|cell| cell.is_some()))), None)
            }
            Long(cells) => {
                let values: Vec<i64> = cells.into_iter().flatten().collect();
                column.typed::<Int64Type>().write_batch(&values, Some(&levels(cells.map(|cell| cell.is_some()))), None)
            }
            Int(cells) => {
                let values: Vec<i32> = cells.into_iter().flatten().collect();
                column.typed::<Int32Type>().write_batch(&values, Some(&levels(cells.map(|cell| cell.is_some()))), None)
            }
            Double(cells) => {
                let values: Vec<f64> = cells.into_iter().flatten().collect();
                column.typed::<DoubleType>().write_batch(&values, Some(&levels(cells.map(|cell| cell.is_some()))), None)
            }
        }
        .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn read_foreign(columns: Vec<(&'static str, &'static str, Foreign)>) -> Result<(Reading, Vec<SpanRecord>), FormatError> {
    read_counted(&file(with(columns), WriterProperties::builder()), None)
}

fn error(columns: Vec<(&'static str, &'static str, Foreign)>) -> String {
    read_foreign(columns).unwrap_err().to_string()
}

/// A file of our own.
fn own(traces: Vec<Vec<SpanRecord>>, has_starts: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    write::write(&mut bytes, &mut traces.into_iter(), has_starts).unwrap();
    bytes
}

#[test]
fn nulls_and_missing_columns_have_a_meaning_that_is_counted() {
    let (reading, spans) = read_foreign(vec![]).unwrap();
    assert_eq!((reading.format, reading.has_starts), (Format::PARQUET, false));
    assert_eq!((spans[0].service.as_str(), spans[0].operation.as_str()), ("web", UNKNOWN_OPERATION));
    assert_eq!((spans[1].service.as_str(), spans[1].operation.as_str()), (UNKNOWN_SERVICE, "find"));
    assert_eq!((&spans[0].parent_id, spans[1].parent_id.as_deref()), (&None, Some("a")));
    assert_eq!((spans[0].duration_us, spans[1].duration_us.is_nan(), spans[0].start_ns), (2.5, true, 0));
    assert_eq!(reading.warnings, ReadWarnings { unnamed_services: 1, unnamed_operations: 1, ..ReadWarnings::default() });
}

#[test]
fn columns_of_other_types_are_read_and_others_not_looked_at() {
    let attributes = r#"{"http.route":"/a","rpc.grpc.status_code":14,"error":true,"http.url":"/a?b"}"#;
    let (reading, spans) = read_foreign(vec![
        ("start_ns", "int64 start_ns (TIMESTAMP(MICROS,true))", Long([Some(1_700_000_000_000_001), Some(1_700_000_000_000_002)])),
        ("duration_us", "int64 duration_us", Long([Some(7), Some(9)])),
        ("status", "double status", Double([Some(404.0), Some(f64::NAN)])),
        ("kind", "binary kind (ENUM)", Text([Some("SPAN_KIND_SERVER"), Some("jester")])),
        ("attributes", "binary attributes (JSON)", Text([None, Some(attributes)])),
        ("trace_state", "binary trace_state", Text([Some("\u{e9}"), None])),
    ])
    .unwrap();
    assert_eq!((spans[0].start_ns, spans[1].start_ns, reading.has_starts), (1_700_000_000_000_001_000, 1_700_000_000_000_002_000, true));
    assert_eq!((spans[0].duration_us, spans[0].status, spans[1].status), (7.0, Status::of_http(404), Status::ERROR));
    assert_eq!((spans[0].kind, spans[1].kind), (SpanKind::Server, SpanKind::Unspecified));
    let kept: Vec<_> = spans[1].attributes.iter().collect();
    assert_eq!((kept, spans[0].attributes.is_empty()), (vec![("http.route", "/a"), ("rpc.grpc.status_code", "14")], true));
    assert_eq!((reading.warnings.unknown_kinds, reading.warnings.other_attributes), (1, 1));
}

#[test]
fn every_compression_and_encoding_is_read() {
    let properties = || WriterProperties::builder();
    let no_dictionary = || properties().set_dictionary_enabled(false);
    let expected = read_foreign(vec![]).unwrap().1;
    let cases = [
        properties().set_compression(Compression::SNAPPY),
        properties().set_compression(Compression::GZIP(Default::default())),
        properties().set_compression(Compression::LZ4),
        properties().set_compression(Compression::LZ4_RAW),
        properties().set_compression(Compression::ZSTD(Default::default())).set_writer_version(WriterVersion::PARQUET_2_0),
        no_dictionary(),
        no_dictionary().set_writer_version(WriterVersion::PARQUET_2_0),
        no_dictionary().set_column_encoding("trace_id".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
        no_dictionary().set_column_encoding("duration_us".into(), Encoding::BYTE_STREAM_SPLIT),
    ];
    for properties in cases {
        let read = read_counted(&file(least(), properties), None).unwrap().1;
        assert_eq!(format!("{read:?}"), format!("{expected:?}"));
    }
}

#[test]
fn what_is_no_table_of_spans_is_said() {
    let mut bytes = file(least().into_iter().filter(|(name, ..)| *name != "parent_id").collect(), WriterProperties::builder());
    let missing = read_counted(&bytes, None).unwrap_err().to_string();
    assert!(missing.contains("no column \"parent_id\"; the columns are trace_id, span_id, service"), "{missing}");
    let cases = [
        (("trace_id", "int64 trace_id", Long([Some(1), Some(2)])), "column \"trace_id\" is INT64, expected a column of text"),
        (("duration_us", "int32 duration_us (DECIMAL(9,2))", Int([Some(1), None])), "column \"duration_us\" is INT32 (Decimal"),
        (("start_ns", "double start_ns", Double([Some(1.0), None])), "is DOUBLE, expected a column of 64-bit integers (ns) or timestamps"),
        (("attributes", "group attributes { optional binary json (STRING); }", Text([None, None])), "column \"attributes\" is nested"),
        (("span_id", "binary span_id (STRING)", Text([Some("a"), None])), "record 2: span_id is \"\", expected some text"),
        (
            ("attributes", "binary attributes (STRING)", Text([Some("[1]"), None])),
            "record 1: attributes is \"[1]\", expected a JSON object",
        ),
    ];
    for (column, message) in cases {
        let error = error(vec![column]);
        assert!(error.contains(message), "{error}");
    }
    let name = bytes.windows(3).position(|bytes| bytes == b"web").unwrap();
    bytes[name] = 0xff;
    assert!(read_counted(&bytes, Some(Format::PARQUET)).is_err());
    let prose = read_counted(b"once upon a time", Some(Format::PARQUET)).unwrap_err().to_string();
    assert!(prose.contains("it does not begin with PAR1"), "{prose}");
}

#[test]
fn statuses_that_are_none_are_counted() {
    for (status, counted) in [(-1, 1), (70_000, 1), (0, 0), (503, 0)] {
        let (reading, spans) = read_foreign(vec![("status", "int32 status", Int([Some(status), None]))]).unwrap();
        let expected = if status == 503 { Status::of_http(503) } else { Status::UNSET };
        assert_eq!((spans[0].status, reading.warnings.unknown_statuses), (expected, counted), "{status}");
    }
}

#[test]
fn both_parts_of_a_status_are_read_and_the_code_may_be_a_name_or_a_number_of_otlp() {
    let http = || ("http_status", "int32 http_status", Int([Some(200), None]));
    let codes = [
        ("status_code", "binary status_code (STRING)", Text([Some("STATUS_CODE_ERROR"), Some("Ok")])),
        ("status_code", "int64 status_code", Long([Some(2), Some(1)])),
    ];
    for code in codes {
        let (reading, spans) = read_foreign(vec![http(), code]).unwrap();
        assert_eq!((spans[0].status, spans[1].status), (Status { http: Some(200), code: StatusCode::Error }, Status::OK));
        assert!(reading.warnings.unknown_statuses == 0);
    }
    let (reading, spans) = read_foreign(vec![("status_code", "int64 status_code", Long([Some(14), None]))]).unwrap();
    assert_eq!((spans[0].status, reading.warnings.unknown_statuses), (Status::UNSET, 1));
}

#[test]
fn without_starts_only_roots_have_one_and_a_few_missing_ones_are_counted() {
    let mut trace = records(3);
    (trace[1].parent_id, trace[2].parent_id) = (Some("0".into()), Some("1".into()));
    trace.iter_mut().for_each(|span| span.start_ns = 7_000_000_000);
    let (reading, spans) = read_counted(&own(vec![trace.clone()], false), None).unwrap();
    assert_eq!((&spans, reading.has_starts, reading.warnings.is_nothing()), (&trace, false, true));
    let (reading, spans) = read_counted(&own(vec![trace.clone()], true), None).unwrap();
    assert_eq!((spans, reading.has_starts), (trace, true));
    let (reading, spans) = read_foreign(vec![
        ("trace_id", "binary trace_id (STRING)", Text([Some("t"), Some("u")])),
        ("start_ns", "int64 start_ns", Long([None, Some(5)])),
    ])
    .unwrap();
    assert_eq!((spans[0].start_ns, spans[1].start_ns, reading.has_starts, reading.warnings.missing_starts), (0, 5, true, 1));
}

#[test]
fn a_trace_may_be_larger_than_a_group_of_rows_and_scattered() {
    let mut spans = records(70_000);
    spans.iter_mut().step_by(2).for_each(|span| span.trace_id = "other".into());
    let (_, read) = read_counted(&own(vec![spans.clone()], true), None).unwrap();
    assert!(read == spans);
}

#[test]
fn a_file_that_is_cut_anywhere_gives_one_clear_error() {
    let whole = own(vec![records(3)], true);
    for length in 4..whole.len() {
        let error = read_counted(&whole[..length], None).unwrap_err().to_string();
        assert!(error.contains("this is no whole Parquet file") && !error.contains('\n'), "{length}: {error}");
    }
}

#[test]
fn a_file_with_any_byte_changed_gives_spans_or_an_error() {
    let whole = own(vec![records(3)], true);
    let mut failed = 0;
    for position in 4..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut broken = whole.clone();
            broken[position] ^= change;
            failed += usize::from(read_counted(&broken, None).is_err());
        }
    }
    assert!(failed > whole.len(), "{failed} of {} are noticed", 3 * whole.len());
}

#[test]
fn a_page_that_unpacks_to_too_much_is_refused() {
    let mut spans = records(1);
    spans[0].service = "0".repeat(130 << 20);
    let bytes = own(vec![spans], true);
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let error = read_counted(&bytes, None).unwrap_err().to_string();
    assert!(error.contains("bytes, and 134217728 are read"), "{error}");
}

#[test]
fn a_name_of_more_than_a_megabyte_is_refused() {
    let mut spans = records(2);
    spans[1].service = "é".repeat(600_000);
    let error = read_counted(&own(vec![spans], true), None).unwrap_err().to_string();
    assert!(error.contains("record 2: service is \"éé") && error.len() < 1000, "{error}");
}

#[test]
fn labels_and_faults_come_back_and_contradictions_are_counted() {
    let fault = Fault { kind: "cpu_load".into(), service: "cart".into() };
    let mut spans = records(3);
    for (span, label) in spans.iter_mut().zip([Label::Unknown, Label::Normal, Label::Abnormal(fault)]) {
        span.label = label;
    }
    assert_eq!(read_counted(&own(vec![spans.clone()], true), None).unwrap().1, spans);
    let label = ("label", "binary label (STRING)", Text([Some("normal"), Some("abnormal")]));
    let (reading, spans) = read_foreign(vec![label]).unwrap();
    assert_eq!((&spans[0].label, &spans[1].label, reading.warnings.unknown_labels), (&Label::Normal, &Label::Unknown, 1));
    let (reading, spans) = read_foreign(vec![("label", "int32 label", Int([Some(1), Some(0)]))]).unwrap();
    assert_eq!((&spans[0].label, reading.warnings.unknown_labels), (&Label::Unknown, 0));
}

#[test]
fn another_version_of_the_schema_is_an_error_and_none_is_not() {
    let versioned = |version: &str| {
        let entry = KeyValue::new(span_table::VERSION_KEY.to_owned(), version.to_owned());
        read_counted(&file(least(), WriterProperties::builder().set_key_value_metadata(Some(vec![entry]))), None)
    };
    assert!(versioned(&span_table::VERSION.to_string()).is_ok());
    for other in ["1", "3", "two"] {
        let error = versioned(other).unwrap_err().to_string();
        assert!(error.contains(&format!("version \"{other}\" of the schema, and this tracesmith reads version 2")), "{error}");
    }
}

#[test]
fn the_columns_are_those_of_the_span_table() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&own(vec![records(1)], true)).unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let schema = metadata.file_metadata().schema_descr();
    let names: Vec<_> = schema.columns().iter().map(|column| column.name().to_owned()).collect();
    assert_eq!(names, span_table::COLUMNS.map(|column| column.name));
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_spans(traces in traces()) {
        prop_assert_eq!(round_trip(traces.clone(), Format::PARQUET), traces.concat());
    }
}
