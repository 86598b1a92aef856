//! Arrivals from recorded starts.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tracesmith_trace::rng;

use super::error::ArrivalError;

const NANOSECONDS: i64 = 1_000_000_000;

/// Mean number of gaps that are drawn together.
const MEAN_BLOCK: f64 = 32.0;

/// Starts of traces as they were recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Seconds after the first start, in order.
    offsets: Vec<f64>,
}

impl Recording {
    /// Of traces that begin at `starts_ns`, in nanoseconds since the Unix epoch, in any order.
    ///
    /// Starts that are all in whole seconds, as in Eadro's CSV, are spread evenly at random (by `seed`) over their seconds: replayed as they
    /// are, all traces of a second would come at once.
    ///
    /// # Errors
    /// [`ArrivalError`] if there is no time between any of them.
    pub fn new(mut starts_ns: Vec<i64>, seed: u64) -> Result<Self, ArrivalError> {
        let traces = starts_ns.len();
        if traces < 2 {
            return Err(ArrivalError::TooFew { traces });
        }
        starts_ns.sort_unstable();
        let first = starts_ns[0];
        if first == starts_ns[traces - 1] {
            return Err(ArrivalError::NoTime { traces });
        }
        if starts_ns.iter().all(|start| start % NANOSECONDS == 0) {
            spread(&mut starts_ns, seed);
        }
        let first = starts_ns[0];
        // In 128 bits, because starts may lie at both ends of time.
        let offsets = starts_ns.into_iter().map(|start| (i128::from(start) - i128::from(first)) as f64 / NANOSECONDS as f64);
        Ok(Self { offsets: offsets.collect() })
    }

    /// Mean rate in traces a second.
    pub fn rate(&self) -> f64 {
        1.0 / self.mean_gap()
    }

    /// What its gaps teach.
    pub fn learn(&self) -> LearntGaps {
        LearntGaps { gaps: self.offsets.windows(2).map(|pair| pair[1] - pair[0]).collect() }
    }

    fn duration(&self) -> f64 {
        self.offsets.last().copied().unwrap_or_default()
    }

    fn mean_gap(&self) -> f64 {
        self.duration() / (self.offsets.len() - 1) as f64
    }

    /// The starts, and again and again after a mean gap.
    pub(super) fn times(self) -> impl Iterator<Item = f64> {
        let round = self.duration() + self.mean_gap();
        let traces = self.offsets.len();
        (0usize..).map(move |trace| (trace / traces) as f64 * round + self.offsets[trace % traces])
    }
}

fn spread(starts_ns: &mut [i64], seed: u64) {
    let mut rng = rng(seed, "starts within their seconds");
    starts_ns.iter_mut().for_each(|start| *start = start.saturating_add(rng.random_range(0..NANOSECONDS)));
    starts_ns.sort_unstable();
}

/// The gaps between recorded starts, from which new ones are drawn.
///
/// Gaps are drawn in blocks of successive ones that begin anywhere and have lengths of a geometric distribution with mean 32: the stationary
/// bootstrap (Politis and Romano, 1994). Every gap has the distribution of the recorded ones, as in a renewal process, and short bursts
/// stay bursts. What lasts longer than a block, like the course of a day, is not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct LearntGaps {
    /// In seconds, in the order of the recording.
    gaps: Vec<f64>,
}

impl LearntGaps {
    /// Mean rate in traces a second.
    pub fn rate(&self) -> f64 {
        self.gaps.len() as f64 / self.gaps.iter().sum::<f64>()
    }

    pub(super) fn times(self, mut rng: ChaCha8Rng) -> impl Iterator<Item = f64> {
        let mut position = rng.random_range(0..self.gaps.len());
        let mut now = 0.0;
        std::iter::repeat_with(move || {
            now += self.gaps[position];
            let is_new_block = rng.random::<f64>() * MEAN_BLOCK < 1.0;
            position = if is_new_block { rng.random_range(0..self.gaps.len()) } else { (position + 1) % self.gaps.len() };
            now
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(starts: &[i64]) -> Recording {
        Recording::new(starts.to_vec(), 0).unwrap()
    }

    #[test]
    fn a_recording_is_replayed_from_its_first_start_and_then_again() {
        let recording = recording(&[3_000_000_500, 1_000_000_500, 1_500_000_500]);
        assert_eq!(recording.rate(), 1.0);
        assert_eq!(recording.times().take(5).collect::<Vec<_>>(), [0.0, 0.5, 2.0, 3.0, 3.5]);
    }

    #[test]
    fn learnt_gaps_have_the_distribution_and_the_bursts_of_the_recording() {
        // Runs of 100 gaps of 1 ms and of 100 gaps of 99 ms.
        let mut start = 1;
        let starts: Vec<i64> = (0..10_000)
            .map(|trace| {
                start += if trace / 100 % 2 == 0 { 1_000_000 } else { 99_000_000 };
                start
            })
            .collect();
        let learnt = recording(&starts).learn();
        assert!((learnt.rate() / 20.0 - 1.0).abs() < 0.01, "{}", learnt.rate());
        let times: Vec<f64> = learnt.times(rng(0, "test")).take(200_000).collect();
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let share = |count: usize| count as f64 / gaps.len() as f64;
        assert!((share(gaps.iter().filter(|&&gap| gap < 0.05).count()) - 0.5).abs() < 0.05);
        // Independent gaps would change every second time; in the recording one in a hundred does.
        let changes = share(gaps.windows(2).filter(|pair| (pair[0] < 0.05) != (pair[1] < 0.05)).count());
        assert!((0.01..0.05).contains(&changes), "{changes}");
    }

    #[test]
    fn starts_in_whole_seconds_are_spread_over_them() {
        let starts: Vec<i64> = (0..1000).map(|trace| 7_000_000_000 + trace / 100 * 1_000_000_000).collect();
        let times: Vec<f64> = recording(&starts).times().take(1000).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 0.3), "{times:?}");
        assert!((times[999] - 10.0).abs() < 0.5);
        assert_ne!(Recording::new(starts.clone(), 1).unwrap(), recording(&starts));
    }

    #[test]
    fn without_time_between_traces_there_is_nothing_to_learn() {
        assert_eq!(Recording::new(vec![], 0), Err(ArrivalError::TooFew { traces: 0 }));
        assert_eq!(Recording::new(vec![5], 0), Err(ArrivalError::TooFew { traces: 1 }));
        assert_eq!(Recording::new(vec![5; 9], 0), Err(ArrivalError::NoTime { traces: 9 }));
        assert!(recording(&[i64::MIN, i64::MAX]).rate() > 0.0);
    }
}
