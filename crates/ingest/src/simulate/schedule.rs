//! Which trace falls into which window, and when it arrives.

use rand::{Rng, RngExt};
use tracesmith_formats::FaultWindow;

use super::plan::Workload;

const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_US: i64 = 1_000;

/// The windows of all traces of a run.
#[derive(Debug)]
pub struct Schedule<'a> {
    workload: &'a Workload,
    faults: bool,
    start_ns: i64,
    campaigns: usize,
    /// First index after the traces of each window.
    ends: Vec<usize>,
}

/// Where one trace falls.
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    /// 0 for normal time.
    pub window: usize,
    /// Intervals, in ns, in which the trace may arrive: one for a fault, all gaps of the campaign for normal time.
    intervals: Vec<(i64, i64)>,
}

impl<'a> Schedule<'a> {
    /// Deals `traces` traces to the windows of as many campaigns as they fill.
    pub fn new(workload: &'a Workload, traces: usize, faults: bool, start_ns: i64) -> Self {
        let weights = if faults { &workload.traces[..] } else { &workload.traces[..1] };
        let campaign: usize = workload.traces.iter().sum();
        let campaigns = ((traces as f64 / campaign as f64).round() as usize).max(1);
        Self { workload, faults, start_ns, campaigns, ends: shares(traces, weights) }
    }

    /// The slot of the trace with this index.
    pub fn slot(&self, index: usize) -> Slot {
        let window = self.ends.partition_point(|&end| end <= index);
        let first = if window == 0 { 0 } else { self.ends[window - 1] };
        let begin = self.campaign_start((index - first) % self.campaigns);
        let length_ns = i64::from(self.workload.length_s) * NS_PER_S;
        let windows = if self.faults { self.windows(begin) } else { Vec::new() };
        if window > 0 {
            return Slot { window, intervals: vec![windows[window - 1]] };
        }
        let bounds: Vec<i64> = std::iter::once(begin)
            .chain(windows.iter().flat_map(|&(start, last)| [start, last + NS_PER_US]))
            .chain([begin + length_ns])
            .collect();
        Slot { window, intervals: bounds.chunks_exact(2).map(|gap| (gap[0], gap[1])).collect() }
    }

    /// All fault windows by start.
    pub fn faults(&self) -> Vec<FaultWindow> {
        let campaigns = if self.faults { self.campaigns } else { 0 };
        (0..campaigns)
            .flat_map(|campaign| self.workload.faults.iter().zip(self.windows(self.campaign_start(campaign))))
            .map(|(share, (start_ns, end_ns))| FaultWindow { fault: share.fault(), start_ns, end_ns })
            .collect()
    }

    fn campaign_start(&self, campaign: usize) -> i64 {
        self.start_ns + campaign as i64 * i64::from(self.workload.length_s) * NS_PER_S
    }

    fn windows(&self, begin: i64) -> Vec<(i64, i64)> {
        let window = |share: &super::table::FaultShare| {
            let start = begin + i64::from(share.start_s) * NS_PER_S;
            (start, start + i64::from(share.duration_s) * NS_PER_S)
        };
        self.workload.faults.iter().map(window).collect()
    }
}

impl Slot {
    /// Arrival in ns, in whole µs, of a trace whose root lasts `root_us` µs: uniform, but a normal trace is over before the next fault begins,
    /// if its gap is long enough, because a trace that reaches into a fault window counts as abnormal.
    pub fn arrival_ns(&self, root_us: f64, rng: &mut impl Rng) -> i64 {
        let reach = if self.window == 0 { (root_us as i64 + 1) * NS_PER_US } else { 0 };
        let room = |&(start, end): &(i64, i64)| (end - start - reach).max(0);
        let total: i64 = self.intervals.iter().map(room).sum();
        let mut place = rng.random_range(0..total.max(1));
        for interval in &self.intervals {
            if place < room(interval) {
                return interval.0 + place / NS_PER_US * NS_PER_US;
            }
            place -= room(interval);
        }
        self.intervals[0].0
    }
}

/// Running sums of `total` dealt in proportion to `weights` by largest remainder.
fn shares(total: usize, weights: &[usize]) -> Vec<usize> {
    let sum: usize = weights.iter().sum();
    let mut counts: Vec<usize> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&i| std::cmp::Reverse(total * weights[i] % sum));
    let missing = total - counts.iter().sum::<usize>();
    for &i in &by_remainder[..missing] {
        counts[i] += 1;
    }
    counts
        .iter()
        .scan(0, |end, count| {
            *end += count;
            Some(*end)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::System;

    #[test]
    fn shares_add_up_to_the_total() {
        assert_eq!(shares(10, &[1, 1, 1]), [4, 7, 10]);
        assert_eq!(shares(0, &[1, 2]), [0, 0]);
    }

    #[test]
    fn twice_the_traces_are_two_campaigns_of_the_same_length() {
        let workload = System::TrainTicket.workload();
        let traces: usize = workload.traces.iter().sum();
        let once = Schedule::new(workload, traces, true, 0).faults();
        let twice = Schedule::new(workload, 2 * traces, true, 0).faults();
        assert_eq!(twice.len(), 2 * once.len());
        assert_eq!(twice[..once.len()], once[..]);
        assert_eq!(twice[once.len()].start_ns - twice[0].start_ns, i64::from(workload.length_s) * NS_PER_S);
    }
}
