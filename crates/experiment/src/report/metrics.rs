//! The numbers of a report as one flat map, for programs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Number;
use thiserror::Error;

use super::Summary;

/// Metrics under dotted keys such as `rq1.sn.hvae.edge_f1.mean`, sorted by key; every value is finite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlatMetrics {
    values: BTreeMap<String, Number>,
}

/// Why a metric or a file of metrics was refused.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// JSON has no NaN or infinity, and a number that is not one must not reach a reader as 0 or null.
    #[error("metric {key:?}, value {position}: {value} is not a finite number; leave the metric out where it is undefined")]
    NotFinite {
        /// Key of the metric.
        key: String,
        /// Position of the value, from 0; a mean or standard deviation that overflows has position n.
        position: usize,
        /// The value.
        value: f64,
    },
    /// There is nothing to summarise.
    #[error("metric {key:?} has no values; leave it out")]
    Empty {
        /// Key of the metric.
        key: String,
    },
    /// The key is taken.
    #[error("metric {key:?} is already recorded")]
    Duplicate {
        /// Key of the metric.
        key: String,
    },
    /// A file cannot be read or written.
    #[error("cannot access {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file does not hold a flat map of numbers.
    #[error("{} is not a JSON object of numbers", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The parser's reason.
        source: serde_json::Error,
    },
}

impl FlatMetrics {
    /// Records `values`, one per seed, as `key.mean`, `key.sd` (with two values or more) and `key.n`.
    ///
    /// # Errors
    /// No values, a value that is not finite, or a key that is taken. Nothing is recorded then.
    pub fn insert(&mut self, key: &str, values: &[f64]) -> Result<(), MetricsError> {
        let summary = Summary::of(values).ok_or_else(|| MetricsError::Empty { key: key.to_owned() })?;
        let mut numbers = Vec::new();
        for (position, &value) in values.iter().chain([&summary.mean]).chain(&summary.sd).enumerate() {
            numbers.push(finite(key, position.min(values.len()), value)?);
        }
        let names = ["mean", "sd"].iter().map(|name| format!("{key}.{name}"));
        let mut entries: Vec<_> = names.zip(numbers.split_off(values.len())).collect();
        entries.push((format!("{key}.n"), Number::from(summary.n)));
        self.record(entries)
    }

    /// Records a number that is no mean, such as a total, under `key` itself.
    ///
    /// # Errors
    /// A value that is not finite, or a key that is taken.
    pub fn insert_value(&mut self, key: &str, value: f64) -> Result<(), MetricsError> {
        self.record(vec![(key.to_owned(), finite(key, 0, value)?)])
    }

    /// Records a whole number under `key` itself.
    ///
    /// # Errors
    /// A key that is taken.
    pub fn insert_count(&mut self, key: &str, count: u64) -> Result<(), MetricsError> {
        self.record(vec![(key.to_owned(), Number::from(count))])
    }

    /// The number under a full key, such as `rq1.sn.hvae.edge_f1.mean`.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.values.get(key).and_then(Number::as_f64)
    }

    /// All full keys and numbers, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().filter_map(|(key, number)| Some((key.as_str(), number.as_f64()?)))
    }

    /// Writes a JSON object, sorted by key, one number a line; floats read back as the same bits.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), MetricsError> {
        let mut json = serde_json::to_string_pretty(self).map_err(|source| MetricsError::Json { path: path.to_owned(), source })?;
        json.push('\n');
        tracesmith_disk::write_bytes(path, json).map_err(|error| MetricsError::File { path: error.path, source: error.source })
    }

    /// Reads what [`FlatMetrics::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read or does not hold a flat object of numbers.
    pub fn read(path: &Path) -> Result<Self, MetricsError> {
        let json = std::fs::read(path).map_err(|source| MetricsError::File { path: path.to_owned(), source })?;
        serde_json::from_slice(&json).map_err(|source| MetricsError::Json { path: path.to_owned(), source })
    }

    fn record(&mut self, entries: Vec<(String, Number)>) -> Result<(), MetricsError> {
        if let Some((key, _)) = entries.iter().find(|(key, _)| self.values.contains_key(key)) {
            return Err(MetricsError::Duplicate { key: key.clone() });
        }
        self.values.extend(entries);
        Ok(())
    }
}

fn finite(key: &str, position: usize, value: f64) -> Result<Number, MetricsError> {
    Number::from_f64(value).ok_or_else(|| MetricsError::NotFinite { key: key.to_owned(), position, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_written_as_mean_sd_and_n_in_key_order() {
        let mut metrics = FlatMetrics::default();
        metrics.insert("rq2.b", &[0.1]).unwrap();
        metrics.insert("rq1.a", &[1.0, 2.0]).unwrap();
        metrics.insert_count("rq1.traces", 12).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.json");
        metrics.write(&path).unwrap();
        let json = std::fs::read_to_string(&path).unwrap();
        let expected = "{\n  \"rq1.a.mean\": 1.5,\n  \"rq1.a.n\": 2,\n  \"rq1.a.sd\": 0.7071067811865476,\n  \
                        \"rq1.traces\": 12,\n  \"rq2.b.mean\": 0.1,\n  \"rq2.b.n\": 1\n}\n";
        assert_eq!(json, expected);
        assert_eq!(FlatMetrics::read(&path).unwrap(), metrics);
    }

    #[test]
    fn a_value_that_is_not_finite_is_refused_by_key_and_position() {
        let mut metrics = FlatMetrics::default();
        let error = metrics.insert("rq1.f1", &[0.5, f64::NAN]).unwrap_err();
        assert!(matches!(&error, MetricsError::NotFinite { key, position: 1, .. } if key == "rq1.f1"), "{error}");
        assert!(metrics.insert_value("x", f64::INFINITY).is_err());
        assert!(metrics.insert("overflow", &[f64::MAX, f64::MAX]).is_err());
        assert_eq!(metrics, FlatMetrics::default());
    }

    #[test]
    fn a_key_is_recorded_once() {
        let mut metrics = FlatMetrics::default();
        metrics.insert("a", &[1.0]).unwrap();
        assert!(matches!(metrics.insert_value("a.mean", 2.0), Err(MetricsError::Duplicate { key }) if key == "a.mean"));
        assert!(matches!(metrics.insert("a", &[3.0]), Err(MetricsError::Duplicate { .. })));
        assert_eq!(metrics.get("a.mean"), Some(1.0));
    }

    #[test]
    fn no_values_are_refused() {
        assert!(matches!(FlatMetrics::default().insert("a", &[]), Err(MetricsError::Empty { key }) if key == "a"));
    }
}
