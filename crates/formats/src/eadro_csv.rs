//! The CSV form of Eadro's traces.
//!
//! A root has no `parent_id`, and `no_parent` for its parent's service. `timestamp` is the start in whole seconds, `duration` is in µs,
//! `status_code` is the HTTP status. Where there is none, it is OTLP's number of the status code: 1 ok, 2 error, or 0 where nothing is known;
//! beside an HTTP status there is no place for a code. No column has the span kind or attributes. Rows of a trace may stand anywhere in the
//! file.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use tracesmith_trace::{SpanRecord, Status, span_id};

use crate::{
    FormatError,
    capabilities::{Capabilities, Resolution, Statuses},
    file_start::{Certainty, FileStart},
    format::{Format, Found, TraceFormat, Visit},
    input::Input,
    table::read_rows,
};

const COLUMNS: [&str; 9] =
    ["timestamp", "service_name", "span_id", "parent_id", "trace_id", "duration", "status_code", "operation_name", "parent_service_name"];

const NANOSECONDS: i64 = 1_000_000_000;

/// The CSV in which the paper's authors hold Eadro's traces.
pub(crate) struct EadroCsv;

impl Format {
    /// The CSV in which the paper's authors hold Eadro's traces.
    pub const EADRO_CSV: Self = Self::of(&EadroCsv);
}

impl TraceFormat for EadroCsv {
    fn name(&self) -> &'static str {
        "eadro-csv"
    }

    fn summary(&self) -> &'static str {
        "the paper's CSV of Eadro"
    }

    fn beginning(&self) -> String {
        format!("the header of an Eadro CSV ({})", COLUMNS.join(","))
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        if start.has_columns(&COLUMNS) { Certainty::Sure } else { Certainty::Not }
    }

    /// There is no sibling order, and there are no offsets.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            starts: Resolution::Seconds,
            statuses: Statuses::One,
            kinds: false,
            attributes: false,
            labels: false,
            ..Capabilities::ALL
        }
    }

    /// The first root has the id of the trace, as in the published files.
    fn span_id(&self, trace_id: &str, position: usize, is_first_root: bool) -> String {
        if is_first_root { trace_id.to_owned() } else { span_id(trace_id, position) }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        read(input, visit).map(|()| Found::default())
    }

    /// Starts are cut to whole seconds.
    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        write(out, traces)
    }
}

fn read(input: Input, visit: Visit<'_>) -> Result<(), FormatError> {
    read_rows(input, Format::EADRO_CSV.name(), &COLUMNS, &mut |row| {
        const SECONDS: &str = "a Unix time in whole seconds";
        let seconds: i64 = row.number(0, SECONDS)?;
        let parent = row.text(3);
        visit(SpanRecord {
            trace_id: row.required(4)?,
            span_id: row.required(2)?,
            parent_id: (!parent.is_empty()).then(|| parent.to_owned()),
            service: row.required(1)?,
            operation: row.required(7)?,
            start_ns: seconds.checked_mul(NANOSECONDS).ok_or_else(|| row.wrong(0, SECONDS))?,
            duration_us: row.number(5, "a number of µs")?,
            status: if row.text(6).is_empty() { Status::UNSET } else { Status::from_number(row.number(6, "an HTTP status or 0")?) },
            ..SpanRecord::default()
        })
    })
}

fn write(out: &mut dyn Write, traces: &mut dyn Iterator<Item = Vec<SpanRecord>>) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for trace in traces {
        let services: HashMap<&str, &str> = trace.iter().map(|span| (span.span_id.as_str(), span.service.as_str())).collect();
        for span in &trace {
            let parent = span.parent_id.as_deref();
            table.write_record([
                span.start_ns.div_euclid(NANOSECONDS).to_string().as_str(),
                &span.service,
                &span.span_id,
                parent.unwrap_or_default(),
                &span.trace_id,
                &span.duration_us.to_string(),
                &span.status.number().to_string(),
                &span.operation,
                // A parent that the file does not have has no known service; an empty field says so.
                parent.map_or("no_parent", |parent| services.get(parent).copied().unwrap_or_default()),
            ])?;
        }
    }
    table.flush()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{read_text, records, round_trip, traces};

    const HEADER: &str = "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n";

    #[test]
    fn a_root_a_child_and_a_span_without_status_are_read() {
        let text = format!("{HEADER}7,web,b,a,a,1.5,,GET,web\n7,web,a,,a,2961,302,/x,no_parent\n");
        let (format, spans) = read_text(&text, None).unwrap();
        assert_eq!(format, Format::EADRO_CSV);
        assert_eq!((spans[0].parent_id.as_deref(), spans[0].duration_us, spans[0].status), (Some("a"), 1.5, Status::UNSET));
        assert_eq!((&spans[1].parent_id, spans[1].start_ns, spans[1].status), (&None, 7_000_000_000, Status::of_http(302)));
    }

    #[test]
    fn durations_that_are_impossible_but_numbers_are_left_to_cleaning() {
        let text = format!("{HEADER}7,web,a,,a,-3,0,GET,no_parent\n7,web,a,,b,NaN,0,GET,no_parent\n7,web,a,,c,inf,0,GET,no_parent\n");
        let durations: Vec<f64> = read_text(&text, None).unwrap().1.iter().map(|span| span.duration_us).collect();
        assert_eq!((durations[0], durations[1].is_nan(), durations[2]), (-3.0, true, f64::INFINITY));
    }

    #[test]
    fn the_service_of_the_parent_is_written() {
        let mut spans = records(2);
        spans[1].parent_id = Some(spans[0].span_id.clone());
        let mut text = Vec::new();
        write(&mut text, &mut std::iter::once(spans)).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().nth(1).unwrap().ends_with(",no_parent"), "{text}");
        assert!(text.lines().nth(2).unwrap().ends_with(",service 0"), "{text}");
    }

    proptest! {
        #[test]
        fn writing_and_reading_gives_the_same_spans_with_starts_in_seconds_and_without_kind_and_attributes(traces in traces()) {
            let mut expected = traces.concat();
            for span in &mut expected {
                span.start_ns = span.start_ns.div_euclid(NANOSECONDS) * NANOSECONDS;
                (span.kind, span.attributes) = Default::default();
                span.status = Status::from_number(span.status.number());
            }
            prop_assert_eq!(round_trip(traces, Format::EADRO_CSV), expected);
        }
    }
}
