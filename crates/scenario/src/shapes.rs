//! Rare shapes drawn more often, for generators without a condition for that.

use std::collections::HashMap;

use rand::RngExt;
use tracesmith_trace::{Corpus, Signature, rng};

/// `count` different traces of `pool`, in its order: a trace whose shape (its [`Signature`]) has the frequency f in the pool has the weight f^−`rare_shapes`,
/// which makes shapes that are drawn as f^(1 − `rare_shapes`) as long as the pool is much larger than `count`.
/// After Efraimidis & Spirakis, *Weighted random sampling with a reservoir* (2006): the smallest values of −ln(u) / weight.
pub fn oversample_rare(pool: &Corpus, count: usize, rare_shapes: f64, seed: u64) -> Corpus {
    let shapes: Vec<Signature> = pool.traces().map(Signature::of).collect();
    let mut counts: HashMap<&Signature, usize> = HashMap::new();
    shapes.iter().for_each(|shape| *counts.entry(shape).or_default() += 1);
    let mut rng = rng(seed, "rare shapes");
    let mut keyed: Vec<(f64, usize)> = shapes
        .iter()
        .enumerate()
        .map(|(position, shape)| {
            let frequency = counts[shape] as f64 / pool.len() as f64;
            // 1 − u is never 0.
            (-(1.0 - rng.random::<f64>()).ln() * frequency.powf(rare_shapes), position)
        })
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = keyed.into_iter().take(count).map(|(_, position)| position).collect();
    chosen.sort_unstable();
    pool.select(&chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Call, corpus_of};

    #[test]
    fn rare_shapes_are_drawn_as_often_as_asked() {
        let trace = |i: usize| {
            let mut trace = vec![Call::new("a/b", None, 0.0, 9.0)];
            if i.is_multiple_of(10) {
                trace.push(Call::new("a/c", Some(0), 1.0, 2.0));
            }
            trace
        };
        let pool = corpus_of(&(0..5_000).map(trace).collect::<Vec<_>>());
        let rare = |share| {
            let drawn = oversample_rare(&pool, 200, share, 3);
            assert_eq!(drawn.len(), 200);
            drawn.traces().filter(|trace| trace.span_count() == 2).count()
        };
        assert!((10..32).contains(&rare(0.0)), "{}", rare(0.0));
        assert!((32..70).contains(&rare(0.5)), "{}", rare(0.5));
        assert!((75..115).contains(&rare(1.0)), "{}", rare(1.0));
        assert_eq!(oversample_rare(&pool, 200, 0.5, 3), oversample_rare(&pool, 200, 0.5, 3));
    }
}
