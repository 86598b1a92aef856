//! Durations from a few measured quantiles.

/// Parts into which the curve between two measured quantiles is cut; it is linear inside each.
const PARTS: usize = 8;
/// Bound of the power with which a tail takes up speed; 1 is a straight line.
const STEEPEST_TAIL: f64 = 3.5;

/// A continuous, increasing map from (0, 1) to durations through the measured quantiles.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileFunction {
    knots: Vec<Knot>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Knot {
    probability: f64,
    ln_us: f64,
}

impl QuantileFunction {
    /// From the quantiles in µs of `traces` measured durations at `probabilities`, both ascending.
    ///
    /// The measured quantile at p is the order statistic of rank r = round(p (n − 1)), counted from 0, so its knot stands at the plotting
    /// position (r + ½)/n (Hazen): with few traces the quantiles at 1 % and 5 % are both the minimum, which then has the mass 1/n.
    ///
    /// Between the knots the curve runs through the logarithms of the durations, which keeps the long tails of retries (2 ms to 9 s between two
    /// knots) from becoming uniform in seconds. Away from the median it is convex where durations grow and concave where they shrink, because
    /// the real tails are a few far values beyond a dense middle.
    pub fn new(quantiles_us: &[f64], probabilities: &[f64], traces: usize) -> Self {
        let n = traces as f64;
        let mut knots: Vec<Knot> = Vec::with_capacity(quantiles_us.len());
        for (&us, &p) in quantiles_us.iter().zip(probabilities) {
            let probability = ((p * (n - 1.0)).round() + 0.5) / n;
            if knots.last().is_none_or(|last| last.probability < probability) {
                knots.push(Knot { probability, ln_us: us.max(0.5).ln() });
            }
        }
        Self { knots: refined(&knots) }
    }

    /// The duration in µs that a share `probability` of all durations does not exceed.
    pub fn at(&self, probability: f64) -> f64 {
        let next = self.knots.partition_point(|knot| knot.probability < probability);
        match (next.checked_sub(1).map(|i| self.knots[i]), self.knots.get(next)) {
            (Some(a), Some(b)) => {
                let share = (probability - a.probability) / (b.probability - a.probability);
                (a.ln_us + share * (b.ln_us - a.ln_us)).exp()
            }
            (Some(end), None) => end.ln_us.exp(),
            (None, Some(end)) => end.ln_us.exp(),
            (None, None) => 0.0,
        }
    }

    /// The share of durations of at most `us` µs: the largest probability whose quantile does not exceed it.
    pub fn probability_of(&self, us: f64) -> f64 {
        // A hair of tolerance makes `probability_of(at(p)) ≥ p` survive exp and ln.
        let ln_us = us.max(0.5).ln() + 1e-12;
        let next = self.knots.partition_point(|knot| knot.ln_us <= ln_us);
        match (next.checked_sub(1).map(|i| self.knots[i]), self.knots.get(next)) {
            (Some(a), Some(b)) => a.probability + (ln_us - a.ln_us) / (b.ln_us - a.ln_us) * (b.probability - a.probability),
            (Some(_), None) => 1.0,
            (None, _) => 0.0,
        }
    }
}

/// Points of the curve through `knots`, on which a tail starts as steeply as the piece before it ended and takes up speed outwards.
fn refined(knots: &[Knot]) -> Vec<Knot> {
    let slopes: Vec<f64> = knots.windows(2).map(|k| (k[1].ln_us - k[0].ln_us) / (k[1].probability - k[0].probability)).collect();
    let mut points: Vec<Knot> = knots[..1].to_vec();
    for (i, ends) in knots.windows(2).enumerate() {
        let width = ends[1].probability - ends[0].probability;
        let upper = ends[0].probability + ends[1].probability > 1.0;
        let inner = if upper { i.checked_sub(1).map(|j| slopes[j]) } else { slopes.get(i + 1).copied() };
        let steady = inner.map_or(slopes[i], |inner| inner.min(slopes[i])) * width;
        let excess = slopes[i] * width - steady;
        // A tail that grows by the factor e takes up speed with the power 3.5, one that hardly grows is nearly straight.
        let power = (1.0 + 2.5 * (ends[1].ln_us - ends[0].ln_us)).min(STEEPEST_TAIL);
        points.extend((1..=PARTS).map(|part| {
            let t = part as f64 / PARTS as f64;
            let outwards = if upper { t.powf(power) } else { 1.0 - (1.0 - t).powf(power) };
            let ln_us = if part == PARTS { ends[1].ln_us } else { ends[0].ln_us + steady * t + excess * outwards };
            Knot { probability: ends[0].probability + t * width, ln_us }
        }));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBABILITIES: [f64; 9] = [0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0];

    #[test]
    fn order_statistics_keep_their_mass() {
        let function = QuantileFunction::new(&[1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0], &PROBABILITIES, 5);
        for (probability, us) in [(0.0, 1.0), (0.1, 1.0), (0.3, 2.0), (0.4, 8f64.sqrt()), (0.5, 4.0), (0.9, 16.0), (1.0, 16.0)] {
            assert!((function.at(probability) - us).abs() < 1e-9, "{probability}");
        }
    }

    #[test]
    fn far_values_are_few() {
        let function = QuantileFunction::new(&[200.0, 205.0, 210.0, 230.0, 240.0, 250.0, 800.0, 810.0, 820.0], &PROBABILITIES, 1000);
        assert!(function.probability_of(300.0) > 0.85);
        let values: Vec<f64> = (0..=1000).map(|i| function.at(f64::from(i) / 1000.0)).collect();
        assert!(values.is_sorted());
    }

    #[test]
    fn the_inverse_gives_the_largest_probability() {
        let function = QuantileFunction::new(&[1.0, 1.0, 1.0, 2.0, 2.0, 8.0, 16.0, 16.0, 16.0], &PROBABILITIES, 5);
        assert_eq!(function.probability_of(0.6), 0.0);
        assert!((function.probability_of(2.0) - 0.5).abs() < 1e-9);
        assert!((function.probability_of(function.at(0.6)) - 0.6).abs() < 1e-9);
        assert_eq!(function.probability_of(16.0), 1.0);
    }
}
