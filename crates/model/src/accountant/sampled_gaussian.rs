//! The Rényi divergence of one step: Gaussian noise on a Poisson sample (Mironov, Talwar & Zhang 2019, arXiv:1908.10530).

use std::f64::consts::{LN_2, PI, SQRT_2};

use statrs::function::erf::erfc;

use super::error::AccountantError;

/// Terms of the series after which an order is given up: it then bounds nothing. Terms may fall no faster than i^−(2 + order), so that the
/// smallest orders need e^(30/3.1) ≈ 16,000.
const MAX_TERMS: usize = 30_000;

/// Terms this far (in nats) below the sum no longer matter: as signs alternate, all that follow come to less than the last one.
const NEGLIGIBLE: f64 = 30.0;

/// One step of DP-SGD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampledGaussian {
    noise_multiplier: f64,
    sample_rate: f64,
}

impl SampledGaussian {
    /// Noise of `noise_multiplier` times the largest norm of a contribution, each of which is drawn with the probability `sample_rate`.
    ///
    /// # Errors
    /// Noise that is not a positive number, or a rate that is not above 0 and at most 1.
    pub fn new(noise_multiplier: f64, sample_rate: f64) -> Result<Self, AccountantError> {
        if !(noise_multiplier > 0.0 && noise_multiplier.is_finite()) {
            return Err(AccountantError::NoiseMultiplier(noise_multiplier));
        }
        if !(sample_rate > 0.0 && sample_rate <= 1.0) {
            return Err(AccountantError::SampleRate(sample_rate));
        }
        Ok(Self { noise_multiplier, sample_rate })
    }

    /// The larger of the Rényi divergences of `order` > 1 between the outcomes on two neighbours, ln A / (α − 1) with
    /// A = E over z ~ N(0, σ²) of ((1 − q) + q·exp((2z − 1)/2σ²))^α, in nats; ∞ if it cannot be computed.
    pub fn divergence(&self, order: f64) -> f64 {
        let variance = self.noise_multiplier * self.noise_multiplier;
        if self.sample_rate == 1.0 {
            return order / (2.0 * variance);
        }
        let log_moment = if order.fract() == 0.0 { self.log_moment_of_integer(order) } else { self.log_moment_of_fraction(order) };
        let divergence = log_moment / (order - 1.0);
        // Rounding of a sum near 1 can leave a logarithm just below 0.
        if divergence.is_nan() { f64::INFINITY } else { divergence.max(0.0) }
    }

    /// ln A of an integer order: the binomial expansion, each of whose terms is a Gaussian integral over the whole line.
    fn log_moment_of_integer(&self, order: f64) -> f64 {
        let (q, variance) = (self.sample_rate, self.noise_multiplier.powi(2));
        let (mut sum, mut log_binomial) = (f64::NEG_INFINITY, 0.0);
        for i in 0..=order as usize {
            let i = i as f64;
            sum = log_add(sum, log_binomial + i * q.ln() + (order - i) * (-q).ln_1p() + (i * i - i) / (2.0 * variance));
            log_binomial += (order - i).ln() - (i + 1.0).ln();
        }
        sum
    }

    /// ln A of a fractional order: two expansions (section 3.3 of the paper), one on each side of the point z₀ where both parts of the mixture
    /// weigh the same. Binomial coefficients alternate in sign once i is above the order.
    fn log_moment_of_fraction(&self, order: f64) -> f64 {
        let (q, sigma) = (self.sample_rate, self.noise_multiplier);
        let variance = sigma * sigma;
        let z0 = variance * (1.0 / q - 1.0).ln() + 0.5;
        let (mut sum, mut log_binomial, mut positive) = (f64::NEG_INFINITY, 0.0, true);
        for term in 0..MAX_TERMS {
            let i = term as f64;
            let j = order - i;
            let half_erfc = |x: f64| log_erfc(x / (SQRT_2 * sigma)) - LN_2;
            let below = i * q.ln() + j * (-q).ln_1p() + (i * i - i) / (2.0 * variance) + half_erfc(i - z0);
            let above = j * q.ln() + i * (-q).ln_1p() + (j * j - j) / (2.0 * variance) + half_erfc(z0 - j);
            let both = log_binomial + log_add(below, above);
            sum = if positive { log_add(sum, both) } else { log_subtract(sum, both) };
            if i > order && both < sum - NEGLIGIBLE {
                return sum;
            }
            log_binomial += j.abs().ln() - (i + 1.0).ln();
            positive ^= j < 0.0;
        }
        f64::INFINITY
    }
}

/// ln(eᵃ + eᵇ).
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// ln(eᵃ − eᵇ) for a > b.
fn log_subtract(a: f64, b: f64) -> f64 {
    if b == f64::NEG_INFINITY { a } else { a + (-(b - a).exp()).ln_1p() }
}

/// ln erfc(x), by the asymptotic series where erfc itself leaves the range of floating-point numbers.
fn log_erfc(x: f64) -> f64 {
    if x < 20.0 {
        return erfc(x).ln();
    }
    let inverse = 1.0 / (2.0 * x * x);
    -x * x - (x * PI.sqrt()).ln() + (-inverse * (1.0 - 3.0 * inverse * (1.0 - 5.0 * inverse * (1.0 - 7.0 * inverse)))).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_order_has_a_closed_form() {
        // A = (1 − q)² + 2q(1 − q) + q²·exp(1/σ²).
        for (sigma, q) in [(1.0f64, 0.1f64), (0.5, 0.01), (3.0, 0.9)] {
            let expected = (1.0 + q * q * (1.0 / (sigma * sigma)).exp_m1()).ln();
            let ours = SampledGaussian::new(sigma, q).unwrap().divergence(2.0);
            assert!((ours - expected).abs() < 1e-12, "{ours} instead of {expected}");
        }
    }

    #[test]
    fn fractional_orders_lie_between_their_neighbours() {
        let mechanism = SampledGaussian::new(1.1, 0.02).unwrap();
        let divergences: Vec<f64> = (11..120).map(|tenths| mechanism.divergence(f64::from(tenths) / 10.0)).collect();
        assert!(divergences.windows(2).all(|pair| pair[0] < pair[1]), "{divergences:?}");
    }

    #[test]
    fn the_logarithm_of_erfc_has_no_seam() {
        let (below, above) = (log_erfc(20.0 - 1e-9), log_erfc(20.0));
        // The slope is −2x there.
        assert!((below - above - 4e-8).abs() < 1e-9 * above.abs() && log_erfc(1e3).is_finite());
        assert!((log_erfc(-30.0) - LN_2).abs() < 1e-15);
    }
}
