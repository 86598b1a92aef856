//! Every result as a flat list, so that a report can print any of them without knowing it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ranking::Interval;

/// One value of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Id of the metric, e.g. `fidelity.overall` or `class.sn.f1`.
    pub metric: Cow<'static, str>,
    /// The value; finite.
    pub value: f64,
    /// Lower end of its 95 % interval, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many observations (traces, spans, pairs) the value rests on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
}

impl Measurement {
    /// A value without an interval.
    pub fn new(metric: impl Into<Cow<'static, str>>, value: f64) -> Self {
        Self { metric: metric.into(), value, low: None, high: None, n: None }
    }

    /// A value with the ends of its 95 % interval.
    pub fn within(metric: impl Into<Cow<'static, str>>, Interval { value, low, high }: Interval) -> Self {
        Self { low: Some(low), high: Some(high), ..Self::new(metric, value) }
    }

    /// The same of `n` observations.
    pub fn of(self, n: usize) -> Self {
        Self { n: Some(n as u64), ..self }
    }

    /// The keys of the lower and the upper end of its interval among flat metrics: `…auc` has `…low` and `…high` where its name is all that
    /// stands for a discriminator (`discriminator.auc`, `discriminator.gnn_auc`), other metrics append `_low` and `_high`.
    pub fn end_keys(metric: &str) -> [String; 2] {
        let stem = match metric.strip_suffix("auc") {
            Some(stem) if metric.starts_with("discriminator.") => stem.to_owned(),
            _ => format!("{metric}_"),
        };
        ["low", "high"].map(|end| format!("{stem}{end}"))
    }
}

/// A result that can be listed as measurements.
pub trait Measure {
    /// Every number of the result. One that the input does not define is left out; each is declared in the registry ([`crate::metric()`]).
    fn measurements(&self) -> Vec<Measurement>;
}

/// The values, and the ends of intervals, under flat keys.
pub fn flat(measurements: &[Measurement]) -> Vec<(String, f64)> {
    let keyed = |measurement: &Measurement| {
        let [low, high] = Measurement::end_keys(&measurement.metric);
        let ends = [(low, measurement.low), (high, measurement.high)];
        let ends = ends.into_iter().filter_map(|(key, end)| Some((key, end?)));
        std::iter::once((measurement.metric.to_string(), measurement.value)).chain(ends).collect::<Vec<_>>()
    };
    measurements.iter().flat_map(keyed).collect()
}

/// Named numbers as measurements.
pub(crate) fn listed<const N: usize>(numbers: [(&'static str, f64); N]) -> Vec<Measurement> {
    numbers.into_iter().map(|(metric, value)| Measurement::new(metric, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_an_interval_have_keys_of_their_own() {
        let interval = Interval { value: 0.5, low: 0.25, high: 0.75 };
        let keys =
            |metric: &'static str| flat(&[Measurement::within(metric, interval)]).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys("discriminator.auc"), ["discriminator.auc", "discriminator.low", "discriminator.high"]);
        assert_eq!(keys("discriminator.gnn_auc"), ["discriminator.gnn_auc", "discriminator.gnn_low", "discriminator.gnn_high"]);
        assert_eq!(keys("privacy.membership_auc"), ["privacy.membership_auc", "privacy.membership_auc_low", "privacy.membership_auc_high"]);
        assert_eq!(flat(&[Measurement::new("fidelity.overall", 0.5)]), [("fidelity.overall".to_owned(), 0.5)]);
    }

    #[test]
    fn a_measurement_is_read_back_as_it_was_written() {
        let measurement = Measurement::new("privacy.near_duplicates", 0.1).of(7);
        let json = serde_json::to_string(&measurement).unwrap();
        assert_eq!(json, r#"{"metric":"privacy.near_duplicates","value":0.1,"n":7}"#);
        assert_eq!(serde_json::from_str::<Measurement>(&json).unwrap(), measurement);
    }
}
