//! How a change of some durations reaches the other spans of a trace. The rules are in the description of the crate.

use crate::scene::Scene;

/// Changes of the durations of all spans, in µs.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// What a span itself takes longer (or shorter, if negative).
    pub own_us: Vec<f64>,
    /// What it waits longer for its calls.
    pub waited_us: Vec<f64>,
}

impl Growth {
    fn total_us(&self, span: usize) -> f64 {
        self.own_us[span] + self.waited_us[span]
    }
}

/// Makes every span last `own_us` longer and moves what depends on it. A negative change does not make a span end before what it waits for;
/// the result says what was possible.
pub fn lengthen(scene: &mut Scene, own_us: Vec<f64>) -> Growth {
    let calls = scene.calls();
    let mut growth = Growth { waited_us: vec![0.0; own_us.len()], own_us };
    let mut later = vec![0.0; scene.len()];
    // Calls have larger numbers than their parents, so this is bottom up, and what follows top down.
    for span in (0..scene.len()).rev() {
        if growth.own_us[span] < 0.0 {
            growth.own_us[span] = growth.own_us[span].max(-own_tail_us(scene, span, &calls[span]));
        }
        if calls[span].iter().any(|&call| growth.total_us(call) != 0.0) {
            growth.waited_us[span] = if scene.has_starts {
                follow(scene, span, &calls[span], &growth, &mut later)
            } else {
                let waited = calls[span].iter().filter(|&&call| scene.waits(span, call));
                // Calls that were longer together than their parent were not one after the other.
                waited.map(|&call| growth.total_us(call)).sum::<f64>().max(-scene.spans[span].duration_us)
            };
        }
    }
    for span in 0..scene.len() {
        if let Some(parent) = scene.parents[span] {
            later[span] += later[parent];
        }
        let (total, start) = (growth.total_us(span), later[span]);
        if (total != 0.0 || start != 0.0) && !scene.removed[span] {
            let times = &mut scene.spans[span];
            times.start_us += start;
            // Not below 0 but for rounding.
            times.duration_us = (times.duration_us + total).max(0.0);
            scene.touch();
        }
    }
    growth
}

/// What a span does after the last call that it waits for.
fn own_tail_us(scene: &Scene, span: usize, calls: &[usize]) -> f64 {
    let duration = scene.spans[span].duration_us;
    let waited = calls.iter().filter(|&&call| scene.waits(span, call));
    let tail = if scene.has_starts {
        scene.end_us(span) - waited.map(|&call| scene.end_us(call)).fold(scene.spans[span].start_us, f64::max)
    } else {
        duration - waited.map(|&call| scene.spans[call].duration_us).sum::<f64>()
    };
    tail.clamp(0.0, duration)
}

/// Latest ends of some calls, before and after a change.
struct Latest {
    old: f64,
    new: f64,
}

impl Latest {
    const NONE: Self = Self { old: f64::NEG_INFINITY, new: f64::NEG_INFINITY };

    fn add(&mut self, old: f64, change: f64) {
        self.old = self.old.max(old);
        self.new = self.new.max(old + change);
    }

    /// How much later the latest is; 0 for none.
    fn change(&self) -> f64 {
        if self.old == f64::NEG_INFINITY { 0.0 } else { self.new - self.old }
    }
}

/// Sets how much later each call begins, seen from its parent, and returns how much longer the parent waits. O(k log k) for k calls.
fn follow(scene: &Scene, parent: usize, calls: &[usize], growth: &Growth, later: &mut [f64]) -> f64 {
    let start = |call: usize| scene.spans[call].start_us;
    let mut by_start = calls.to_vec();
    by_start.sort_by(|&a, &b| start(a).total_cmp(&start(b)).then(scene.end_us(a).total_cmp(&scene.end_us(b))));
    // Places in `by_start`, and in its order where ends are the same: of two calls of no duration at one instant, the second follows the first.
    let mut by_end: Vec<usize> = (0..by_start.len()).collect();
    by_end.sort_by(|&a, &b| scene.end_us(by_start[a]).total_cmp(&scene.end_us(by_start[b])));
    let mut ended = by_end.into_iter().peekable();
    let (mut before, mut all) = (Latest::NONE, Latest::NONE);
    // A clock artefact may let a call end before its parent begins, which then does not depend on it.
    all.add(start(parent), 0.0);
    for (place, &call) in by_start.iter().enumerate() {
        while let Some(earlier) = ended.next_if(|&earlier| earlier < place && scene.end_us(by_start[earlier]) <= start(call)) {
            let earlier = by_start[earlier];
            before.add(scene.end_us(earlier), later[earlier] + growth.total_us(earlier));
        }
        later[call] = before.change();
        if scene.waits(parent, call) {
            all.add(scene.end_us(call), later[call] + growth.total_us(call));
        }
    }
    all.change()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Call, any_corpus, corpus_of, corpus_without_starts};

    /// Starts and durations after span `hit` takes `own` longer.
    fn after(calls: &[(Option<usize>, f64, f64)], own: &[(usize, f64)]) -> Vec<(f64, f64)> {
        let calls: Vec<Call> = calls.iter().map(|&(parent, start, duration)| Call::new("s/o", parent, start, duration)).collect();
        let corpus = corpus_of(&[calls]);
        let mut scene = Scene::of(corpus.trace(0), true);
        let mut own_us = vec![0.0; scene.len()];
        own.iter().for_each(|&(span, us)| own_us[span] = us);
        lengthen(&mut scene, own_us);
        scene.spans.iter().map(|span| (span.start_us, span.duration_us)).collect()
    }

    /// Root 0–100; first call 10–30 with a call of its own 12–20; the second one 40–60; a call 15–80 beside both; one that outlasts the root.
    const TRACE: [(Option<usize>, f64, f64); 6] = [
        (None, 0.0, 100.0),
        (Some(0), 10.0, 20.0),
        (Some(1), 12.0, 8.0),
        (Some(0), 15.0, 65.0),
        (Some(0), 40.0, 20.0),
        (Some(0), 90.0, 50.0),
    ];

    #[test]
    fn a_delay_moves_what_comes_after_and_is_absorbed_by_a_longer_sibling() {
        // The second call ends at 75 instead of 60, before the parallel one at 80: the root does not notice.
        let expected = [(0.0, 100.0), (10.0, 35.0), (12.0, 23.0), (15.0, 65.0), (55.0, 20.0), (90.0, 50.0)];
        assert_eq!(after(&TRACE, &[(2, 15.0)]), expected);
        // It ends at 90, 10 after the parallel one; what began after both begins 10 later, though it outlasts the root.
        let expected = [(0.0, 110.0), (10.0, 50.0), (12.0, 38.0), (15.0, 65.0), (70.0, 20.0), (100.0, 50.0)];
        assert_eq!(after(&TRACE, &[(2, 30.0)]), expected);
    }

    #[test]
    fn nobody_waits_for_a_call_that_outlasts_its_parent() {
        let mut expected = TRACE.map(|(_, start, duration)| (start, duration));
        expected[5].1 = 1050.0;
        assert_eq!(after(&TRACE, &[(5, 1000.0)]), expected);
    }

    #[test]
    fn delays_side_by_side_do_not_add_up_and_delays_in_a_row_do() {
        let parallel = [(None, 0.0, 100.0), (Some(0), 10.0, 50.0), (Some(0), 10.0, 50.0)];
        assert_eq!(after(&parallel, &[(1, 7.0), (2, 5.0)])[0], (0.0, 107.0));
        let row = [(None, 0.0, 100.0), (Some(0), 10.0, 20.0), (Some(0), 40.0, 20.0)];
        assert_eq!(after(&row, &[(1, 7.0), (2, 5.0)]), [(0.0, 112.0), (10.0, 27.0), (47.0, 25.0)]);
    }

    #[test]
    fn a_shorter_call_pulls_what_follows_and_never_ends_before_what_it_waits_for() {
        let row = [(None, 0.0, 100.0), (Some(0), 10.0, 20.0), (Some(0), 40.0, 20.0)];
        assert_eq!(after(&row, &[(1, -15.0)]), [(0.0, 85.0), (10.0, 5.0), (25.0, 20.0)]);
        assert_eq!(after(&row, &[(0, -99.0)]), [(0.0, 60.0), (10.0, 20.0), (40.0, 20.0)]);
        assert_eq!(after(&row, &[(2, -99.0)]), [(0.0, 80.0), (10.0, 20.0), (40.0, 0.0)]);
    }

    #[test]
    fn calls_of_no_duration_at_one_instant_follow_each_other() {
        let instant = [(None, 0.0, 10.0), (Some(0), 5.0, 0.0), (Some(0), 5.0, 0.0), (Some(0), 5.0, 1.0)];
        assert_eq!(after(&instant, &[(1, 3.0)]), [(0.0, 13.0), (5.0, 3.0), (8.0, 0.0), (8.0, 1.0)]);
    }

    #[test]
    fn without_starts_every_ancestor_that_is_no_shorter_takes_all_of_it() {
        let calls = [("s/o", None, 50.0), ("s/o", Some(0), 90.0), ("s/o", Some(1), 90.0), ("s/o", Some(2), 10.0), ("s/o", Some(2), 10.0)];
        let calls = calls.map(|(name, parent, duration)| Call::new(name, parent, 0.0, duration));
        let corpus = corpus_without_starts(&[calls.to_vec()]);
        let mut scene = Scene::of(corpus.trace(0), false);
        let growth = lengthen(&mut scene, vec![0.0, 0.0, 0.0, 4.0, 3.0]);
        assert_eq!(growth.waited_us, [0.0, 7.0, 7.0, 0.0, 0.0]);
        assert_eq!(scene.spans.iter().map(|span| span.duration_us).collect::<Vec<_>>(), [50.0, 97.0, 97.0, 14.0, 13.0]);
        assert!(scene.spans.iter().all(|span| span.start_us == 0.0));
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_no_problem() {
        let depth = 100_000;
        let calls: Vec<Call> = (0..depth).map(|i: usize| Call::new("s/o", i.checked_sub(1), 0.0, 10.0)).collect();
        let corpus = corpus_of(&[calls]);
        let mut scene = Scene::of(corpus.trace(0), true);
        let mut own_us = vec![0.0; depth];
        own_us[depth - 1] = 5.0;
        lengthen(&mut scene, own_us);
        assert_eq!(scene.spans[0].duration_us, 15.0);
    }

    /// Whether `span` or anything below it takes longer itself.
    fn delayed_below(scene: &Scene, own_us: &[f64]) -> Vec<bool> {
        let mut delayed: Vec<bool> = own_us.iter().map(|&own| own != 0.0).collect();
        for span in (0..scene.len()).rev() {
            if let (Some(parent), true) = (scene.parents[span], delayed[span]) {
                delayed[parent] = true;
            }
        }
        delayed
    }

    proptest! {
        #[test]
        fn delays_keep_the_order_of_what_waits_and_reach_nothing_else(
            corpus in any_corpus(),
            delays in proptest::collection::vec(prop_oneof![3 => Just(0u16), 1 => 1u16..500], 12),
        ) {
            for trace in corpus.traces() {
                let before = Scene::of(trace, corpus.has_starts());
                let mut after = before.clone();
                let own_us: Vec<f64> = delays[..before.len()].iter().map(|&us| f64::from(us)).collect();
                let growth = lengthen(&mut after, own_us.clone());
                prop_assert_eq!(&growth.own_us, &own_us, "nothing stops a delay");
                let delayed = delayed_below(&before, &own_us);
                for (span, &delayed) in delayed.iter().enumerate() {
                    let longer = after.spans[span].duration_us - before.spans[span].duration_us;
                    prop_assert_eq!(longer, growth.own_us[span] + growth.waited_us[span]);
                    prop_assert!(growth.waited_us[span] >= 0.0 && after.spans[span].start_us >= before.spans[span].start_us);
                    prop_assert!(delayed || longer == 0.0, "span {span} has nothing slow below");
                    let Some(parent) = before.parents[span] else { continue };
                    prop_assert!(!before.waits(parent, span) || after.waits(parent, span), "a caller that waited still waits");
                    if !before.has_starts {
                        prop_assert!(!before.waits(parent, span) || growth.waited_us[parent] >= longer);
                        continue;
                    }
                    for sibling in (0..before.len()).filter(|&other| before.parents[other] == Some(parent)) {
                        let (a, b) = (before.spans[span], before.spans[sibling]);
                        let same_time = (a.start_us, a.duration_us) == (b.start_us, b.duration_us);
                        if before.end_us(span) <= b.start_us && !same_time {
                            prop_assert!(after.end_us(span) <= after.spans[sibling].start_us, "what came after still does");
                        }
                    }
                    let first = (0..before.len()).filter(|&other| before.parents[other] == Some(parent));
                    if first.into_iter().all(|other| before.end_us(other) > before.spans[span].start_us || other == span) {
                        let moved = |scene: &Scene| scene.spans[span].start_us - scene.spans[parent].start_us;
                        prop_assert_eq!(moved(&before), moved(&after), "a call that comes after none keeps its place");
                    }
                }
            }
        }
    }
}
