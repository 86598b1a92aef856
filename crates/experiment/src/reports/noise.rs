//! Is a difference between two runs more than what another choice of seeds would make?

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// One value a seed; a figure without a seed stands alone.
pub(super) type Series = BTreeMap<Option<u64>, f64>;

/// Share of intervals that hold the true difference.
const CONFIDENCE: f64 = 0.95;

/// How far the mean of a second series is from that of a first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// Second less first.
    pub difference: f64,
    /// Its 95 % interval; `None` if a series has one value only, which tells nothing of the noise.
    pub interval: Option<[f64; 2]>,
    /// Probability of a difference at least as large if seeds alone made it.
    pub probability: Option<f64>,
}

/// Compares two series by Student's paired t test over seeds if both have the same seeds, else by Welch's test.
pub(super) fn shift(first: &Series, second: &Series) -> Shift {
    let paired = first.len() == second.len() && first.keys().eq(second.keys());
    if paired {
        let differences: Vec<f64> = second.values().zip(first.values()).map(|(second, first)| second - first).collect();
        let Moments { mean, of_mean, n } = moments(&differences);
        return judged(mean, of_mean, n - 1.0);
    }
    let values = |series: &Series| moments(&series.values().copied().collect::<Vec<_>>());
    let (a, b) = (values(first), values(second));
    let squares = a.of_mean + b.of_mean;
    // Welch & Satterthwaite; with no spread at all the number does not matter.
    let parts = a.of_mean.powi(2) / (a.n - 1.0) + b.of_mean.powi(2) / (b.n - 1.0);
    let freedom = if squares > 0.0 { squares.powi(2) / parts } else { a.n + b.n - 2.0 };
    judged(b.mean - a.mean, squares, if a.n.min(b.n) > 1.0 { freedom } else { 0.0 })
}

struct Moments {
    mean: f64,
    /// Estimated variance of the mean.
    of_mean: f64,
    n: f64,
}

fn moments(values: &[f64]) -> Moments {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Moments { mean, of_mean: if n > 1.0 { squares / (n - 1.0) / n } else { 0.0 }, n }
}

/// A difference with this variance and these degrees of freedom; none of the latter if nothing is known of the noise.
fn judged(difference: f64, variance: f64, freedom: f64) -> Shift {
    let unknown = Shift { difference, interval: None, probability: None };
    let Ok(student) = StudentsT::new(0.0, 1.0, freedom) else { return unknown };
    let deviation = variance.sqrt();
    let reach = student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)) * deviation;
    let probability = match deviation {
        0.0 if difference == 0.0 => 1.0,
        0.0 => 0.0,
        deviation => (2.0 * student.sf((difference / deviation).abs())).min(1.0),
    };
    Shift { interval: Some([difference - reach, difference + reach]), probability: Some(probability), ..unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series<const N: usize>(first_seed: u64, values: [f64; N]) -> Series {
        values.into_iter().enumerate().map(|(i, value)| (Some(first_seed + i as u64), value)).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn equal_seeds_are_paired() {
        // Differences 0.1, 0.3, 0.2: t = √12 with 2 degrees of freedom, where p = 1 − t/√(2 + t²), and the interval reaches 4.302653 · 0.1/√3.
        let Shift { difference, interval, probability } = shift(&series(1, [1.0, 2.0, 3.0]), &series(1, [1.1, 2.3, 3.2]));
        let [low, high] = interval.unwrap();
        assert!(close(difference, 0.2) && close(probability.unwrap(), 0.074_179_9), "{difference} {probability:?}");
        assert!(close(low, -0.048_413_8) && close(high, 0.448_413_8), "{low} {high}");
    }

    #[test]
    fn other_seeds_are_compared_by_welch() {
        // t = 2.5/√4.75 with 4.75²/((5/12)²/3 + (13/3)²/2) = 2.388385 degrees of freedom; the density integrated by Simpson's rule.
        let Shift { difference, probability, .. } = shift(&series(1, [1.0, 2.0, 3.0, 4.0]), &series(11, [2.0, 4.0, 9.0]));
        assert!(close(difference, 2.5), "{difference}");
        assert!((probability.unwrap() - 0.353_209).abs() < 1e-5, "{probability:?}");
    }

    #[test]
    fn one_seed_tells_nothing_of_the_noise() {
        for (first, second) in [(series(1, [1.0]), series(1, [2.0])), (series(1, [1.0]), series(1, [2.0, 3.0]))] {
            let found = shift(&first, &second);
            assert_eq!((found.interval, found.probability), (None, None));
        }
    }

    #[test]
    fn a_difference_without_any_spread_is_no_noise() {
        assert_eq!(shift(&series(1, [1.0, 1.0]), &series(1, [1.5, 1.5])).probability, Some(0.0));
        assert_eq!(shift(&series(1, [1.0, 1.0]), &series(5, [1.5, 1.5])).probability, Some(0.0));
        assert_eq!(shift(&series(1, [1.0, 1.0]), &series(1, [1.0, 1.0])).probability, Some(1.0));
    }
}
