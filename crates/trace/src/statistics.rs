//! The few moments and quantiles that everything here counts with.

/// The `level` quantile (0–1, clamped) with linear interpolation between the two nearest values, as NumPy's default (type 7 of Hyndman & Fan,
/// 1996); `None` of nothing.
pub fn quantile(values: &[f64], level: f64) -> Option<f64> {
    quantile_of_sorted(&sorted(values), level)
}

/// [`quantile`] of values in ascending order.
pub fn quantile_of_sorted(values: &[f64], level: f64) -> Option<f64> {
    let place = level.clamp(0.0, 1.0) * values.len().checked_sub(1)? as f64;
    let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// Arithmetic mean, summed in the given order; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a population (divided by n); `None` of nothing.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    Some((values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt())
}

/// A sorted copy in which −0 is 0, so that the total order agrees with the numerical one.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = values.iter().map(|v| v + 0.0).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_two_nearest_values() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|level| quantile(&values, level).unwrap()), [1.0, 1.75, 2.5, 4.0]);
        assert_eq!((quantile(&values, 7.0), quantile(&[7.0], 0.99), quantile(&[], 0.5)), (Some(4.0), Some(7.0), None));
        assert_eq!(quantile_of_sorted(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
    }

    #[test]
    fn moments_are_those_of_the_population() {
        assert_eq!((mean(&[1.0, 3.0]), standard_deviation(&[1.0, 3.0])), (Some(2.0), Some(1.0)));
        assert_eq!((mean(&[]), standard_deviation(&[])), (None, None));
    }

    #[test]
    fn both_zeros_are_one_value() {
        assert!(sorted(&[1.0, -0.0, 0.0]).iter().all(|value| value.is_sign_positive()));
    }
}
