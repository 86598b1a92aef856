//! One trace while interventions change it.

use tracesmith_trace::{Edge, Span, Status, StatusCode, Trace, TraceRef, span_order};

/// A trace whose spans keep their numbers from the first intervention to the last, whatever becomes of them: parents have smaller numbers than
/// their children, also where starts have changed places.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Spans, those that were removed too.
    pub spans: Vec<Span>,
    /// The earliest parent of every span.
    pub parents: Vec<Option<usize>>,
    /// Which spans are gone.
    pub removed: Vec<bool>,
    /// Whether starts mean anything.
    pub has_starts: bool,
    changed: bool,
}

impl Scene {
    /// The trace as it is.
    pub fn of(trace: TraceRef<'_>, has_starts: bool) -> Self {
        let spans = trace.to_owned().spans;
        Self { removed: vec![false; spans.len()], parents: trace.parents(), spans, has_starts, changed: false }
    }

    /// Number of spans, removed ones included.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Says that something is no longer as it was.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// Calls of every span that are there, in the order of their numbers.
    pub fn calls(&self) -> Vec<Vec<usize>> {
        let mut calls = vec![Vec::new(); self.len()];
        for (span, parent) in self.parents.iter().enumerate() {
            if let (Some(parent), false) = (parent, self.removed[span]) {
                calls[*parent].push(span);
            }
        }
        calls
    }

    /// End in µs after the start of the trace; the duration where there are no starts.
    pub fn end_us(&self, span: usize) -> f64 {
        self.spans[span].start_us + self.spans[span].duration_us
    }

    /// Whether the parent goes on only when `call` has ended: it ended no earlier. Without starts: it took no shorter.
    pub fn waits(&self, parent: usize, call: usize) -> bool {
        if self.has_starts {
            self.end_us(call) <= self.end_us(parent)
        } else {
            self.spans[call].duration_us <= self.spans[parent].duration_us
        }
    }

    /// The parent that waits for `call`, if there is one.
    pub fn waiting_parent(&self, call: usize) -> Option<usize> {
        self.parents[call].filter(|&parent| self.waits(parent, call))
    }

    /// Takes away all spans below `top` and says how many those were.
    pub fn cut_below(&mut self, top: usize, calls: &[Vec<usize>]) -> usize {
        let mut pending = calls[top].clone();
        let mut count = 0;
        while let Some(span) = pending.pop() {
            if !self.removed[span] {
                self.remove(span);
                count += 1;
                pending.extend(&calls[span]);
            }
        }
        count
    }

    /// Takes away a span, whose calls must be gone already.
    pub fn remove(&mut self, span: usize) {
        self.removed[span] = true;
        self.touch();
    }

    /// Makes a span a failed one and says with which status: ERROR, and `http` if it has an HTTP status.
    pub fn fail(&mut self, span: usize, http: u16) -> Status {
        let status = &mut self.spans[span].status;
        *status = Status { http: status.http.map(|_| http), code: StatusCode::Error };
        let status = *status;
        self.touch();
        status
    }

    /// The trace as a corpus stores it, and the position of every span in it; `None` where nothing was changed.
    pub fn finish(self, original: TraceRef<'_>) -> Option<(Trace, Vec<Option<usize>>)> {
        if !self.changed {
            return None;
        }
        let kept: Vec<usize> = self.ordered(original.edges);
        let mut positions = vec![None; self.len()];
        kept.iter().enumerate().for_each(|(position, &span)| positions[span] = Some(position));
        let edge = |edge: &Edge| {
            let (child, parent) = (positions[edge.child as usize]?, positions[edge.parent as usize]?);
            // Positions in one trace are as small as the edge was.
            Some(Edge { child: child as u32, parent: parent as u32 })
        };
        let edges = original.edges.iter().filter_map(edge).collect();
        let spans = kept.iter().map(|&span| self.spans[span]).collect();
        let trace = Trace { id: original.id.to_owned(), start_ns: original.start_ns, label: original.label.clone(), spans, edges };
        Some((trace, positions))
    }

    /// Spans that are there in the order of a corpus. A graph that is no forest keeps its order, which is the only one known to suit all edges.
    fn ordered(&self, edges: &[Edge]) -> Vec<usize> {
        let kept: Vec<usize> = (0..self.len()).filter(|&span| !self.removed[span]).collect();
        if edges.len() != self.parents.iter().flatten().count() {
            return kept;
        }
        let mut place = vec![0; self.len()];
        kept.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        let spans: Vec<Span> = kept.iter().map(|&span| self.spans[span]).collect();
        // The parent of a span that is there is there too.
        let parents: Vec<Option<usize>> = kept.iter().map(|&span| self.parents[span].map(|parent| place[parent])).collect();
        span_order(&spans, &parents, self.has_starts).into_iter().map(|new| kept[new]).collect()
    }
}
