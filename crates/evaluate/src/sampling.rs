//! Seeded choices of traces that do not depend on the order in which a corpus holds them.

use std::cmp::Ordering;

use rand::seq::SliceRandom;
use tracesmith_trace::{Corpus, TraceRef, rng};

/// Positions of all traces ordered by what the traces contain. Traces that compare equal are the same to every metric.
pub fn canonical_order(corpus: &Corpus) -> Vec<usize> {
    let mut order: Vec<usize> = (0..corpus.len()).collect();
    order.sort_by(|&a, &b| compare_content(corpus.trace(a), corpus.trace(b)));
    order
}

/// `count` of `items` (all of them if there are fewer), chosen by the stream `name` below `seed`, in their order.
pub fn choose<T: Clone>(items: &[T], count: usize, seed: u64, name: &str) -> Vec<T> {
    if items.len() <= count {
        return items.to_vec();
    }
    let mut positions: Vec<usize> = (0..items.len()).collect();
    positions.shuffle(&mut rng(seed, name));
    positions.truncate(count);
    positions.sort_unstable();
    positions.into_iter().map(|position| items[position].clone()).collect()
}

/// Traces chosen at random until they have `spans` spans (all traces if the corpus has no more), in canonical order.
pub fn choose_spans(corpus: &Corpus, spans: usize, seed: u64, name: &str) -> Vec<usize> {
    let order = canonical_order(corpus);
    if corpus.span_count() <= spans {
        return order;
    }
    let mut ranks: Vec<usize> = (0..order.len()).collect();
    ranks.shuffle(&mut rng(seed, name));
    let mut chosen = 0;
    ranks.retain(|&rank| {
        let room = chosen < spans;
        chosen += if room { corpus.trace(order[rank]).span_count() } else { 0 };
        room
    });
    ranks.sort_unstable();
    ranks.into_iter().map(|rank| order[rank]).collect()
}

fn compare_content(a: TraceRef<'_>, b: TraceRef<'_>) -> Ordering {
    (a.services.len().cmp(&b.services.len()))
        .then_with(|| a.services.cmp(b.services))
        .then_with(|| a.operations.cmp(b.operations))
        .then_with(|| a.edges.cmp(b.edges))
        .then_with(|| compare_times(a.durations_us, b.durations_us))
        .then_with(|| compare_times(a.starts_us, b.starts_us))
}

fn compare_times(a: &[f64], b: &[f64]) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::random_corpus;

    #[test]
    fn the_same_traces_are_chosen_from_a_reversed_corpus() {
        let corpus = random_corpus(1, 30);
        let reversed = corpus.select(&(0..30).rev().collect::<Vec<_>>());
        let content = |corpus: &Corpus| -> Vec<_> {
            choose_spans(corpus, 40, 7, "test").into_iter().map(|i| corpus.trace(i).durations_us.to_vec()).collect()
        };
        assert_eq!(content(&corpus), content(&reversed));
        assert!(content(&corpus).len() < 30);
    }

    #[test]
    fn a_choice_has_the_wanted_size_and_keeps_the_order() {
        let chosen = choose(&[1, 2, 3, 4, 5, 6, 7, 8], 3, 0, "test");
        assert!(chosen.len() == 3 && chosen.is_sorted());
        assert_eq!(choose(&[1, 2], 3, 0, "test"), [1, 2]);
    }
}
