//! A trace with all that is shown of it.

use tracesmith_trace::{Corpus, SpanKind, Status};

use crate::names::{label, printable};
use crate::{Starts, duration, layout};

/// A span of a [`Waterfall`].
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// Number of spans above it.
    pub depth: usize,
    /// Whether no sibling follows it.
    pub last: bool,
    /// Begin in µs after the begin of the earliest span.
    pub offset_us: f64,
    /// Duration in µs.
    pub duration_us: f64,
    /// Name of the service, printable.
    pub service: String,
    /// Name of the operation, printable.
    pub operation: String,
    /// How it ended.
    pub status: Status,
    /// Part in a call.
    pub kind: SpanKind,
}

/// A trace as rows of spans on a common time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// Id of the trace, printable.
    pub id: String,
    /// Label in words; empty if nothing is known.
    pub label: String,
    /// The first spans in preorder.
    pub rows: Vec<SpanRow>,
    /// Spans that have no row.
    pub left_out: usize,
    /// Length of the time axis in µs.
    pub extent_us: f64,
    /// Where the offsets come from.
    pub starts: Starts,
}

impl Waterfall {
    /// The trace at `position`, with rows for no more than `limit` spans; the axis is that of the whole trace.
    ///
    /// # Panics
    /// If there is no such trace.
    pub fn of(corpus: &Corpus, position: usize, limit: usize) -> Self {
        let trace = corpus.trace(position);
        let layout = layout(trace, corpus.has_starts());
        let row = |bar: &crate::Bar| SpanRow {
            depth: bar.depth,
            last: bar.last,
            offset_us: bar.offset_us,
            duration_us: bar.duration_us,
            service: printable(corpus.services().name(trace.services[bar.span])),
            operation: printable(corpus.operations().name(trace.operations[bar.span])),
            status: trace.statuses[bar.span],
            kind: trace.kinds[bar.span],
        };
        Self {
            id: printable(trace.id),
            label: label(trace.label),
            rows: layout.bars.iter().take(limit).map(row).collect(),
            left_out: layout.bars.len().saturating_sub(limit),
            extent_us: layout.extent_us,
            starts: layout.starts,
        }
    }

    /// Number of spans of the trace.
    pub fn spans(&self) -> usize {
        self.rows.len() + self.left_out
    }

    /// Begin and length of a row as parts of the axis, in 0–1; a trace that takes no time fills it.
    pub fn share(&self, row: &SpanRow) -> (f64, f64) {
        if self.extent_us > 0.0 { (row.offset_us / self.extent_us, row.duration_us / self.extent_us) } else { (0.0, 1.0) }
    }

    /// Number of spans, length and label on one line.
    pub fn title(&self) -> String {
        let spans = if self.spans() == 1 { "1 span".to_owned() } else { format!("{} spans", self.spans()) };
        let parts = [spans, duration(self.extent_us), self.label.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Node, corpus, tree};

    #[test]
    fn what_is_cut_is_counted_and_the_axis_stays() {
        let corpus = corpus(&[tree(&[Node::root(10.0), Node::below(0, 5.0).at(8.0), Node::below(0, 1.0).at(9.0)])], true);
        let waterfall = Waterfall::of(&corpus, 0, 1);
        assert_eq!((waterfall.rows.len(), waterfall.left_out, waterfall.extent_us), (1, 2, 13.0));
        assert_eq!(waterfall.title(), "3 spans · 13 µs");
    }

    #[test]
    fn a_trace_that_takes_no_time_has_bars_of_full_length() {
        let corpus = corpus(&[tree(&[Node::root(0.0), Node::below(0, 0.0)])], false);
        let waterfall = Waterfall::of(&corpus, 0, 10);
        assert_eq!(waterfall.share(&waterfall.rows[1]), (0.0, 1.0));
    }
}
