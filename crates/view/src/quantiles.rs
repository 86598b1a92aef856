//! Which operations have other durations in a synthetic corpus, and what they look like.

use std::collections::BTreeMap;

use tracesmith_trace::{
    Corpus,
    operations::by_operation,
    statistics::{quantile_of_sorted, sorted},
};

/// Spans of an operation on either side from which its quantiles mean something.
const LEAST_SPANS: usize = 20;
/// Quantiles that are compared: 1/50, 2/50, …, 49/50.
const STEPS: usize = 50;

/// Quantiles of one operation for one synthetic corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileLine {
    /// Name of the synthetic corpus.
    pub name: String,
    /// (real, synthetic) durations in µs at the same levels.
    pub points: Vec<(f64, f64)>,
}

/// Quantiles of the durations of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationQuantiles {
    /// Name of the service.
    pub service: String,
    /// Name of the operation.
    pub operation: String,
    /// Mean over the synthetic corpora of the mean distance of the logarithms of corresponding quantiles, natural logarithms of µs. This is
    /// the first Wasserstein distance of the log-durations, but for their tails.
    pub distance: f64,
    /// One a synthetic corpus that has enough spans of the operation.
    pub lines: Vec<QuantileLine>,
}

/// The `count` operations whose durations differ most between `real` and the named synthetic corpora, the worst first. Operations with fewer
/// than 20 spans are not compared; durations below 1 µs count as 1 µs, for their logarithms.
pub fn worst_operations(real: &Corpus, synthetic: &[(&str, &Corpus)], count: usize) -> Vec<OperationQuantiles> {
    let sides: Vec<(&str, BTreeMap<Names<'_>, Vec<f64>>)> = synthetic.iter().map(|(name, corpus)| (*name, quantiles(corpus))).collect();
    let mut found = Vec::new();
    for ((service, operation), real) in quantiles(real) {
        let line = |(name, side): &(&str, BTreeMap<Names<'_>, Vec<f64>>)| {
            let synthetic = side.get(&(service, operation))?;
            Some(QuantileLine { name: (*name).to_owned(), points: real.iter().copied().zip(synthetic.iter().copied()).collect() })
        };
        let lines: Vec<QuantileLine> = sides.iter().filter_map(line).collect();
        if !lines.is_empty() {
            let distance = lines.iter().map(|line| distance(&line.points)).sum::<f64>() / lines.len() as f64;
            found.push(OperationQuantiles { service: service.to_owned(), operation: operation.to_owned(), distance, lines });
        }
    }
    // The sort is stable: equally wrong operations stay in the order of their names.
    found.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    found.truncate(count);
    found
}

/// Names of service and operation.
type Names<'a> = (&'a str, &'a str);

/// Quantiles of the durations of every operation with enough spans.
fn quantiles(corpus: &Corpus) -> BTreeMap<Names<'_>, Vec<f64>> {
    let enough = by_operation(corpus).into_iter().filter(|(_, spans)| spans.durations_us.len() >= LEAST_SPANS);
    let named = enough.map(|((service, operation), spans)| {
        let values = sorted(&spans.durations_us);
        let quantiles = (1..STEPS).filter_map(|step| quantile_of_sorted(&values, step as f64 / STEPS as f64)).collect();
        ((corpus.services().name(service), corpus.operations().name(operation)), quantiles)
    });
    named.collect()
}

fn distance(points: &[(f64, f64)]) -> f64 {
    let log = |us: f64| us.max(1.0).ln();
    points.iter().map(|&(real, synthetic)| (log(synthetic) - log(real)).abs()).sum::<f64>() / points.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Node, corpus, tree};

    /// Roots of 1 to `traces` ms, children of a tenth of that times `factor`.
    fn durations(traces: usize, factor: f64) -> Corpus {
        let trace = |i: usize| tree(&[Node::root(1e3 * i as f64), Node::below(0, 1e2 * i as f64 * factor)]);
        corpus(&(1..=traces).map(trace).collect::<Vec<_>>(), false)
    }

    #[test]
    fn the_operation_with_durations_twice_as_long_is_the_worst_by_ln_2() {
        let (real, same, slow) = (durations(101, 1.0), durations(101, 1.0), durations(101, 2.0));
        let worst = worst_operations(&real, &[("same", &same), ("slow", &slow)], 5);
        assert_eq!(worst.iter().map(|found| found.operation.as_str()).collect::<Vec<_>>(), ["GET /cart", "GET /<a>&\"b\""]);
        assert!((worst[0].distance - 2f64.ln() / 2.0).abs() < 1e-12 && worst[1].distance == 0.0);
        // The median of 100, 200, …, 10,100 µs.
        assert_eq!(worst[0].lines[1].points[24], (5100.0, 10_200.0));
        assert_eq!(worst_operations(&real, &[("slow", &slow)], 1).len(), 1);
    }

    #[test]
    fn an_operation_with_too_few_spans_is_not_compared() {
        let (real, few) = (durations(50, 1.0), durations(LEAST_SPANS - 1, 9.0));
        assert_eq!(worst_operations(&real, &[("few", &few)], 5), []);
    }
}
