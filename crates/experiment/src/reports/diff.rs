//! Which values of two reports differ, and by more than what another choice of seeds would make?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tracesmith_evaluate::significance::benjamini_hochberg;

use super::finished::{FinishedReport, different_data};
use super::noise::{Series, shift};
use crate::ExperimentError;
use crate::report::Summary;
use crate::results::{Results, Row, Side};

/// Share of differences beyond noise that may be chance.
const FALSE_DISCOVERIES: f64 = 0.05;

/// The differences between two reports.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// Values that both reports have.
    pub compared: usize,
    /// How many of them are the same for every seed.
    pub same: usize,
    /// All others, and values that one report has; the clearest differences first.
    pub values: Vec<ValueDiff>,
}

/// What is to be thought of a difference, the clearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiffVerdict {
    /// Another choice of seeds would hardly make it.
    BeyondNoise,
    /// A report has one seed, so that the noise is unknown.
    OneSeed,
    /// Another choice of seeds may well make it.
    WithinNoise,
    /// Only the first report has the value.
    OnlyFirst,
    /// Only the second report has the value.
    OnlySecond,
}

/// A value that differs.
#[derive(Debug, Clone, Serialize)]
pub struct ValueDiff {
    /// Key of the value in `metrics.json`, without `.mean`.
    pub key: String,
    /// Mean over the seeds of the first report.
    pub first: Option<f64>,
    /// Mean over the seeds of the second report.
    pub second: Option<f64>,
    /// Second less first.
    pub difference: Option<f64>,
    /// 95 % interval of the difference.
    pub interval: Option<[f64; 2]>,
    /// Probability of a difference at least as large if seeds alone made it, adjusted for the number of values that differ.
    pub probability: Option<f64>,
    /// What is to be thought of it.
    pub verdict: DiffVerdict,
}

/// Compares every value of two reports of the same data.
///
/// A value is a mean over seeds. Reports with the same seeds are compared by the paired t test, with other seeds by Welch's. A difference is
/// beyond noise if its probability, adjusted by Benjamini & Hochberg over all values that differ, is below 5 %. With one seed the noise is
/// unknown, and any difference is listed as such. Reference figures of publications are not compared.
///
/// # Errors
/// [`ExperimentError::Report`] if a system has different data in both, unless `other_data` says that this is meant.
pub fn diff(first: &FinishedReport, second: &FinishedReport, other_data: bool) -> Result<Diff, ExperimentError> {
    if !other_data && let Some(different) = different_data(&first.results, &second.results) {
        let said =
            different.said([&first.folder, &second.folder].map(|folder| folder.display().to_string()).each_ref().map(String::as_str));
        return Err(ExperimentError::Report(format!("{said}; --other-data compares them all the same")));
    }
    Ok(differences(&first.results, &second.results))
}

fn differences(first: &Results, second: &Results) -> Diff {
    let (ours, theirs) = (series(first), series(second));
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let compared = keys.iter().filter(|key| ours.contains_key(**key) && theirs.contains_key(**key)).count();
    let mut values: Vec<ValueDiff> = keys.into_iter().filter_map(|key| compare(key, ours.get(key), theirs.get(key))).collect();
    judge(&mut values);
    let differing = values.iter().filter(|value| value.difference.is_some()).count();
    values.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(b.size().total_cmp(&a.size())).then_with(|| a.key.cmp(&b.key)));
    Diff { compared, same: compared - differing, values }
}

/// The values and the ends of their intervals by key.
fn series(results: &Results) -> BTreeMap<String, Series> {
    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for row in results.rows().iter().filter(|row| row.side != Side::Reference) {
        for (key, value) in numbers(row) {
            all.entry(key).or_default().insert(row.seed, value);
        }
    }
    all
}

fn numbers(row: &Row) -> impl Iterator<Item = (String, f64)> {
    let key = row.key();
    let end = |name: &str, value: Option<f64>| value.map(|value| (format!("{key} ({name})"), value));
    let ends = [end("low", row.low), end("high", row.high)];
    [Some((key, row.value))].into_iter().chain(ends).flatten()
}

/// `None` if nothing differs.
fn compare(key: &str, first: Option<&Series>, second: Option<&Series>) -> Option<ValueDiff> {
    let mean = |series: Option<&Series>| Some(Summary::of(&series?.values().copied().collect::<Vec<_>>())?.mean);
    let difference = |verdict| ValueDiff {
        key: key.to_owned(),
        first: mean(first),
        second: mean(second),
        difference: None,
        interval: None,
        probability: None,
        verdict,
    };
    match (first, second) {
        (Some(first), Some(second)) if first == second => None,
        (Some(first), Some(second)) => {
            let shift = shift(first, second);
            let (interval, probability) = (shift.interval, shift.probability);
            let verdict = if probability.is_some() { DiffVerdict::WithinNoise } else { DiffVerdict::OneSeed };
            Some(ValueDiff { difference: Some(shift.difference), interval, probability, ..difference(verdict) })
        }
        (Some(_), None) => Some(difference(DiffVerdict::OnlyFirst)),
        (None, _) => Some(difference(DiffVerdict::OnlySecond)),
    }
}

/// Adjusts the probabilities for their number, and says which differences are beyond noise.
fn judge(values: &mut [ValueDiff]) {
    let probabilities: Vec<f64> = values.iter().filter_map(|value| value.probability).collect();
    let adjusted = benjamini_hochberg(&probabilities);
    for (value, adjusted) in values.iter_mut().filter(|value| value.probability.is_some()).zip(adjusted) {
        value.probability = Some(adjusted);
        if adjusted < FALSE_DISCOVERIES {
            value.verdict = DiffVerdict::BeyondNoise;
        }
    }
}

impl ValueDiff {
    /// Size of the difference relative to the values, so that all units can be ordered together.
    fn size(&self) -> f64 {
        let largest = [self.first, self.second].into_iter().flatten().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        self.difference.map_or(0.0, |difference| if largest > 0.0 { difference.abs() / largest } else { 0.0 })
    }
}

impl Diff {
    /// Values with this verdict.
    pub fn count(&self, verdict: DiffVerdict) -> usize {
        self.values.iter().filter(|value| value.verdict == verdict).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One value a seed, from seed 1.
    fn table(metrics: &[(&str, &[f64])]) -> Results {
        let row = |metric: &str, (seed, value): (usize, &f64)| Row {
            system: "tt".into(),
            generator: "hvae".into(),
            seed: Some(seed as u64 + 1),
            metric: metric.to_owned(),
            value: *value,
            ..Row::default()
        };
        metrics.iter().flat_map(|(metric, values)| values.iter().enumerate().map(move |value| row(metric, value))).collect()
    }

    #[test]
    fn what_differs_is_told_from_noise() {
        let first = table(&[
            ("same", &[0.5, 0.6, 0.7]),
            ("noise", &[0.5, 0.6, 0.7]),
            ("shift", &[0.5, 0.6, 0.7]),
            ("once", &[0.5]),
            ("gone", &[1.0]),
        ]);
        let second = table(&[
            ("same", &[0.5, 0.6, 0.7]),
            ("noise", &[0.6, 0.5, 0.75]),
            ("shift", &[0.4001, 0.5, 0.5999]),
            ("once", &[0.4]),
            ("new", &[1.0]),
        ]);
        let found = differences(&first, &second);
        let verdicts: Vec<(&str, DiffVerdict)> = found.values.iter().map(|value| (value.key.as_str(), value.verdict)).collect();
        let expected = [
            ("tt.hvae.shift", DiffVerdict::BeyondNoise),
            ("tt.hvae.once", DiffVerdict::OneSeed),
            ("tt.hvae.noise", DiffVerdict::WithinNoise),
            ("tt.hvae.gone", DiffVerdict::OnlyFirst),
            ("tt.hvae.new", DiffVerdict::OnlySecond),
        ];
        assert_eq!(verdicts, expected);
        assert_eq!((found.compared, found.same, found.count(DiffVerdict::OneSeed)), (4, 1, 1));
        assert!((found.values[0].difference.unwrap() + 0.1).abs() < 1e-9 && found.values[0].interval.unwrap()[1] < 0.0);
    }

    #[test]
    fn the_end_of_an_interval_is_compared_too() {
        let with = |low| {
            let rows = table(&[("auc", &[0.5, 0.6])]).rows().iter().map(|row| Row { low: Some(low), ..row.clone() }).collect::<Vec<_>>();
            Results::new(rows)
        };
        let found = differences(&with(0.4), &with(0.3));
        assert_eq!(found.values.iter().map(|value| value.key.as_str()).collect::<Vec<_>>(), ["tt.hvae.auc (low)"]);
        assert!(differences(&with(0.4), &with(0.4)).values.is_empty());
    }

    #[test]
    fn reports_of_different_data_are_compared_on_demand_only() {
        let report = |name: &str, data: &str| {
            let rows = table(&[("auc", &[0.5])]).rows().iter().map(|row| Row { data: data.to_owned(), ..row.clone() }).collect::<Vec<_>>();
            FinishedReport { folder: name.into(), results: Results::new(rows) }
        };
        let (first, second) = (report("reports/a", "0123456789abcdef"), report("reports/b", "fedcba9876543210"));
        let error = diff(&first, &second, false).unwrap_err().to_string();
        for said in ["reports/a and reports/b are of different data", "system tt", "0123456789ab ", "--other-data"] {
            assert!(error.contains(said), "{said}: {error}");
        }
        assert_eq!(diff(&first, &second, true).unwrap().same, 1);
        assert_eq!(diff(&first, &report("reports/c", "0123456789abcdef"), false).unwrap().same, 1);
    }
}
