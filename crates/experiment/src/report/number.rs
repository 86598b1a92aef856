//! How numbers are written for people.

use super::Summary;

/// How a measured number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// A score: `0.974`; below 0.0005 in scientific notation, so that it does not read as 0.
    Ratio,
    /// A share, given as a fraction: 0.999 is `99.90 %`.
    Percent,
    /// Microseconds, whole: `1,653,559`. The unit belongs in the column heading.
    Micros,
    /// How many: `12`; a mean of counts has one decimal.
    Count,
}

/// A summary in words: `mean`, `± sd` if known, the unit that follows both, and the interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub mean: String,
    pub sd: Option<String>,
    pub unit: &'static str,
    pub interval: Option<String>,
}

impl Written {
    /// The whole on one line.
    pub fn line(&self) -> String {
        let sd = self.sd.as_ref().map_or(String::new(), |sd| format!(" ± {sd}"));
        let interval = self.interval.as_ref().map_or(String::new(), |interval| format!(" ({interval})"));
        format!("{}{sd}{}{interval}", self.mean, self.unit)
    }
}

impl NumberFormat {
    /// A summary in words, on one line.
    pub(crate) fn line(self, summary: &Summary, interval: Option<[f64; 2]>) -> String {
        self.write(summary, interval).line()
    }

    pub(super) fn write(self, summary: &Summary, interval: Option<[f64; 2]>) -> Written {
        let unit = if self == NumberFormat::Percent && summary.mean.is_finite() { " %" } else { "" };
        let interval = interval.map(|ends| ends.map(|end| self.decimal(end, summary.mean)).join("–"));
        Written { mean: self.mean(summary.mean), sd: summary.sd.map(|sd| self.decimal(sd, summary.mean)), unit, interval }
    }

    /// What a value is multiplied by to be read in the format's unit.
    pub(super) fn factor(self) -> f64 {
        if self == NumberFormat::Percent { 100.0 } else { 1.0 }
    }

    fn mean(self, value: f64) -> String {
        if self == NumberFormat::Ratio && value != 0.0 && value.abs() < 0.0005 {
            return format!("{value:.1e}");
        }
        self.decimal(value, value)
    }

    /// Writes `value` with the decimals that suit a mean of `mean`.
    fn decimal(self, value: f64, mean: f64) -> String {
        if !value.is_finite() {
            return "not finite".to_owned();
        }
        let decimals = match self {
            NumberFormat::Ratio => 3,
            NumberFormat::Percent => 2,
            NumberFormat::Micros => 0,
            NumberFormat::Count => usize::from(mean.fract() != 0.0),
        };
        group(&format!("{:.decimals$}", value * self.factor()))
    }
}

/// A whole number with a comma between thousands.
pub(super) fn count(value: u64) -> String {
    group(&value.to_string())
}

/// Puts a comma between thousands of a decimal number, and takes the sign off a zero.
fn group(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| c.is_ascii_digit() && c != '0') => ("-", digits),
        Some(digits) => ("", digits),
        None => ("", number),
    };
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = sign.to_owned();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && i < whole && (whole - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: NumberFormat, mean: f64, sd: Option<f64>) -> String {
        format.write(&Summary { mean, sd, n: 3 }, None).line()
    }

    #[test]
    fn microseconds_have_thousands_separators() {
        assert_eq!(line(NumberFormat::Micros, 1_653_559.2, None), "1,653,559");
        assert_eq!(line(NumberFormat::Micros, 999.0, None), "999");
        assert_eq!(line(NumberFormat::Micros, -123_456.0, Some(1_234.0)), "-123,456 ± 1,234");
    }

    #[test]
    fn percent_is_a_fraction_times_a_hundred() {
        assert_eq!(line(NumberFormat::Percent, 0.999, None), "99.90 %");
        assert_eq!(line(NumberFormat::Percent, 0.999, Some(0.0012)), "99.90 ± 0.12 %");
    }

    #[test]
    fn a_ratio_has_three_decimals_and_its_spread() {
        assert_eq!(line(NumberFormat::Ratio, 0.9741, Some(0.0034)), "0.974 ± 0.003");
        assert_eq!(line(NumberFormat::Ratio, -0.0, None), "0.000");
    }

    #[test]
    fn a_small_ratio_does_not_read_as_zero() {
        assert_eq!(line(NumberFormat::Ratio, 0.00012, None), "1.2e-4");
    }

    #[test]
    fn a_count_has_a_decimal_only_if_it_is_a_mean() {
        assert_eq!(line(NumberFormat::Count, 12_000.0, None), "12,000");
        assert_eq!(line(NumberFormat::Count, 2.5, Some(0.5)), "2.5 ± 0.5");
    }

    #[test]
    fn an_interval_stands_in_brackets_behind_the_spread() {
        let summary = Summary { mean: 0.9, sd: Some(0.01), n: 2 };
        assert_eq!(NumberFormat::Ratio.write(&summary, Some([0.88, 0.925])).line(), "0.900 ± 0.010 (0.880–0.925)");
        let once = Summary { sd: None, n: 1, ..summary };
        assert_eq!(NumberFormat::Percent.write(&once, Some([0.88, 1.0])).line(), "90.00 % (88.00–100.00)");
    }

    #[test]
    fn a_number_that_is_not_finite_says_so() {
        assert_eq!(line(NumberFormat::Percent, f64::NAN, None), "not finite");
    }
}
