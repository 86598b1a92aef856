//! An axis fitted to data: its extent and readable ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::{Axis, Scale};

/// Beyond this a difference of two values may overflow.
const LARGEST: f64 = 1e300;

/// About as many ticks as fit between long labels.
const TICKS: f64 = 6.0;

/// An axis with its extent. Positions are values, or their decimal logarithms on a logarithmic axis.
#[derive(Debug, Clone)]
pub(super) struct FittedAxis {
    pub label: String,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
    scale: Scale,
    step: f64,
}

/// Why a value cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undrawable {
    NotFinite,
    NotPositive,
}

/// Where `value` lies on an axis of `scale`.
pub(super) fn position(scale: Scale, value: f64) -> Result<f64, Undrawable> {
    match scale {
        _ if !value.is_finite() || value.abs() > LARGEST => Err(Undrawable::NotFinite),
        Scale::Linear => Ok(value),
        Scale::Log if value > 0.0 => Ok(value.log10()),
        Scale::Log => Err(Undrawable::NotPositive),
    }
}

impl FittedAxis {
    /// An axis around `positions`, with room at both ends; 0 to 1 if there are none.
    pub fn around(axis: &Axis, positions: impl Iterator<Item = f64>) -> Self {
        let extent =
            positions.fold(None, |extent, at| extent.map_or(Some((at, at)), |(low, high): (f64, f64)| Some((low.min(at), high.max(at)))));
        let (low, high) = extent.unwrap_or((0.0, 1.0));
        let room = (high - low) * 0.04;
        Self::spanning(axis, low - room, high + room)
    }

    /// An axis from `low` to `high`, widened where they are too close to tell apart.
    pub fn spanning(axis: &Axis, low: f64, high: f64) -> Self {
        let magnitude = low.abs().max(high.abs());
        let (low, high) = if high - low > magnitude * 1e-9 {
            (low, high)
        } else if magnitude > 1e-300 {
            (low - magnitude * 0.1, high + magnitude * 0.1)
        } else {
            (-1.0, 1.0)
        };
        let (ticks, step) = ticks(axis.scale, low, high);
        FittedAxis { label: axis.label.clone(), low, high, ticks, scale: axis.scale, step }
    }

    /// The labels of the ticks.
    pub fn tick_labels(&self) -> impl Iterator<Item = String> {
        self.ticks.iter().map(|at| self.tick_label(*at))
    }

    fn tick_label(&self, position: f64) -> String {
        match self.scale {
            Scale::Linear => tick_label(position, self.step),
            Scale::Log => {
                let value = 10f64.powf(position);
                trim_zeros(&tick_label(value, value / 10.0))
            }
        }
    }
}

impl Ranged for FittedAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, position: &f64, (start, end): (i32, i32)) -> i32 {
        start + (f64::from(end - start) * (position - self.low) / (self.high - self.low)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for FittedAxis {
    fn format_ext(&self, position: &f64) -> String {
        self.tick_label(*position)
    }
}

fn ticks(scale: Scale, low: f64, high: f64) -> (Vec<f64>, f64) {
    match scale {
        Scale::Linear => linear_ticks(low, high),
        Scale::Log if high - low >= 2.0 => {
            let (mut decades, step) = linear_ticks(low, high);
            decades.retain(|at| at.fract() == 0.0);
            (decades, step)
        }
        Scale::Log => {
            let round = decade_parts(low, high);
            let values = if round.len() >= 3 { round } else { linear_ticks(10f64.powf(low), 10f64.powf(high)).0 };
            (values.into_iter().filter(|value| *value > 0.0).map(f64::log10).collect(), 1.0)
        }
    }
}

/// 1, 2 and 5 times the powers of ten from `low` to `high`, which are logarithms.
fn decade_parts(low: f64, high: f64) -> Vec<f64> {
    let decades = low.floor() as i32..=high.floor() as i32;
    let values = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|part| part * 10f64.powi(decade)));
    values.filter(|value| (low - 1e-9..=high + 1e-9).contains(&value.log10())).collect()
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64) -> (Vec<f64>, f64) {
    let smallest = (high - low) / TICKS;
    let magnitude = 10f64.powf(smallest.log10().floor());
    let step = [1.0, 2.0, 5.0].iter().map(|m| m * magnitude).find(|step| *step >= smallest).unwrap_or(10.0 * magnitude);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    ((first..=last).map(|i| i as f64 * step).collect(), step)
}

/// `value` with the decimals that tell multiples of `step` apart, and k, M or G for thousands from 10,000.
fn tick_label(value: f64, step: f64) -> String {
    let magnitude = value.abs().max(step);
    if !(1e-4..1e13).contains(&magnitude) {
        return if value == 0.0 { "0".to_owned() } else { format!("{value:.1e}") };
    }
    let (unit, suffix) = match value.abs() {
        v if v >= 9.999_999e9 => (1e9, "G"),
        v if v >= 9.999_999e5 => (1e6, "M"),
        v if v >= 9.999e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (-(step / unit).log10() - 1e-6).ceil().clamp(0.0, 9.0) as usize;
    let number = format!("{:.decimals$}", value / unit);
    let number = if suffix.is_empty() { number } else { trim_zeros(&number) };
    if value == 0.0 { number.trim_start_matches('-').to_owned() } else { number + suffix }
}

fn trim_zeros(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &FittedAxis) -> Vec<String> {
        axis.tick_labels().collect()
    }

    #[test]
    fn linear_ticks_are_round_and_share_their_decimals() {
        assert_eq!(labels(&FittedAxis::spanning(&Axis::linear(""), 0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&FittedAxis::spanning(&Axis::linear(""), -3.0, 52.0)), ["0", "10", "20", "30", "40", "50"]);
    }

    #[test]
    fn a_logarithmic_axis_has_a_tick_a_decade() {
        assert_eq!(labels(&FittedAxis::spanning(&Axis::log("µs"), 1.9, 6.1)), ["100", "1000", "10k", "100k", "1M"]);
    }

    #[test]
    fn a_logarithmic_axis_below_one_has_no_idle_zeros() {
        assert_eq!(labels(&FittedAxis::spanning(&Axis::log("s"), -2.1, 1.1)), ["0.01", "0.1", "1", "10"]);
    }

    #[test]
    fn a_logarithmic_axis_of_few_decades_has_ticks_between_them() {
        assert_eq!(labels(&FittedAxis::spanning(&Axis::log("µs"), 1.5, 3.1)), ["50", "100", "200", "500", "1000"]);
    }

    #[test]
    fn a_logarithmic_axis_within_a_decade_still_has_ticks() {
        let axis = FittedAxis::spanning(&Axis::log("µs"), 300f64.log10(), 700f64.log10());
        assert_eq!(labels(&axis), ["300", "400", "500", "600", "700"]);
    }

    #[test]
    fn an_axis_of_one_value_has_an_extent_and_ticks() {
        for value in [0.0, 1e-320, -7.25, 1e300, 1e-200] {
            let axis = FittedAxis::around(&Axis::linear(""), [value].into_iter());
            assert!(axis.low < value && value < axis.high, "{axis:?}");
            assert!((2..20).contains(&axis.ticks.len()), "{axis:?}");
        }
    }

    #[test]
    fn only_values_that_fit_the_scale_have_a_position() {
        assert_eq!(position(Scale::Log, 1000.0), Ok(3.0));
        assert_eq!(position(Scale::Log, 0.0), Err(Undrawable::NotPositive));
        assert_eq!(position(Scale::Linear, 0.0), Ok(0.0));
        assert_eq!(position(Scale::Linear, f64::NAN), Err(Undrawable::NotFinite));
        assert_eq!(position(Scale::Log, f64::NEG_INFINITY), Err(Undrawable::NotFinite));
    }
}
