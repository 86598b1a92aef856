//! Every kind of broken file gives one error that says what is wrong and where, and never a panic.

#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use tracesmith_formats::{Format, FormatError, MAX_RECORD_BYTES, all, detect, read_spans, write_records};
use tracesmith_trace::SpanRecord;

const EADRO: &str = "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n";
const NEZHA: &str = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n";

const OTLP: &str = concat!(
    r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeSpans":[{"spans":[{"#,
    r#""traceId":"01020304050607080910111213141516","spanId":"0102030405060708","name":"o","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#
);
const ZIPKIN: &str = r#"{"traceId":"a","id":"b","name":"o","timestamp":1,"duration":1,"localEndpoint":{"serviceName":"s"}}"#;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn read(path: &Path, format: Option<Format>) -> Result<Vec<SpanRecord>, FormatError> {
    let mut spans = Vec::new();
    read_spans(path, format, &mut |span| {
        spans.push(span);
        Ok(())
    })?;
    Ok(spans)
}

/// Name, content, and what the error must say.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = "7,web,a,,a,1,0,GET,no_parent\n";
    let eadro = |rows: &str| format!("{EADRO}{rows}").into_bytes();
    let nezha = |rows: &str| format!("{NEZHA}{rows}").into_bytes();
    // Random-looking rows, so that the compressed form is long enough to be cut.
    let many: String =
        (0..20_000u64).map(|i| format!("7,web,{:x},,a,1,0,GET,no_parent\n", i.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let mut cut = gzip(&eadro(&many));
    cut.truncate(cut.len() / 2);
    let mut garbled = gzip(&eadro(&many));
    let middle = garbled.len() / 2;
    garbled[middle..middle + 64].fill(0xff);
    let mut latin = eadro(good);
    latin.extend(b"7,web,b,a,a,1,0,caf\xe9,web\n");
    let trace = r#"{"traceID":"t","spans":[{"traceID":"t","spanID":"a","operationName":"o","startTime":1,"duration":1,"processID":"p"}],"processes":{"p":{"serviceName":"s"}}}"#;
    vec![
        ("empty", vec![], "is empty"),
        ("empty.gz", gzip(b""), "is empty"),
        ("prose", b"once upon a time\nthere was".to_vec(), "in no known format: it starts with \"once upon a time\""),
        ("binary", vec![0, 159, 146, 150], "in no known format"),
        ("other-columns", b"time,service\n1,2\n".to_vec(), "in no known format: it starts with \"time,service\""),
        ("truncated.gz", cut, "truncated gzip"),
        ("magic-only.gz", vec![0x1f, 0x8b], "truncated gzip"),
        ("garbled.gz", garbled, "garbled.gz"),
        ("few-fields", eadro("7,web,a\n"), "record 1: 3 fields instead of 9"),
        ("many-fields", eadro(&format!("{good}{},x\n", good.trim())), "record 2: 10 fields instead of 9"),
        ("long-line", eadro(&format!("{good}7,{},a,,a,1,0,GET,no_parent\n", "x".repeat(10 << 20))), "record 2: longer than 1048576 bytes"),
        ("open-quote", eadro(&format!("7,\"web,a,,a,1,0,GET,no_parent\n{}", good.repeat(200_000))), "record 1: longer than 1048576 bytes"),
        ("long-header", vec![b'a'; 10 << 20], "in no known format"),
        ("latin-1", latin, "record 2: the text is not UTF-8"),
        ("duration", eadro("7,web,a,,a,slow,0,GET,no_parent\n"), "record 1: duration is \"slow\", expected a number of µs"),
        ("no-duration", eadro("7,web,a,,a,,0,GET,no_parent\n"), "record 1: duration is \"\""),
        ("timestamp", eadro("7.5,web,a,,a,1,0,GET,no_parent\n"), "record 1: timestamp is \"7.5\""),
        ("timestamp-overflow", eadro("9223372036854775807,web,a,,a,1,0,GET,no_parent\n"), "timestamp is \"9223372036854775807\""),
        ("status", eadro("7,web,a,,a,1,70000,GET,no_parent\n"), "status_code is \"70000\""),
        ("no-trace-id", eadro("7,web,a,,,1,0,GET,no_parent\n"), "trace_id is \"\", expected some text"),
        ("nezha-start", nezha("t,a,root,p-1-2,GET,soon,2,1\n"), "record 1: StartTimeUnixNano is \"soon\""),
        ("nezha-end", nezha("t,a,root,p-1-2,GET,1,never,1\n"), "record 1: EndTimeUnixNano is \"never\""),
        ("nezha-parent", nezha("t,a,,p-1-2,GET,1,2,1\n"), "record 1: ParentID is \"\""),
        ("half-json", format!("[{trace},\n{}", &trace[..40]).into_bytes(), "the JSON ends in the middle (line 2)"),
        ("half-json-line", format!("{trace}\n{}", &trace[..40]).into_bytes(), "the JSON ends in the middle (line 2)"),
        ("json-then-prose", format!("{trace} and more").into_bytes(), "expected value"),
        ("no-json", b"{traceID: 1}".to_vec(), "key must be a string at line 1 column 2"),
        ("json-latin-1", b"[{\"spans\":[{\"traceID\":\"\xe9\"}]}]".to_vec(), "invalid unicode"),
        ("deep-json", vec![b'['; 1 << 20], "recursion limit"),
        ("half-otlp", format!("{OTLP}\n{}", &OTLP[..150]).into_bytes(), "the JSON ends in the middle (line 2)"),
        ("otlp-metrics", br#"{"resourceMetrics":[]}"#.to_vec(), "has \"resourceMetrics\" and no `resourceSpans`"),
        (
            "otlp-base64-id",
            OTLP.replace("0102030405060708", "AQIDBAUGBwg=").into_bytes(),
            "the id \"AQIDBAUGBwg=0910111213141516\" is not hexadecimal",
        ),
        ("half-zipkin", format!("[{ZIPKIN},{}", &ZIPKIN[..40]).into_bytes(), "the JSON ends in the middle (line 1)"),
        ("zipkin-without-id", ZIPKIN.replace("\"id\":\"b\",", "").into_bytes(), "missing field `id`"),
        ("half-protobuf", vec![0x0a, 0x20, 0x0a, 0x03, 0x0a], "ends in the middle of message 1"),
        ("broken-protobuf", vec![0x0a, 0x04, 0x0a, 0x7f, 0x0a, 0x01], "message 1: this is no OTLP trace message"),
        ("cut.zst", zstd::encode_all(eadro(&many).as_slice(), 3).unwrap()[..4000].to_vec(), "truncated gzip or zstd"),
        ("magic-only.zst", vec![0x28, 0xb5, 0x2f, 0xfd], "truncated gzip or zstd"),
        ("cut.parquet", b"PAR1 and no more".to_vec(), "no whole Parquet file: its end is missing"),
        ("footer.parquet", [b"PAR1".as_slice(), &[0xff; 4], b"PAR1"].concat(), "it says that its footer has 4294967295 bytes"),
        ("zeros.parquet", [b"PAR1".as_slice(), &[0; 8], b"PAR1"].concat(), "no whole Parquet file"),
        ("empty.zst", zstd::encode_all(&b""[..], 3).unwrap(), "is empty"),
    ]
}

#[test]
fn every_broken_file_gives_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, message) in cases() {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = read(&path, None).expect_err(name).to_string();
        assert!(error.contains(message) && error.contains(name), "{name}: {error}");
        assert!(!error.contains('\n') && error.len() < 1000, "{name}: {error}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.csv");
    assert!(matches!(read(&missing, None), Err(FormatError::Open { .. })));
    assert!(matches!(detect(&missing), Err(FormatError::Open { .. })));
    assert!(matches!(read(folder.path(), None), Err(FormatError::Read { .. } | FormatError::Open { .. })));
}

#[test]
fn a_file_of_another_format_than_said_names_both_headers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, NEZHA).unwrap();
    let error = read(&path, Some(Format::EADRO_CSV)).unwrap_err().to_string();
    assert!(error.contains("the columns are \"TraceID,SpanID") && error.contains("eadro-csv has \"timestamp,service_name"), "{error}");
}

#[test]
fn a_record_just_below_the_limit_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    let name = "x".repeat(MAX_RECORD_BYTES - 100);
    std::fs::write(&path, format!("{EADRO}7,{name},a,,a,1,0,GET,no_parent\n")).unwrap();
    assert_eq!(read(&path, None).unwrap()[0].service, name);
}

#[test]
fn what_the_caller_refuses_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    for format in all() {
        let path: PathBuf = folder.path().join(format.name());
        let span = |id: &str| SpanRecord {
            trace_id: id.into(),
            span_id: id.into(),
            parent_id: None,
            service: "s".into(),
            operation: "o".into(),
            duration_us: 1.0,
            ..SpanRecord::default()
        };
        write_records([span(&"a".repeat(16)), span(&"b".repeat(16))], format, &path).unwrap();
        let mut visited = 0;
        let refused = read_spans(&path, None, &mut |span| {
            visited += 1;
            Err(FormatError::TraceId { id: span.trace_id })
        });
        assert!(matches!(refused, Err(FormatError::TraceId { id }) if id == "a".repeat(16)));
        assert_eq!(visited, 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_in_every_format() {
    let span = |i: usize| SpanRecord {
        trace_id: "t".into(),
        span_id: i.to_string(),
        parent_id: None,
        service: "s".into(),
        operation: "o".into(),
        duration_us: 1.0,
        ..SpanRecord::default()
    };
    for format in all() {
        let error = write_records((0..10_000).map(span), format, Path::new("/dev/full")).unwrap_err().to_string();
        assert!(error.contains("cannot write /dev/full: No space left on device"), "{error}");
    }
}

#[test]
fn a_bomb_of_one_endless_record_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let zeros = || {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        (0..160).for_each(|_| encoder.write_all(&[b'0'; 1 << 20]).unwrap());
        encoder.finish().unwrap()
    };
    for (name, start) in [
        ("jaeger.zst", "{\"traceID\":\"a\",\"spans\":[{\"traceID\":\"a\",\"spanID\":\""),
        ("zipkin.zst", "[{\"traceId\":\"a\",\"name\":\""),
        ("otlp.zst", "{\"resourceSpans\":[{\"resource\":null,\"scopeSpans\":[{\"spans\":[{\"name\":\""),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, [zstd::encode_all(start.as_bytes(), 3).unwrap(), zeros()].concat()).unwrap();
        let error = read(&path, None).unwrap_err().to_string();
        assert!(error.contains("message 1: longer than 67108864 bytes"), "{error}");
    }
}
