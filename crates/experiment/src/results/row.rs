//! A measurement and its place: the row of the table, and its key in `metrics.json`.

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::Measurement;

/// Whose figure it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Of a generator under study.
    #[default]
    Ours,
    /// Of real traces in place of synthetic ones: as good as it gets.
    Ceiling,
    /// Of a generator that learns next to nothing, which every other should beat.
    Trivial,
    /// Printed by a publication, for the same data.
    Reference,
}

impl Side {
    /// All sides.
    pub const ALL: [Self; 4] = [Self::Ours, Self::Ceiling, Self::Trivial, Self::Reference];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Ceiling => "ceiling",
            Self::Trivial => "trivial",
            Self::Reference => "reference",
        }
    }
}

/// A measurement of one seed. A text is empty where it does not apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the experiment.
    pub experiment: String,
    /// Variant of the matrix, such as `beta=0.02`.
    pub variant: String,
    /// What it answers: `rq1` … `rq4`, `anomaly`, or `dp` for what a private training promises.
    pub question: String,
    /// System under study; empty for a measurement of all of them together.
    pub system: String,
    /// Hash of the data set, or of the data sets of all systems.
    pub data: String,
    /// Name of the generator; empty for the ceiling.
    pub generator: String,
    /// Size mode of the synthetic traces.
    pub size: String,
    /// What a classifier was trained on (`trtr`, or `real10` with 10 % of the real traces), or which traces were measured (`training`).
    pub protocol: String,
    /// Whose figure it is.
    pub side: Side,
    /// Seed; none for a figure of a publication.
    pub seed: Option<u64>,
    /// Dotted id of the metric, as in [`tracesmith_evaluate`].
    pub metric: String,
    /// The value, which is finite.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Number of traces or spans that it was measured on, where it is known.
    pub n: Option<u64>,
}

impl Row {
    /// The same place with what was measured there.
    pub fn with(self, measurement: &Measurement) -> Self {
        let Measurement { metric, value, low, high, n } = measurement;
        Self { metric: metric.to_string(), value: *value, low: *low, high: *high, n: *n, ..self }
    }

    /// Key in `metrics.json`: the parts of the place that apply, and the metric, separated by dots.
    pub fn key(&self) -> String {
        self.key_of(&self.metric)
    }

    /// Every number of the row with its key: the value and the ends of its interval.
    pub(super) fn keyed(&self) -> impl Iterator<Item = (String, f64)> {
        let [low, high] = Measurement::end_keys(&self.metric);
        let end = |id: String, value: Option<f64>| value.map(|value| (self.key_of(&id), value));
        [Some((self.key(), self.value)), end(low, self.low), end(high, self.high)].into_iter().flatten()
    }

    fn key_of(&self, metric: &str) -> String {
        let generator = if self.side == Side::Ceiling { "ceiling" } else { &self.generator };
        let parts = [&self.variant, &self.question, &self.system, generator, &self.size, &self.protocol, metric];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }
}
