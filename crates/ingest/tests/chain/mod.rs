//! Spans that go through one format after the other.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use tracesmith_formats::{Format, read_spans, write_records};
use tracesmith_trace::SpanRecord;

const CHAIN: [(&str, Format); 4] = [
    ("a.pb.zst", Format::OTLP_PROTOBUF),
    ("b.json.gz", Format::ZIPKIN_JSON),
    ("c.json", Format::JAEGER_JSON),
    ("d.parquet", Format::PARQUET),
];

/// Writes spans in each format what was read from the one before, with all formats detected: the last file, and all that the formats said was
/// lost.
pub fn through_all_formats(mut spans: Vec<SpanRecord>, folder: &Path) -> (PathBuf, BTreeSet<&'static str>) {
    let (mut path, mut lost) = (PathBuf::new(), BTreeSet::new());
    let count = spans.len();
    for (name, format) in CHAIN {
        path = folder.join(name);
        let written = write_records(std::mem::take(&mut spans), format, &path).unwrap();
        assert_eq!(written.spans, count, "{format}");
        lost.extend(written.lost);
        let reading = read_spans(&path, None, &mut |span| {
            spans.push(span);
            Ok(())
        });
        let reading = reading.unwrap();
        assert_eq!((reading.format, reading.has_starts), (format, true));
        assert!(reading.warnings.is_nothing(), "{format}: {:?}", reading.warnings);
    }
    (path, lost)
}
