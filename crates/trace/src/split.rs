//! Seeded splits by trace: a trace is on one side only.

use rand::seq::SliceRandom;

use crate::rng;

/// Positions of the traces on each side of a split, each in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Traces to fit on.
    pub train: Vec<usize>,
    /// Traces that no generator sees.
    pub held_out: Vec<usize>,
}

/// Splits `traces` positions so that about `held_out` (a share, clamped to 0–1) of them are held out.
///
/// With two traces or more, and a share strictly between 0 and 1, neither side is empty.
pub fn split(traces: usize, held_out: f64, seed: u64) -> Split {
    let share = if held_out.is_nan() { 0.0 } else { held_out.clamp(0.0, 1.0) };
    let mut count = (traces as f64 * share).round() as usize;
    if traces >= 2 && share > 0.0 && share < 1.0 {
        count = count.clamp(1, traces - 1);
    }
    let mut shuffled = shuffled(traces, seed);
    let mut train = shuffled.split_off(count);
    shuffled.sort_unstable();
    train.sort_unstable();
    Split { train, held_out: shuffled }
}

/// Deals `traces` positions into `count` folds whose sizes differ by one at most.
pub fn folds(traces: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut folds = vec![Vec::new(); count];
    for (i, trace) in shuffled(traces, seed).into_iter().enumerate() {
        folds[i % count].push(trace);
    }
    folds
}

fn shuffled(traces: usize, seed: u64) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..traces).collect();
    positions.shuffle(&mut rng(seed, "split"));
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_trace_is_on_exactly_one_side(traces in 0usize..200, share in 0.0f64..=1.0, seed: u64) {
            let Split { train, held_out } = split(traces, share, seed);
            let mut all = [train, held_out].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..traces).collect::<Vec<_>>());
        }

        #[test]
        fn folds_cover_every_trace_once(traces in 0usize..200, count in 1usize..7, seed: u64) {
            let folds = folds(traces, count, seed);
            prop_assert!(folds.iter().all(|f| f.len().abs_diff(traces / count) <= 1));
            let mut all = folds.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..traces).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_small_share_of_two_traces_leaves_neither_side_empty() {
        let Split { train, held_out } = split(2, 0.01, 0);
        assert_eq!((train.len(), held_out.len()), (1, 1));
    }
}
