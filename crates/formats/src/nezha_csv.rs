//! The CSV form of Nezha's traces.
//!
//! `ParentID` is `root` for a root, `Duration` is in µs, starts and ends are in ns. The service is the pod's name without the two parts that
//! Kubernetes adds. There is neither a status, nor a span kind, nor attributes.

use std::io::{self, Write};

use tracesmith_trace::SpanRecord;

use crate::{
    FormatError,
    capabilities::{Capabilities, Statuses},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::Input,
    table::read_rows,
};

const COLUMNS: [&str; 8] =
    ["TraceID", "SpanID", "ParentID", "PodName", "OperationName", "StartTimeUnixNano", "EndTimeUnixNano", "Duration"];

/// What [`write`] adds to a service's name so that [`service_of_pod`] gives the name back.
const POD_SUFFIX: &str = "-0-0";

/// Name of the service that a pod belongs to: without the last two parts, the hash of the replica set and that of the pod.
pub(crate) fn service_of_pod(pod: &str) -> &str {
    pod.rsplitn(3, '-').nth(2).filter(|service| !service.is_empty()).unwrap_or(pod)
}

/// Nezha's CSV.
pub(crate) struct NezhaCsv;

impl Format {
    /// Nezha's CSV.
    pub const NEZHA_CSV: Self = Self::of(&NezhaCsv);
}

impl TraceFormat for NezhaCsv {
    fn name(&self) -> &'static str {
        "nezha-csv"
    }

    fn summary(&self) -> &'static str {
        "Nezha's CSV"
    }

    fn beginning(&self) -> String {
        format!("the header of a Nezha CSV ({})", COLUMNS.join(","))
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        if start.has_columns(&COLUMNS) { Certainty::Sure } else { Certainty::Not }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { statuses: Statuses::None, kinds: false, attributes: false, labels: false, ..Capabilities::ALL }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read(input, visit).map(|()| Found::default())
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write(out, traces)
    }
}

fn read(input: Input, visit: Visit<'_>) -> Result<(), FormatError> {
    read_rows(input, Format::NEZHA_CSV.name(), &COLUMNS, &mut |row| {
        const TIME: &str = "a Unix time in whole ns";
        let parent = row.required(2)?;
        // The end says nothing that start and duration do not; but a broken one is a sign of a broken row.
        let _end: i64 = row.number(6, TIME)?;
        visit(SpanRecord {
            trace_id: row.required(0)?,
            span_id: row.required(1)?,
            parent_id: (parent != "root").then_some(parent),
            service: service_of_pod(&row.required(3)?).to_owned(),
            operation: row.required(4)?,
            start_ns: row.number(5, TIME)?,
            duration_us: row.number(7, "a number of µs")?,
            ..SpanRecord::default()
        })
    })
}

fn write(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for span in traces.flatten() {
        // `as` saturates, and takes NaN for 0: such durations are in the last column, for cleaning to find.
        let end_ns = span.start_ns.saturating_add((span.duration_us * 1000.0).round() as i64);
        table.write_record([
            span.trace_id.as_str(),
            &span.span_id,
            span.parent_id.as_deref().unwrap_or("root"),
            &format!("{}{POD_SUFFIX}", span.service),
            &span.operation,
            &span.start_ns.to_string(),
            &end_ns.to_string(),
            &span.duration_us.to_string(),
        ])?;
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{read_text, round_trip, traces};

    #[test]
    fn the_service_is_the_pod_without_its_hashes() {
        assert_eq!(service_of_pod("ts-gateway-service-6f6cfc45b-h5m2n"), "ts-gateway-service");
        assert_eq!(service_of_pod("frontend-579b9bff58-t2dbm"), "frontend");
        assert_eq!(service_of_pod("frontend"), "frontend");
        assert_eq!(service_of_pod("-a-b"), "-a-b");
    }

    #[test]
    fn starts_keep_their_nanoseconds() {
        let text = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n\
                    t,a,root,web-1-2,/*,1674982159219813595,1674982159246951110,27137\n";
        let (format, spans) = read_text(text, None).unwrap();
        assert_eq!((format, spans[0].start_ns, spans[0].duration_us), (Format::NEZHA_CSV, 1_674_982_159_219_813_595, 27137.0));
        assert_eq!((spans[0].service.as_str(), &spans[0].parent_id), ("web", &None));
    }

    proptest! {
        #[test]
        fn writing_and_reading_gives_the_same_spans_without_status_kind_and_attributes(traces in traces()) {
            let mut expected = traces.concat();
            for span in &mut expected {
                (span.status, span.kind, span.attributes) = Default::default();
            }
            prop_assert_eq!(round_trip(traces, Format::NEZHA_CSV), expected);
        }
    }
}
