//! Spans as rows of numbers.

use ndarray::{Array1, Array2, Axis};
use tracesmith_trace::Corpus;

use crate::sampling::choose_spans;
use tracesmith_trace::statistics::{mean, standard_deviation};

/// Spans of each side that enter the matrix, about: whole traces are drawn by the seed until there are as many.
pub const MAX_SPANS_PER_SIDE: usize = 20_000;

/// [one-hot service, one-hot operation, duration] of the spans of both sides, every column standardised over both.
pub struct SpanMatrix {
    /// One row a span, the real ones first; constant columns are left out, so that there may be none.
    pub values: Array2<f64>,
    /// Number of real rows.
    pub real: usize,
}

impl SpanMatrix {
    /// Spans of corpora with the same vocabularies, in an order that does not depend on that of the traces.
    pub fn of(real: &Corpus, synthetic: &Corpus, seed: u64) -> Self {
        let rows = [real, synthetic].map(|corpus| span_rows(corpus, seed));
        let (services, operations) = (real.services().len(), real.operations().len());
        let all: Vec<_> = rows.iter().flatten().copied().collect();
        let mut values = Array2::zeros((all.len(), services + operations + 1));
        for (row, &(service, operation, duration)) in all.iter().enumerate() {
            values[(row, service)] = 1.0;
            values[(row, services + operation)] = 1.0;
            values[(row, services + operations)] = duration;
        }
        Self { values: standardised(&values), real: rows[0].len() }
    }
}

fn span_rows(corpus: &Corpus, seed: u64) -> Vec<(usize, usize, f64)> {
    let traces = choose_spans(corpus, MAX_SPANS_PER_SIDE, seed, "span matrix").into_iter().map(|position| corpus.trace(position));
    let spans =
        traces.flat_map(|trace| (0..trace.span_count()).map(move |i| (trace.services[i], trace.operations[i], trace.durations_us[i])));
    spans.map(|(service, operation, duration)| (service as usize, operation as usize, duration)).collect()
}

/// Columns with mean 0 and standard deviation 1; constant ones say nothing and are dropped.
fn standardised(values: &Array2<f64>) -> Array2<f64> {
    let columns: Vec<Array1<f64>> = values
        .axis_iter(Axis(1))
        .filter_map(|column| {
            let column = column.to_vec();
            let (centre, scale) = (mean(&column)?, standard_deviation(&column)?);
            (scale > 1e-12 * (1.0 + centre.abs())).then(|| column.iter().map(|value| (value - centre) / scale).collect())
        })
        .collect();
    Array2::from_shape_fn((values.nrows(), columns.len()), |(row, column)| columns[column][row])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::corpus;

    #[test]
    fn columns_are_standardised_over_both_sides_and_constant_ones_dropped() {
        let real = corpus(&[(&[(0, 0, 10.0)], &[])]);
        let synthetic = corpus(&[(&[(1, 0, 30.0)], &[])]);
        let matrix = SpanMatrix::of(&real, &synthetic, 0);
        // Services a and b and the duration vary; the one operation and the names nobody uses do not.
        assert_eq!(matrix.values, ndarray::array![[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0]]);
        assert_eq!(matrix.real, 1);
    }
}
