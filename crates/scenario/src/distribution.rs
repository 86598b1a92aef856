//! Distributions of times in µs.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

/// A distribution of times in µs, none negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same.
    Constant(f64),
    /// Evenly from `min` to `max`.
    Uniform {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// Normal; what falls below 0 is 0.
    Normal {
        /// Mean before the cut at 0.
        mean: f64,
        /// Standard deviation before the cut at 0.
        sd: f64,
    },
    /// The logarithm is normal: a long tail.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
}

impl Distribution {
    /// A draw in µs.
    pub fn draw(&self, rng: &mut impl Rng) -> f64 {
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        match *self {
            Self::Constant(us) => us,
            Self::Uniform { min, max } => rng.random_range(min..=max),
            Self::Normal { mean, sd } => (mean + sd * normal()).max(0.0),
            Self::Lognormal { median, sigma } => median * (sigma * normal()).exp(),
        }
    }

    /// What is wrong with the parameters.
    pub(crate) fn flaw(&self) -> Option<String> {
        let parameters = match *self {
            Self::Constant(us) => vec![us],
            Self::Uniform { min, max } if min > max => return Some(format!("min = {min} is above max = {max}")),
            Self::Uniform { min, max } => vec![min, max],
            Self::Normal { mean, sd } => vec![mean, sd],
            Self::Lognormal { median, sigma } => vec![median, sigma],
        };
        let bad = parameters.into_iter().find(|value| !(0.0..f64::INFINITY).contains(value));
        bad.map(|value| format!("{value} is no time: use a number of µs, 0 or more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(distribution: Distribution) -> Vec<f64> {
        let mut rng = tracesmith_trace::rng(1, "distribution");
        let mut draws: Vec<f64> = (0..4_001).map(|_| distribution.draw(&mut rng)).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    fn mean(draws: &[f64]) -> f64 {
        draws.iter().sum::<f64>() / draws.len() as f64
    }

    #[test]
    fn draws_have_the_parameters_of_their_distribution() {
        assert_eq!(draws(Distribution::Constant(7.0))[0], 7.0);
        let uniform = draws(Distribution::Uniform { min: 10.0, max: 20.0 });
        assert!(uniform[0] >= 10.0 && uniform[4_000] <= 20.0 && (mean(&uniform) - 15.0).abs() < 0.2);
        let normal = draws(Distribution::Normal { mean: 100.0, sd: 10.0 });
        assert!((mean(&normal) - 100.0).abs() < 0.7 && (normal[3_365] - 110.0).abs() < 1.5);
        let lognormal = draws(Distribution::Lognormal { median: 50.0, sigma: 1.0 });
        assert!((lognormal[2_000] - 50.0).abs() < 3.0 && mean(&lognormal) > 70.0);
    }

    #[test]
    fn no_draw_is_negative() {
        let normal = draws(Distribution::Normal { mean: 1.0, sd: 10.0 });
        assert_eq!(normal[0], 0.0);
        assert!(normal.iter().filter(|&&us| us == 0.0).count() > 1_000);
    }

    #[test]
    fn impossible_parameters_are_named() {
        assert!(Distribution::Uniform { min: 3.0, max: 1.0 }.flaw().unwrap().contains("min = 3 is above max = 1"));
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(Distribution::Constant(bad).flaw().is_some());
            assert!(Distribution::Normal { mean: 1.0, sd: bad }.flaw().is_some());
        }
        assert_eq!(Distribution::Lognormal { median: 1.0, sigma: 0.0 }.flaw(), None);
    }
}
