//! Quantile tables: an empirical distribution as a piecewise function that can be inverted.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::CodecError;

/// Below about this size in µs the asinh scale is linear, above it logarithmic.
const ASINH_SCALE_US: f64 = 10.0;

/// Observations that share a knot: between knots that are all the values, draws lie closer to them than to values never seen.
const SHARE_A_KNOT: usize = 8;

/// A value in µs on the scale on which gaps are compared and interpolated.
pub(crate) fn asinh_scaled(value: f64) -> f64 {
    (value / ASINH_SCALE_US).asinh()
}

/// The value in µs at a place on that scale.
fn asinh_inverse(scaled: f64) -> f64 {
    scaled.sinh() * ASINH_SCALE_US
}

/// The quantile function of a sample: knots, between them linear on the asinh scale, and constant before the first and after the last.
///
/// The i-th smallest of n values stands at probability (i + ½) / n. Equal values so make a plateau, over which they are spread uniformly;
/// between plateaus the function is continuous and rising, so that every value inside the range of the table has a probability that gives it
/// back, up to the resolution of an `f32`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Knots")]
pub(crate) struct Table {
    /// Rising probabilities, as `f32` so that a knot's own value survives exactly.
    probabilities: Vec<f32>,
    /// Values in µs that do not fall.
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Knots {
    probabilities: Vec<f32>,
    values: Vec<f64>,
}

impl TryFrom<Knots> for Table {
    type Error = CodecError;

    fn try_from(Knots { probabilities, values }: Knots) -> Result<Self, CodecError> {
        let rise = probabilities.windows(2).all(|pair| pair[0] < pair[1]) && values.is_sorted();
        let in_range = probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && values.iter().all(|value| value.is_finite());
        if values.is_empty() || values.len() != probabilities.len() || !rise || !in_range {
            return Err(CodecError::Inconsistent("a quantile table is empty or does not rise"));
        }
        Ok(Self { probabilities, values })
    }
}

impl Table {
    /// A table that gives `value` at every probability.
    pub(crate) fn constant(value: f64) -> Self {
        Self { probabilities: vec![0.5], values: vec![value] }
    }

    /// The table of a sample, with `knots` knots and a few more near the ends; for fewer than `smooth_below` values without the values
    /// themselves. An empty sample gives the constant 0.
    pub(crate) fn fit(mut sample: Vec<f64>, knots: usize, smooth_below: usize) -> Self {
        sample.sort_unstable_by(f64::total_cmp);
        if sample.is_empty() {
            Self::constant(0.0)
        } else if sample.len() < smooth_below {
            smooth(&sample)
        } else {
            let knots = knots.min(sample.len() / SHARE_A_KNOT).max(2);
            thin(&sample, knots)
        }
    }

    fn from_positions(n: usize, knots: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut table = Self { probabilities: Vec::new(), values: Vec::new() };
        for (position, value) in knots {
            let probability = ((position + 0.5) / n as f64) as f32;
            // Of more than millions of values, neighbours cannot be told apart in an f32.
            if table.probabilities.last().is_none_or(|&last| last < probability) {
                table.probabilities.push(probability);
                table.values.push(value);
            }
        }
        table
    }

    /// A probability that [`Table::value`] turns back into `value`; values outside the range are moved to its ends.
    pub(crate) fn probability(&self, value: f64, rng: &mut impl Rng) -> f32 {
        let last = self.values.len() - 1;
        let value = value.clamp(self.values[0], self.values[last]);
        let from = self.values.partition_point(|&knot| knot < value);
        let to = self.values.partition_point(|&knot| knot <= value);
        if from == to {
            return self.probability_between(from - 1, value);
        }
        let low = if from == 0 { 0.0 } else { self.probabilities[from] };
        let high = if to > last { 1.0 } else { self.probabilities[to - 1] };
        low + (high - low) * rng.random::<f32>()
    }

    fn probability_between(&self, knot: usize, value: f64) -> f32 {
        let (low, high) = (asinh_scaled(self.values[knot]), asinh_scaled(self.values[knot + 1]));
        let share = if high > low { ((asinh_scaled(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        let (start, end) = (f64::from(self.probabilities[knot]), f64::from(self.probabilities[knot + 1]));
        (start + (end - start) * share) as f32
    }

    /// The value in µs at `probability`, which is clamped to 0–1.
    pub(crate) fn value(&self, probability: f32) -> f64 {
        let next = self.probabilities.partition_point(|&knot| knot < probability);
        if next == 0 {
            return self.values[0];
        }
        if next == self.values.len() {
            return self.values[next - 1];
        }
        let (low, high) = (self.values[next - 1], self.values[next]);
        let (start, end) = (f64::from(self.probabilities[next - 1]), f64::from(self.probabilities[next]));
        let share = (f64::from(probability) - start) / (end - start);
        if low == high || share >= 1.0 {
            return high;
        }
        let scaled = asinh_scaled(low) + (asinh_scaled(high) - asinh_scaled(low)) * share;
        asinh_inverse(scaled).clamp(low, high)
    }
}

/// Positions (first and last) of every stretch of equal values.
fn runs(sorted: &[f64]) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    sorted.chunk_by(|a, b| a == b).map(move |run| {
        let first = start;
        start += run.len();
        (first, start - 1)
    })
}

/// Knots at single values: both ends of every long plateau, and of the other positions evenly many, denser near the two ends.
fn thin(sorted: &[f64], knots: usize) -> Table {
    let n = sorted.len();
    let long = 2 * n.div_ceil(knots).max(1);
    let plateaus: Vec<(usize, usize)> = runs(sorted).filter(|(first, last)| last - first + 1 >= long).collect();
    let mut positions: Vec<usize> = plateaus.iter().flat_map(|&(first, last)| [first, last]).collect();
    let mut others = Vec::with_capacity(n);
    let mut next = 0;
    for &(first, last) in &plateaus {
        others.extend(next..first);
        next = last + 1;
    }
    others.extend(next..n);
    let budget = knots.saturating_sub(positions.len()).max(2);
    positions.extend(spread_out(others.len(), budget).map(|i| others[i]));
    positions.sort_unstable();
    positions.dedup();
    Table::from_positions(n, positions.into_iter().map(|position| (position as f64, sorted[position])))
}

/// About `count` of `n` positions: evenly spaced, and at each end a half, a quarter and an eighth of a step in, because the tails of gaps are
/// long.
fn spread_out(n: usize, count: usize) -> impl Iterator<Item = usize> {
    let last = n.saturating_sub(1) as f64;
    let step = last / (count - 1) as f64;
    let even = (0..count).map(move |i| step * i as f64);
    let ends = [0.5, 0.25, 0.125].into_iter().flat_map(move |share| [step * share, last - step * share]);
    let all = if n <= count { (0..n).collect::<Vec<_>>() } else { even.chain(ends).map(|position| position.round() as usize).collect() };
    all.into_iter().filter(move |&position| position < n)
}

/// Knots that are no single value: means of [`SHARE_A_KNOT`] neighbours or more, and values that occur that often. Where an end is a mean,
/// the line through it and its neighbour goes on to probability 0 or 1, so that the means do not cut the tails off.
fn smooth(sorted: &[f64]) -> Table {
    let n = sorted.len();
    let mut knots = Vec::new();
    let mut next = 0;
    let zero = sorted.partition_point(|&value| value < 0.0);
    // A mean of both signs would make common what is an exception: what comes before what.
    let parts = |range: std::ops::Range<usize>, knots: &mut Vec<_>| {
        let middle = zero.clamp(range.start, range.end);
        means(sorted, range.start..middle, knots);
        means(sorted, middle..range.end, knots);
    };
    for (first, last) in runs(sorted).filter(|(first, last)| last - first + 1 >= SHARE_A_KNOT) {
        parts(next..first, &mut knots);
        knots.extend([(first as f64, sorted[first]), (last as f64, sorted[last])]);
        next = last + 1;
    }
    parts(next..n, &mut knots);
    match knots[..] {
        [] => return Table::constant(sorted.iter().sum::<f64>() / n as f64),
        [_] => {}
        [first, second, ..] => {
            let (last, before_last) = (knots[knots.len() - 1], knots[knots.len() - 2]);
            knots.insert(0, extended(second, first, -0.5));
            knots.push(extended(before_last, last, n as f64 - 0.5));
        }
    }
    Table::from_positions(n, knots)
}

/// The knot at position `end` on the line from `inner` through `outer`, no further from `outer` than `inner` is. A plateau stays one.
fn extended(inner: (f64, f64), outer: (f64, f64), end: f64) -> (f64, f64) {
    if inner.1 == outer.1 {
        return (end, outer.1);
    }
    let share = ((end - outer.0) / (outer.0 - inner.0)).clamp(0.0, 1.0);
    let (from, through) = (asinh_scaled(inner.1), asinh_scaled(outer.1));
    let value = asinh_inverse(through + (through - from) * share);
    // A gap that is never negative says what comes before what.
    let value = if outer.1 >= 0.0 { value.max(0.0) } else { value };
    // Rounding must not carry the end back past its neighbour.
    (end, if inner.1 < outer.1 { value.max(outer.1) } else { value.min(outer.1) })
}

/// Adds the means of equal parts of `range`; a range too short for one part adds nothing, and its neighbours' knots stand in for it.
fn means(sorted: &[f64], range: std::ops::Range<usize>, knots: &mut Vec<(f64, f64)>) {
    let parts = range.len() / SHARE_A_KNOT;
    for part in 0..parts {
        let (from, to) = (range.start + part * range.len() / parts, range.start + (part + 1) * range.len() / parts);
        let mean = sorted[from..to].iter().sum::<f64>() / (to - from) as f64;
        // Rounding must not carry a mean past its neighbours.
        knots.push(((from + to - 1) as f64 / 2.0, mean.clamp(sorted[from], sorted[to - 1])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tracesmith_trace::rng;

    #[test]
    fn equal_values_are_spread_over_their_plateau() {
        let mut sample = vec![0.0; 50];
        sample.extend([100.0; 30]);
        sample.extend((1..=20).map(|i| 100.0 + f64::from(i)));
        let table = Table::fit(sample, 192, 0);
        let mut rng = rng(1, "plateau");
        let drawn: Vec<f32> = (0..1000).map(|_| table.probability(100.0, &mut rng)).collect();
        assert!(drawn.iter().all(|&p| (0.504..0.796).contains(&p) && table.value(p) == 100.0));
        assert!(drawn.iter().any(|&p| p < 0.51) && drawn.iter().any(|&p| p > 0.79));
        assert_eq!((table.value(0.0), table.value(1.0), table.value(f32::NAN)), (0.0, 120.0, 0.0));
    }

    #[test]
    fn values_between_and_outside_the_knots_are_interpolated_and_clamped() {
        let table = Table::fit(vec![10.0, 1000.0], 192, 0);
        let mut rng = rng(1, "between");
        for value in [10.0, 11.0, 500.0, 999.0, 1000.0] {
            let again = table.value(table.probability(value, &mut rng));
            assert!((again - value).abs() <= 1e-5 * value, "{value} {again}");
        }
        assert_eq!(table.value(table.probability(-5.0, &mut rng)), 10.0);
        assert_eq!(table.value(table.probability(1e9, &mut rng)), 1000.0);
    }

    #[test]
    fn a_thinned_table_has_few_knots_and_the_same_distribution() {
        let sample: Vec<f64> = (0..20_000).map(|i| (f64::from(i) / 2000.0).exp()).collect();
        let table = Table::fit(sample.clone(), 192, 200);
        assert!(table.values.len() <= 198, "{}", table.values.len());
        for i in (0..20_000).step_by(37) {
            let value = table.value(((f64::from(i) + 0.5) / 20_000.0) as f32);
            assert!((value - sample[i as usize]).abs() <= 2e-3 * value, "{i}");
        }
    }

    #[test]
    fn a_small_table_keeps_no_single_value() {
        let mut sample: Vec<f64> = (0..60).map(|i| 1.0 + f64::from(i * i)).collect();
        sample.extend([7.5; SHARE_A_KNOT]);
        let table = Table::fit(sample.clone(), 192, 200);
        let distinct = runs(&table.values).count();
        // The two ends are extrapolated.
        assert!(distinct <= sample.len() / SHARE_A_KNOT + 2, "{distinct}");
        for value in &table.values {
            assert!(*value == 7.5 || !sample.contains(value), "{value}");
        }
        let largest = table.value(1.0);
        assert!(largest > 3000.0 && largest < 4000.0, "{largest}");
    }

    #[test]
    fn a_plateau_at_the_end_of_a_small_table_is_not_extrapolated() {
        let mut sample = vec![0.0; 30];
        sample.extend((1..=30).map(f64::from));
        sample.extend([40.0; SHARE_A_KNOT]);
        let table = Table::fit(sample, 192, 200);
        assert_eq!((table.value(0.0), table.value(1.0)), (0.0, 40.0));
    }

    #[test]
    fn one_value_is_a_constant_and_none_is_zero() {
        assert_eq!(Table::fit(vec![3.0], 192, 200).value(0.9), 3.0);
        assert_eq!(Table::fit(vec![], 192, 200).value(0.9), 0.0);
    }

    #[test]
    fn a_damaged_table_is_refused() {
        for json in [
            r#"{"probabilities":[],"values":[]}"#,
            r#"{"probabilities":[0.1],"values":[]}"#,
            r#"{"probabilities":[0.1,0.1],"values":[1,2]}"#,
            r#"{"probabilities":[0.1,0.2],"values":[2,1]}"#,
            r#"{"probabilities":[0.1,2.0],"values":[1,2]}"#,
        ] {
            assert!(serde_json::from_str::<Table>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn every_value_inside_the_range_comes_back(
            sample in proptest::collection::vec(prop_oneof![-1e3f64..1e7, Just(0.0), Just(5.0), 0.0f64..20.0], 2..400),
            share in 0.0f64..=1.0,
            smooth_below in prop_oneof![Just(0usize), Just(200)],
            seed: u64,
        ) {
            let table = Table::fit(sample, 24, smooth_below);
            let (low, high) = (table.values[0], table.values[table.values.len() - 1]);
            let mut rng = rng(seed, "table");
            for value in table.values.clone() {
                prop_assert_eq!(table.value(table.probability(value, &mut rng)), value);
            }
            let value = low + (high - low) * share;
            let again = table.value(table.probability(value, &mut rng));
            // An f32 near 1 resolves 6e-8; a step of n = 400 values is 1/400 at least, and spans 30 on the asinh scale at most.
            prop_assert!((asinh_scaled(again) - asinh_scaled(value)).abs() <= 6e-8 * 400.0 * 30.0, "{value} {again}");
        }
    }
}
