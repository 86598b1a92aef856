//! A format that only this test has: a span a line, its parts between pipes.

use std::io::{self, BufRead, Write};

use tracesmith_formats::{Capabilities, Certainty, FileStart, FormatError, Found, Input, ReadWarnings, Statuses, TraceFormat, Visit};
use tracesmith_trace::SpanRecord;

const HEADER: &str = "|trace|span|parent|service|operation|start ns|duration µs|";

/// The format.
pub struct Pipes;

impl TraceFormat for Pipes {
    fn name(&self) -> &'static str {
        "pipes"
    }

    fn summary(&self) -> &'static str {
        "a span a line, its parts between pipes"
    }

    fn beginning(&self) -> String {
        format!("the header {HEADER}")
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".pipes"]
    }

    fn recognises(&self, start: FileStart<'_>) -> Certainty {
        if start.first_line() == HEADER { Certainty::Sure } else { Certainty::Not }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { statuses: Statuses::None, kinds: false, attributes: false, labels: false, ..Capabilities::ALL }
    }

    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError> {
        let Input { path, reader } = input;
        for (record, line) in (0..).zip(reader.lines()).skip(1) {
            let line = line.map_err(|source| FormatError::Read { path: path.clone(), source })?;
            let span = span(&line).ok_or_else(|| FormatError::Value {
                path: path.clone(),
                record,
                column: "line",
                value: line.clone(),
                expected: HEADER,
            })?;
            visit(span)?;
        }
        Ok(ReadWarnings::default().into())
    }

    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, _: bool) -> io::Result<()> {
        writeln!(out, "{HEADER}")?;
        for SpanRecord { trace_id, span_id, parent_id, service, operation, start_ns, duration_us, .. } in traces.flatten() {
            let parent = parent_id.unwrap_or_default();
            writeln!(out, "|{trace_id}|{span_id}|{parent}|{service}|{operation}|{start_ns}|{duration_us}|")?;
        }
        Ok(())
    }
}

fn span(line: &str) -> Option<SpanRecord> {
    let parts: Vec<&str> = line.split('|').collect();
    let ["", trace, span, parent, service, operation, start, duration, ""] = parts[..] else { return None };
    Some(SpanRecord {
        trace_id: trace.to_owned(),
        span_id: span.to_owned(),
        parent_id: (!parent.is_empty()).then(|| parent.to_owned()),
        service: service.to_owned(),
        operation: operation.to_owned(),
        start_ns: start.parse().ok()?,
        duration_us: duration.parse().ok()?,
        ..SpanRecord::default()
    })
}
