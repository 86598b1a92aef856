//! What was done to which span, and why.

use std::path::Path;

use serde::Serialize;
use tracesmith_disk::{WriteError, write_atomically};
use tracesmith_formats::{FaultWindow, Format, FormatError, write_faults};

/// Whether a span is where something happened or one that suffers from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The intervention hit this call.
    Cause,
    /// The span waited for a call that was hit, or failed because of it.
    Effect,
}

/// What an intervention did to one span. A span that only begins later, with the duration and status that it had, is not listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpanTruth {
    /// Position of the trace in the corpus.
    pub trace: usize,
    /// Id of the trace.
    pub trace_id: String,
    /// Position of the span in its trace; `None` if an intervention took it away.
    pub span: Option<usize>,
    /// Position of the parent; `None` for a root, or if that one was taken away too.
    pub parent: Option<usize>,
    /// Name of the service.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    /// Number of the intervention, from 0.
    pub intervention: usize,
    /// Cause or effect.
    pub role: Role,
    /// By how many µs it became longer; what it takes itself for a cause, what it waits for an effect.
    pub delta_us: f64,
    /// The status that it got, if the intervention made it fail: the HTTP status, or 2 (OTLP's number of an error) where it has none.
    pub status: Option<u16>,
    /// Number of spans that were taken away with this one as their cause, itself included.
    pub removed_spans: usize,
}

/// An intervention and how often it hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InterventionTruth {
    /// Its name.
    pub name: String,
    /// `slow`, `errors` or `gone`.
    pub effect: &'static str,
    /// The target; what `auto` stood for, if it was that.
    pub target: String,
    /// First nanosecond of its window since the Unix epoch.
    pub window_start_ns: i64,
    /// Last nanosecond.
    pub window_end_ns: i64,
    /// Calls that were hit.
    pub causes: usize,
    /// Spans that suffer from it.
    pub effects: usize,
    /// Traces in which a call was hit.
    pub traces: usize,
}

/// A time of more load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpikeTruth {
    /// First nanosecond since the Unix epoch.
    pub start_ns: i64,
    /// Last nanosecond.
    pub end_ns: i64,
    /// Factor on the rate.
    pub factor: f64,
}

/// All that a scenario did to a corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroundTruth {
    /// Title of the scenario.
    pub scenario: String,
    /// The seed that it was applied with.
    pub seed: u64,
    /// Start in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// End.
    pub end_ns: i64,
    /// Times of more load.
    pub spikes: Vec<SpikeTruth>,
    /// Interventions in the order in which they were applied.
    pub interventions: Vec<InterventionTruth>,
    /// When which service had which fault, by start.
    #[serde(skip)]
    pub windows: Vec<FaultWindow>,
    /// What was done to spans, trace after trace, in each by intervention and span.
    #[serde(skip)]
    pub spans: Vec<SpanTruth>,
}

/// A line of the file.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum Record<'a> {
    Scenario(&'a GroundTruth),
    Span {
        #[serde(flatten)]
        truth: &'a SpanTruth,
        span_id: Option<String>,
        parent_id: Option<String>,
        name: &'a str,
        effect: &'static str,
        window_start_ns: i64,
        window_end_ns: i64,
    },
}

impl GroundTruth {
    /// Writes JSON lines: one `"record": "scenario"` with the windows and counts, then one `"record": "span"` for each span that an
    /// intervention touched. Ids are those that [`tracesmith_formats::write_corpus`] gives the corpus in `format`, where its trace ids are
    /// of 16 or 32 lower-case hexadecimal digits, as those of all generators are.
    ///
    /// # Errors
    /// [`WriteError`] if the file cannot be written.
    pub fn write(&self, path: &Path, format: Format) -> Result<(), WriteError> {
        write_atomically(path, |out| {
            serde_json::to_writer(&mut *out, &Record::Scenario(self))?;
            out.write_all(b"\n")?;
            for truth in &self.spans {
                let intervention = &self.interventions[truth.intervention];
                let record = Record::Span {
                    truth,
                    span_id: truth.span.map(|span| span_id(&truth.trace_id, span, format)),
                    parent_id: truth.parent.map(|parent| span_id(&truth.trace_id, parent, format)),
                    name: &intervention.name,
                    effect: intervention.effect,
                    window_start_ns: intervention.window_start_ns,
                    window_end_ns: intervention.window_end_ns,
                };
                serde_json::to_writer(&mut *out, &record)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    /// Writes the fault windows in the form that `tracesmith` reads with `--faults`.
    ///
    /// # Errors
    /// [`FormatError::Write`] if the file cannot be written.
    pub fn write_windows(&self, path: &Path) -> Result<(), FormatError> {
        write_faults(&self.windows, path)
    }
}

/// The id that [`tracesmith_formats::write_corpus`] gives a span. No edge leads to the first span, so it is the first root.
fn span_id(trace_id: &str, span: usize, format: Format) -> String {
    format.span_id(trace_id, span, span == 0)
}
