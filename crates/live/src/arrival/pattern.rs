//! Arrivals by a formula.

use std::{f64::consts::TAU, fmt, str::FromStr, time::Duration};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};
use thiserror::Error;

/// How the rate goes with time. All patterns have the same mean rate, which is set apart from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pattern {
    /// Evenly spaced.
    Constant,
    /// A Poisson process: independent exponential gaps.
    Poisson,
    /// A Poisson process whose rate is 1 + `amplitude` · sin(2πt / `period`) times the mean: it begins at the mean and rises.
    Diurnal {
        /// Length of a day.
        period: Duration,
        /// From 0 (none) to 1 (nothing arrives at night).
        amplitude: f64,
    },
    /// A Poisson process of two rates that change places after exponential times (a Markov-modulated one).
    Bursty {
        /// Rate in a burst over that between bursts, at least 1.
        factor: f64,
        /// Mean length of a burst.
        length: Duration,
        /// Share of the time that bursts cover, between 0 and 1.
        share: f64,
    },
}

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is no pattern: use constant, poisson, diurnal[:PERIOD[:AMPLITUDE]] (diurnal:24h:0.8; amplitude from 0 to 1) or \
     bursty[:FACTOR[:LENGTH[:SHARE]]] (bursty:5:10s:0.1; factor at least 1, share between 0 and 1)"
)]
pub struct UnknownPattern {
    text: String,
}

const DIURNAL: Pattern = Pattern::Diurnal { period: Duration::from_secs(24 * 60 * 60), amplitude: 0.8 };
const BURSTY: Pattern = Pattern::Bursty { factor: 5.0, length: Duration::from_secs(10), share: 0.1 };

impl Pattern {
    /// Highest rate, as a multiple of the mean.
    pub fn peak(&self) -> f64 {
        match *self {
            Self::Constant | Self::Poisson => 1.0,
            Self::Diurnal { amplitude, .. } => 1.0 + amplitude,
            Self::Bursty { factor, share, .. } => factor * calm_rate(factor, share),
        }
    }

    /// Times in seconds at a mean of `rate` a second.
    pub(super) fn times(self, rate: f64, mut rng: ChaCha8Rng) -> Box<dyn Iterator<Item = f64> + Send> {
        match self {
            Self::Constant => Box::new((0u64..).map(move |trace| trace as f64 / rate)),
            Self::Poisson => Box::new(std::iter::repeat_with(move || exponential(rate, &mut rng)).scan(0.0, add)),
            Self::Diurnal { period, amplitude } => Box::new(diurnal(rate, period.as_secs_f64(), amplitude, rng)),
            Self::Bursty { factor, length, share } => Box::new(bursty(rate, factor, length.as_secs_f64(), share, rng)),
        }
    }

    fn is_possible(&self) -> bool {
        match self {
            Self::Constant | Self::Poisson => true,
            Self::Diurnal { period, amplitude } => !period.is_zero() && (0.0..=1.0).contains(amplitude),
            Self::Bursty { factor, length, share } => {
                (1.0..f64::INFINITY).contains(factor) && !length.is_zero() && *share > 0.0 && *share < 1.0
            }
        }
    }
}

fn add(sum: &mut f64, gap: f64) -> Option<f64> {
    *sum += gap;
    Some(*sum)
}

fn exponential(rate: f64, rng: &mut ChaCha8Rng) -> f64 {
    let unit: f64 = Exp1.sample(rng);
    unit / rate
}

/// A Poisson process of a rate that changes, by thinning one of the highest rate (Lewis and Shedler, 1979).
fn diurnal(rate: f64, period: f64, amplitude: f64, mut rng: ChaCha8Rng) -> impl Iterator<Item = f64> {
    let highest = 1.0 + amplitude;
    let mut now = 0.0;
    std::iter::repeat_with(move || {
        loop {
            now += exponential(rate * highest, &mut rng);
            if rng.random::<f64>() * highest < 1.0 + amplitude * (TAU * now / period).sin() {
                return now;
            }
        }
    })
}

/// Rate between bursts as a multiple of the mean, so that the mean is what it should be.
fn calm_rate(factor: f64, share: f64) -> f64 {
    1.0 / (1.0 - share + share * factor)
}

fn bursty(rate: f64, factor: f64, length: f64, share: f64, mut rng: ChaCha8Rng) -> impl Iterator<Item = f64> {
    let calm = rate * calm_rate(factor, share);
    let mut now = 0.0;
    let mut in_burst = rng.random::<f64>() < share;
    std::iter::repeat_with(move || {
        loop {
            // Whichever comes first; exponential times have no memory, so the other one may be drawn anew.
            let (rate, mean) = if in_burst { (calm * factor, length) } else { (calm, length * (1.0 - share) / share) };
            let (arrival, change) = (exponential(rate, &mut rng), exponential(1.0 / mean, &mut rng));
            now += arrival.min(change);
            if arrival <= change {
                return now;
            }
            in_burst = !in_burst;
        }
    })
}

impl FromStr for Pattern {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, UnknownPattern> {
        let unknown = || UnknownPattern { text: text.to_owned() };
        let mut parts = text.split(':');
        let mut pattern = match parts.next() {
            Some("constant") => Self::Constant,
            Some("poisson") => Self::Poisson,
            Some("diurnal") => DIURNAL,
            Some("bursty") => BURSTY,
            _ => return Err(unknown()),
        };
        match &mut pattern {
            Self::Constant | Self::Poisson => {}
            Self::Diurnal { period, amplitude } => {
                replace(period, &mut parts, time).ok_or_else(unknown)?;
                replace(amplitude, &mut parts, number).ok_or_else(unknown)?;
            }
            Self::Bursty { factor, length, share } => {
                replace(factor, &mut parts, number).ok_or_else(unknown)?;
                replace(length, &mut parts, time).ok_or_else(unknown)?;
                replace(share, &mut parts, number).ok_or_else(unknown)?;
            }
        }
        if parts.next().is_none() && pattern.is_possible() { Ok(pattern) } else { Err(unknown()) }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn time(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

/// Puts the next part, if there is one, in the place of a default; `None` if it is not what belongs there.
fn replace<'t, T>(value: &mut T, parts: &mut impl Iterator<Item = &'t str>, parse: impl Fn(&str) -> Option<T>) -> Option<()> {
    if let Some(part) = parts.next() {
        *value = parse(part)?;
    }
    Some(())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |duration: &Duration| humantime::format_duration(*duration).to_string().replace(' ', "");
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Poisson => f.write_str("poisson"),
            Self::Diurnal { period, amplitude } => write!(f, "diurnal:{}:{amplitude}", time(period)),
            Self::Bursty { factor, length, share } => write!(f, "bursty:{factor}:{}:{share}", time(length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::rng;

    use super::*;

    fn times(pattern: &str, rate: f64, seconds: f64) -> Vec<f64> {
        let pattern: Pattern = pattern.parse().unwrap();
        pattern.times(rate, rng(1, "test")).take_while(|&time| time < seconds).collect()
    }

    #[test]
    fn patterns_are_parsed_and_printed_back() {
        for text in ["constant", "poisson", "diurnal:10m:0.5", "bursty:3:1m 30s:0.2"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text.replace(' ', ""));
        }
        assert_eq!("bursty:9".parse(), Ok(Pattern::Bursty { factor: 9.0, length: Duration::from_secs(10), share: 0.1 }));
        for text in
            ["", "weekly", "constant:1", "diurnal:1h:2", "diurnal:0s", "bursty:0.5", "bursty:inf", "bursty:2:1s:1", "bursty:2:1s:NaN"]
        {
            assert!(text.parse::<Pattern>().unwrap_err().to_string().contains("use constant"), "{text}");
        }
    }

    #[test]
    fn every_pattern_has_the_mean_rate_that_is_set_and_goes_forward() {
        for pattern in ["constant", "poisson", "diurnal:100s:1", "bursty:5:2s:0.3"] {
            let times = times(pattern, 10.0, 10_000.0);
            let rate = times.len() as f64 / 10_000.0;
            assert!((rate - 10.0).abs() < 0.3, "{pattern}: {rate}");
            assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{pattern}");
        }
    }

    #[test]
    fn a_day_has_its_peak_after_a_quarter_and_its_night_after_three() {
        let times = times("diurnal:100s:1", 100.0, 100.0);
        let around = |middle: f64| times.iter().filter(|&&time| (time - middle).abs() < 5.0).count() as f64 / 10.0;
        assert!((around(25.0) / 200.0 - 1.0).abs() < 0.1, "{}", around(25.0));
        assert!(around(75.0) < 5.0, "{}", around(75.0));
    }

    #[test]
    fn bursts_make_counts_vary_more_than_a_poisson_process_and_rates_stay_below_the_peak() {
        let dispersion = |pattern| {
            let mut counts = [0.0; 1000];
            times(pattern, 10.0, 1000.0).iter().for_each(|&time| counts[time as usize] += 1.0);
            let mean = counts.iter().sum::<f64>() / 1000.0;
            counts.iter().map(|count: &f64| (count - mean).powi(2)).sum::<f64>() / 1000.0 / mean
        };
        assert!((dispersion("poisson") - 1.0).abs() < 0.2);
        assert!(dispersion("bursty:5:10s:0.1") > 3.0);
        let peak = "bursty:5:10s:0.1".parse::<Pattern>().unwrap().peak();
        assert!((peak - 5.0 / 1.4).abs() < 1e-12);
    }
}
