//! What the stages of a variant found, before it becomes tables and figures.

use std::collections::BTreeMap;

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

    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Writes every key into `metrics`, with `prefix` before it.
    pub(crate) fn record(&self, metrics: &mut FlatMetrics, prefix: &str) -> Result<(), MetricsError> {
        self.values.iter().try_for_each(|(key, values)| metrics.insert(&format!("{prefix}{key}"), values))
    }
}
