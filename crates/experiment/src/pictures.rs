//! What a report shows of the traces themselves, of the first seed.

use tracesmith_trace::{Corpus, split};
use tracesmith_view::{OperationQuantiles, Viewer, Waterfall, worst_operations};

use crate::report::{TraceColumn, file_name};

/// Shapes of a viewer, and traces of each on either side.
const SHAPES: usize = 12;
const TRACES_A_SHAPE: usize = 2;
/// Random traces of a picture, and rows that are kept of each.
const RANDOM_TRACES: usize = 3;
const ROWS: usize = 24;
/// Operations whose quantiles are drawn.
const WORST_OPERATIONS: usize = 3;

/// Traces of one system.
#[derive(Debug)]
pub(crate) struct Pictures {
    pub system: String,
    pub viewer: Viewer,
    /// Random traces: the real ones first, then those of every generator.
    pub random: Vec<TraceColumn>,
    /// Operations whose durations the generators get wrong most.
    pub worst: Vec<OperationQuantiles>,
}

impl Pictures {
    /// Of held-out real traces and the samples of the named generators.
    pub(crate) fn of(system: &str, real: &Corpus, synthetic: &[(&str, &Corpus)], seed: u64) -> Self {
        let random = |name: &str, corpus: &Corpus| {
            let share = RANDOM_TRACES as f64 / corpus.len().max(RANDOM_TRACES) as f64;
            let positions = split(corpus.len(), share, seed).held_out;
            let traces = positions.into_iter().map(|position| Waterfall::of(corpus, position, ROWS)).collect();
            TraceColumn { name: name.to_owned(), traces }
        };
        let generated = synthetic.iter().map(|(name, corpus)| random(name, corpus));
        Self {
            system: system.to_owned(),
            viewer: Viewer::new(format!("traces-{}", file_name(system)), real, synthetic, SHAPES, TRACES_A_SHAPE),
            random: std::iter::once(random("real (held out)", real)).chain(generated).collect(),
            worst: worst_operations(real, synthetic, WORST_OPERATIONS),
        }
    }
}
