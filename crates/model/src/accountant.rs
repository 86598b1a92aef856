//! What training with noise promises: (ε, δ) of DP-SGD by Rényi differential privacy.
//!
//! A step of DP-SGD draws every trace with the probability `sample_rate` (Poisson sampling), clips the gradient of each drawn trace, and adds
//! Gaussian noise of `noise_multiplier` times the clipping norm to their sum. Two data sets are neighbours if one has one trace more. The
//! Rényi divergences of all steps add up at every order, and the order that promises most is taken.

mod error;
mod sampled_gaussian;

pub use error::AccountantError;
pub use sampled_gaussian::SampledGaussian;

/// Noise that a target is sought up to: more drowns any gradient.
const MAX_NOISE_MULTIPLIER: f64 = 1e6;

/// Relative precision of [`noise_multiplier`].
const PRECISION: f64 = 1e-9;

/// The orders at which divergences are tracked: fine steps where much privacy is spent, coarse ones where little is.
fn orders() -> impl Iterator<Item = f64> {
    let fine = (1..100).map(|tenths| 1.0 + f64::from(tenths) / 10.0);
    fine.chain((11..64).map(f64::from)).chain([128.0, 256.0, 512.0, 1024.0])
}

/// Adds up what the steps of a training spend.
#[derive(Debug, Clone, PartialEq)]
pub struct RdpAccountant {
    /// Order and divergence spent.
    spent: Vec<(f64, f64)>,
}

impl Default for RdpAccountant {
    fn default() -> Self {
        Self { spent: orders().map(|order| (order, 0.0)).collect() }
    }
}

impl RdpAccountant {
    /// Adds `steps` steps of the same mechanism.
    pub fn compose(&mut self, mechanism: &SampledGaussian, steps: u64) {
        if steps > 0 {
            self.spent.iter_mut().for_each(|(order, spent)| *spent += steps as f64 * mechanism.divergence(*order));
        }
    }

    /// The ε that holds with `delta`: the least one over the orders α of ε(α) + ln((α − 1)/α) − ln(δα)/(α − 1) (Balle, Barthe, Gaboardi, Hsu &
    /// Sato 2020, theorem 21), ∞ if no order bounds it.
    ///
    /// # Errors
    /// A δ that is not between 0 and 1.
    pub fn epsilon(&self, delta: f64) -> Result<f64, AccountantError> {
        if !(delta > 0.0 && delta < 1.0) {
            return Err(AccountantError::Delta(delta));
        }
        Ok(self.spent.iter().map(|&(order, spent)| converted(order, spent, delta)).fold(f64::INFINITY, f64::min).max(0.0))
    }
}

fn converted(order: f64, spent: f64, delta: f64) -> f64 {
    // The total variation is at most √(1 − exp(−KL)) (Bretagnolle & Huber 1979) and the KL divergence at most that of any order above 1.
    if -(-spent).exp_m1() <= delta * delta {
        return 0.0;
    }
    spent + (-1.0 / order).ln_1p() - (delta * order).ln() / (order - 1.0)
}

/// The ε of `steps` steps of DP-SGD.
///
/// # Errors
/// Noise that is not positive, a rate outside 0–1, or a δ that is not between 0 and 1.
pub fn epsilon(noise_multiplier: f64, sample_rate: f64, steps: u64, delta: f64) -> Result<f64, AccountantError> {
    let mut accountant = RdpAccountant::default();
    accountant.compose(&SampledGaussian::new(noise_multiplier, sample_rate)?, steps);
    accountant.epsilon(delta)
}

/// The least noise (to a billionth) with which `steps` steps of DP-SGD spend `target_epsilon` at most.
///
/// # Errors
/// As [`epsilon`]; also a target that is not positive, or that no noise reaches.
pub fn noise_multiplier(target_epsilon: f64, sample_rate: f64, steps: u64, delta: f64) -> Result<f64, AccountantError> {
    if !(target_epsilon > 0.0 && target_epsilon.is_finite()) {
        return Err(AccountantError::Epsilon(target_epsilon));
    }
    let (mut too_little, mut enough) = (0.0, 1.0);
    while epsilon(enough, sample_rate, steps, delta)? > target_epsilon {
        (too_little, enough) = (enough, enough * 2.0);
        if enough > MAX_NOISE_MULTIPLIER {
            return Err(AccountantError::Unreachable { epsilon: target_epsilon, delta });
        }
    }
    while enough - too_little > PRECISION * enough {
        let middle = f64::midpoint(too_little, enough);
        if epsilon(middle, sample_rate, steps, delta)? > target_epsilon {
            too_little = middle;
        } else {
            enough = middle;
        }
    }
    Ok(enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_figures_of_the_tutorial_of_tensorflow_privacy_are_met() {
        // 60,000 pictures in batches of 256, δ = 1e-5. The tutorial converts in the older way, ε(α) − ln δ/(α − 1).
        let (rate, delta) = (256.0 / 60_000.0, 1e-5f64);
        for (noise, epochs, published) in [(1.3, 15, 1.19), (1.1, 60, 3.01), (0.7, 45, 7.10)] {
            let steps = epochs * 60_000 / 256;
            let mechanism = SampledGaussian::new(noise, rate).unwrap();
            let converted = |order: f64| steps as f64 * mechanism.divergence(order) - delta.ln() / (order - 1.0);
            let older = orders().map(converted).fold(f64::INFINITY, f64::min);
            assert!((older - published).abs() < 0.005, "{older} instead of {published}");
            assert!(epsilon(noise, rate, steps, delta).unwrap() < older);
        }
    }

    #[test]
    fn without_sampling_one_order_can_be_worked_out_by_hand() {
        // ε(α) = α/2σ²; with σ = 2 and δ = 1e-5 the best order of the list is 10.2.
        let by_hand = |order: f64| order / 8.0 + (1.0 - 1.0 / order).ln() - (1e-5 * order).ln() / (order - 1.0);
        let best = orders().map(by_hand).fold(f64::INFINITY, f64::min);
        assert!((epsilon(2.0, 1.0, 1, 1e-5).unwrap() - best).abs() < 1e-12);
    }

    #[test]
    fn steps_add_up_whatever_their_order() {
        let (first, second) = (SampledGaussian::new(1.0, 0.01).unwrap(), SampledGaussian::new(2.0, 0.1).unwrap());
        let spent = |parts: &[(&SampledGaussian, u64)]| {
            let mut accountant = RdpAccountant::default();
            parts.iter().for_each(|&(mechanism, steps)| accountant.compose(mechanism, steps));
            accountant.epsilon(1e-6).unwrap()
        };
        let (there, back) = (spent(&[(&first, 70), (&second, 30)]), spent(&[(&second, 30), (&first, 20), (&first, 50)]));
        assert!((there - back).abs() < 1e-12 && there > spent(&[(&first, 70)]));
    }

    #[test]
    fn nothing_spent_is_zero_and_hardly_any_noise_is_a_bound_without_worth() {
        assert_eq!(epsilon(1.0, 0.5, 0, 1e-5), Ok(0.0));
        assert_eq!(epsilon(1e4, 1e-4, 1, 1e-5), Ok(0.0));
        let worthless = epsilon(1e-3, 0.5, 1000, 1e-5).unwrap();
        assert!(worthless > 1e6, "{worthless}");
        assert_eq!(epsilon(1e-200, 0.5, 1, 1e-5), Ok(f64::INFINITY));
    }

    #[test]
    fn what_is_no_rate_noise_or_target_is_named() {
        assert_eq!(epsilon(0.0, 0.1, 1, 1e-5), Err(AccountantError::NoiseMultiplier(0.0)));
        assert_eq!(epsilon(f64::INFINITY, 0.1, 1, 1e-5), Err(AccountantError::NoiseMultiplier(f64::INFINITY)));
        for rate in [0.0, -0.1, 1.1] {
            assert_eq!(epsilon(1.0, rate, 1, 1e-5), Err(AccountantError::SampleRate(rate)));
        }
        assert!(matches!(epsilon(1.0, f64::NAN, 1, 1e-5), Err(AccountantError::SampleRate(_))));
        for delta in [0.0, 1.0, -1.0] {
            assert_eq!(epsilon(1.0, 0.1, 1, delta), Err(AccountantError::Delta(delta)));
        }
        assert_eq!(noise_multiplier(0.0, 0.1, 1, 1e-5), Err(AccountantError::Epsilon(0.0)));
        assert!(matches!(noise_multiplier(1e-4, 1.0, u64::MAX, 1e-9), Err(AccountantError::Unreachable { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_noise_of_a_target_spends_it_and_no_more(target in 0.3f64..12.0, rate in 1e-3f64..0.3, steps in 1u64..5000, delta in 1e-8f64..1e-3) {
            let noise = noise_multiplier(target, rate, steps, delta).unwrap();
            prop_assert!(epsilon(noise, rate, steps, delta).unwrap() <= target);
            prop_assert!(epsilon(noise * 0.999, rate, steps, delta).unwrap() > target);
        }

        #[test]
        fn less_noise_more_steps_and_larger_batches_cost_privacy(noise in 0.5f64..5.0, rate in 1e-3f64..0.3, steps in 1u64..500) {
            let spent = |noise, rate, steps| epsilon(noise, rate, steps, 1e-5).unwrap();
            let reference = spent(noise, rate, steps);
            prop_assert!(reference.is_finite() && reference >= 0.0);
            prop_assert!(spent(noise * 0.9, rate, steps) >= reference);
            prop_assert!(spent(noise, rate * 1.1, steps) >= reference);
            prop_assert!(spent(noise, rate, steps + 1) >= reference);
        }
    }
}
