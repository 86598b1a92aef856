//! When the spans of a trace start.

use std::sync::LazyLock;

use rand::distr::Distribution;
use rand::{Rng, RngExt};
use rand_distr::Gamma;

use super::plan::{Shape, SpanPlan};

/// Shape parameters of the gaps in a parent: its time outside its children falls to the gaps before, between and after them as a Dirichlet
/// distribution says. A caller does most of its own work before its first call: with one call, 70 % (quartiles 60 % and 85 %) of it in the
/// start and end times of Nezha's TrainTicket spans.
const FIRST_GAP: f64 = 3.6;
const OTHER_GAP: f64 = 1.5;
/// Calls that run side by side are sent one after the other; the latest is sent after this share, at most, of the time it could wait.
const STAGGER: f64 = 0.2;

/// Starts of all spans in whole µs after the root's. A child lies within its parent if its duration does.
pub fn starts(shape: &Shape, durations: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let mut starts = vec![0.0; shape.spans.len()];
    for (parent, calls) in shape.calls.iter().enumerate().filter(|(_, calls)| !calls.is_empty()) {
        let offsets = offsets(&shape.spans, calls, durations[parent], durations, rng);
        for (&call, offset) in calls.iter().zip(offsets) {
            starts[call] = starts[parent] + offset.floor();
        }
    }
    starts
}

/// Time in µs that `calls` take if each stage waits for the one before.
pub fn sequential_us(spans: &[SpanPlan], calls: &[usize], durations: &[f64]) -> f64 {
    stages(spans, calls).map(|stage| longest(stage, durations)).sum()
}

/// Whether there are several calls and no two side by side.
pub fn one_by_one(spans: &[SpanPlan], calls: &[usize]) -> bool {
    calls.len() > 1 && stages(spans, calls).count() == calls.len()
}

fn stages<'a>(spans: &'a [SpanPlan], calls: &'a [usize]) -> impl Iterator<Item = &'a [usize]> {
    calls.chunk_by(|&a, &b| spans[a].stage == spans[b].stage)
}

fn longest(stage: &[usize], durations: &[f64]) -> f64 {
    stage.iter().map(|&call| durations[call]).fold(0.0, f64::max)
}

/// Offsets of the calls in their parent: one stage after the other where the parent is long enough for that, else overlapping.
fn offsets(spans: &[SpanPlan], calls: &[usize], parent: f64, durations: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let stages: Vec<&[usize]> = stages(spans, calls).collect();
    let slack = parent - sequential_us(spans, calls, durations);
    if slack < 0.0 {
        return overlapping(&stages, parent, durations, rng);
    }
    let gaps = gaps(stages.len(), rng);
    let mut offsets = Vec::with_capacity(calls.len());
    let mut begin = 0.0;
    for (stage, gap) in stages.into_iter().zip(gaps) {
        begin += gap * slack;
        let length = longest(stage, durations);
        offsets.extend(stage.iter().map(|&call| begin + STAGGER * rng.random::<f64>() * (length - durations[call])));
        begin += length;
    }
    offsets
}

/// Children in the order of their stages, each anywhere that its own duration allows.
fn overlapping(stages: &[&[usize]], parent: f64, durations: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let count = stages.len() as f64;
    let mut offsets = Vec::new();
    for (rank, stage) in stages.iter().enumerate() {
        for &child in *stage {
            let latest = (parent - durations[child]).max(0.0);
            offsets.push(latest * (rank as f64 + rng.random::<f64>()) / count);
        }
    }
    offsets
}

/// Shares of the slack before each of `stages` stages; the rest follows the last.
fn gaps(stages: usize, rng: &mut impl Rng) -> Vec<f64> {
    static FIRST: LazyLock<Gamma<f64>> = LazyLock::new(|| Gamma::new(FIRST_GAP, 1.0).expect("a positive shape and scale"));
    static OTHER: LazyLock<Gamma<f64>> = LazyLock::new(|| Gamma::new(OTHER_GAP, 1.0).expect("a positive shape and scale"));
    let mut gaps: Vec<f64> = (0..=stages).map(|i| if i == 0 { FIRST.sample(rng) } else { OTHER.sample(rng) }).collect();
    let total: f64 = gaps.iter().sum();
    gaps.pop();
    gaps.iter_mut().for_each(|gap| *gap /= total);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(parent: Option<usize>, stage: usize) -> SpanPlan {
        SpanPlan { service: 0, operation: 0, parent, stage, host: parent, overflows: false, has_status: false }
    }

    #[test]
    fn stages_follow_each_other_and_calls_of_a_stage_overlap() {
        let spans = vec![span(None, 0), span(Some(0), 1), span(Some(0), 0), span(Some(0), 0)];
        let shape = Shape::untimed(spans);
        let durations = [1000.0, 300.0, 400.0, 350.0];
        let mut rng = tracesmith_trace::rng(1, "placement");
        for _ in 0..200 {
            let starts = starts(&shape, &durations, &mut rng);
            assert!(starts[1] + 1.0 >= f64::max(starts[2] + 400.0, starts[3] + 350.0), "{starts:?}");
            assert!(starts[1] + 300.0 <= 1000.0);
            assert!((starts[2] - starts[3]).abs() < 350.0);
        }
    }

    #[test]
    fn calls_that_do_not_fit_one_after_the_other_overlap_within_their_parent() {
        let spans = vec![span(None, 0), span(Some(0), 0), span(Some(0), 1)];
        let shape = Shape::untimed(spans);
        let durations = [1000.0, 700.0, 900.0];
        let mut rng = tracesmith_trace::rng(1, "placement");
        for _ in 0..200 {
            let starts = starts(&shape, &durations, &mut rng);
            assert!(starts[1] <= 300.0 && starts[2] <= 100.0, "{starts:?}");
        }
    }

    #[test]
    fn a_call_that_outlasts_its_parent_starts_with_it() {
        let shape = Shape::untimed(vec![span(None, 0), span(Some(0), 0)]);
        assert_eq!(starts(&shape, &[10.0, 20.0], &mut tracesmith_trace::rng(1, "placement")), [0.0, 0.0]);
    }
}
