//! What the stages of a variant found, before it becomes tables and figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::discriminator;
use tracesmith_evaluate::fault_effects::FaultEffect;
use tracesmith_model::train::EpochRecord;

use crate::cost::Cost;
use crate::pictures::Pictures;
use crate::report::{Cell, FlatMetrics, MetricsError, NumberFormat};

/// Every number under a dotted key, one value a seed, and what the figures of the first seed show.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    values: BTreeMap<String, Vec<f64>>,
    pub visuals: Visuals,
    /// What the anomaly task could not measure, and why.
    pub left_out: Vec<String>,
}

/// Material for figures, of the first seed.
#[derive(Debug, Default)]
pub(crate) struct Visuals {
    pub losses: Vec<LossCurve>,
    pub projections: Vec<ProjectionPoints>,
    pub confusions: Vec<Confusion>,
    pub samples: Vec<Samples>,
    pub fault_effects: Vec<FaultEffects>,
    pub pictures: Vec<Pictures>,
    pub tell_tales: Vec<TellTales>,
    pub costs: Vec<Cost>,
}

/// Losses of a training run.
#[derive(Debug)]
pub(crate) struct LossCurve {
    pub system: String,
    pub generator: String,
    pub history: Vec<EpochRecord>,
}

/// Spans on their first two principal components.
#[derive(Debug)]
pub(crate) struct ProjectionPoints {
    pub system: String,
    pub generator: String,
    pub real: Vec<[f64; 2]>,
    pub synthetic: Vec<[f64; 2]>,
}

/// What gives the synthetic traces of a generator away.
#[derive(Debug)]
pub(crate) struct TellTales {
    pub system: String,
    pub generator: String,
    pub features: Vec<TellTale>,
}

/// A feature that gives synthetic traces away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TellTale {
    pub feature: String,
    /// Its share of what the trees gained.
    pub share: f64,
    /// Mean over the traces that have it; `None` if none has.
    pub real: Option<f64>,
    pub synthetic: Option<f64>,
}

impl From<discriminator::TellTale> for TellTale {
    fn from(discriminator::TellTale { feature, importance, real, synthetic }: discriminator::TellTale) -> Self {
        Self { feature, share: importance, real, synthetic }
    }
}

/// A confusion matrix, rows = truth.
#[derive(Debug)]
pub(crate) struct Confusion {
    pub title: String,
    pub counts: Vec<Vec<usize>>,
}

/// Durations and sizes of a real or synthetic set.
#[derive(Debug)]
pub(crate) struct Samples {
    pub system: String,
    pub name: String,
    pub durations_us: Vec<f64>,
    pub sizes: Vec<f64>,
}

/// What faults do to operations in held-out real traces and in those of a generator.
#[derive(Debug)]
pub(crate) struct FaultEffects {
    pub system: String,
    /// `None` for real training traces, the ceiling.
    pub generator: Option<String>,
    pub effects: Vec<FaultEffect>,
}

impl Outcome {
    /// Adds a value of one more seed to every key, with `prefix.` before it.
    pub(crate) fn add(&mut self, prefix: &str, entries: &[(String, f64)]) {
        for (key, value) in entries {
            self.values.entry(format!("{prefix}.{key}")).or_default().push(*value);
        }
    }

    /// The values under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&[f64]> {
        self.values.get(key).map(Vec::as_slice)
    }

    /// Mean of the values under a key.
    pub(crate) fn mean(&self, key: &str) -> Option<f64> {
        self.get(key).map(|values| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// A table cell with mean ± standard deviation.
    pub(crate) fn cell(&self, key: &str, format: NumberFormat) -> Cell {
        self.get(key).map_or(Cell::Missing, |values| Cell::measured(values, format))
    }

    /// The same with the interval of an AUC, of which the means of both ends are given.
    pub(crate) fn cell_within(&self, key: &str, format: NumberFormat) -> Cell {
        self.cell(key, format).within(self.interval(key))
    }

    /// Ends of the interval of an AUC: `…auc_low` and `…auc_high`, or `…low` and `…high`.
    fn interval(&self, key: &str) -> Option<[f64; 2]> {
        let stem = key.strip_suffix("auc")?;
        let ends = |stem: &str| Some([self.mean(&format!("{stem}low"))?, self.mean(&format!("{stem}high"))?]);
        ends(&format!("{key}_")).or_else(|| ends(stem))
    }

    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Writes every key into `metrics`, with `prefix` before it.
    pub(crate) fn record(&self, metrics: &mut FlatMetrics, prefix: &str) -> Result<(), MetricsError> {
        self.values.iter().try_for_each(|(key, values)| metrics.insert(&format!("{prefix}{key}"), values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_an_auc_is_that_of_its_own_ends_averaged_over_seeds() {
        let mut outcome = Outcome::default();
        for (low, high) in [(0.8, 0.9), (0.6, 0.9)] {
            let entries = [("auc", 0.8), ("low", low), ("high", high), ("gnn_auc", 0.7), ("gnn_low", 0.5), ("gnn_high", 0.75)];
            outcome.add("d", &entries.map(|(key, value)| (key.to_owned(), value)));
            outcome.add("p", &[("m_auc".into(), 0.5), ("m_auc_low".into(), 0.25), ("m_auc_high".into(), 0.75)]);
        }
        outcome.add("forest", &[("auc".into(), 0.5)]);
        let interval = |key: &str| match outcome.cell_within(key, NumberFormat::Ratio) {
            Cell::Measured { interval, .. } => interval,
            other => panic!("{other:?}"),
        };
        assert_eq!(interval("d.auc"), Some([0.7, 0.9]));
        assert_eq!(interval("d.gnn_auc"), Some([0.5, 0.75]));
        assert_eq!(interval("p.m_auc"), Some([0.25, 0.75]));
        assert_eq!((interval("forest.auc"), interval("d.low")), (None, None));
    }
}
