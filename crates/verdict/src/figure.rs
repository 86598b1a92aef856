//! Figures in sentences.

/// A number with as many digits as a reader needs: whole numbers whole, small ones with their first digits.
pub(crate) fn figure(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else if value.abs() >= 0.001 {
        format!("{value:.4}")
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_count() {
        assert_eq!([0.0, 12.0, 0.5, 0.00012].map(figure), ["0", "12", "0.5000", "1.2e-4"]);
    }
}
