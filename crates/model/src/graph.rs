//! A trace as numbers, before it becomes tensors.

use serde::{Deserialize, Serialize};
use tracesmith_trace::{Corpus, TraceRef};

/// Standardisation of ln(1 + duration in µs).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DurationScale {
    /// Mean of ln(1 + d).
    pub mean: f64,
    /// Standard deviation of ln(1 + d); 1 where all durations are equal.
    pub sd: f64,
}

impl DurationScale {
    /// Mean and standard deviation over all spans.
    pub fn fit(corpus: &Corpus) -> Self {
        Self::of_durations(corpus.span_durations_us())
    }

    /// Mean and standard deviation over durations in µs.
    pub fn of_durations(durations_us: &[f64]) -> Self {
        let logs: Vec<f64> = durations_us.iter().map(|d| d.ln_1p()).collect();
        let count = logs.len().max(1) as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let variance = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        Self { mean, sd: if variance > 1e-12 { variance.sqrt() } else { 1.0 } }
    }

    /// Standardised log-duration.
    pub fn encode(&self, duration_us: f64) -> f32 {
        ((duration_us.ln_1p() - self.mean) / self.sd) as f32
    }

    /// Duration in µs, never negative; beyond e³⁰ µs (about 120 days) it is cut so that it stays finite.
    pub fn decode(&self, value: f32) -> f64 {
        (f64::from(value) * self.sd + self.mean).clamp(0.0, 30.0).exp_m1()
    }
}

/// Sizes that a network's layers depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Number of services.
    pub services: usize,
    /// Number of operations.
    pub operations: usize,
    /// Spans of the largest trace.
    pub max_spans: usize,
}

impl Sizes {
    /// Sizes of a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        Self {
            services: corpus.services().len(),
            operations: corpus.operations().len(),
            max_spans: corpus.traces().map(|trace| trace.span_count()).max().unwrap_or(1),
        }
    }
}

/// One trace: ids, standardised log-durations and edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Service id of every span.
    pub services: Vec<u32>,
    /// Operation id of every span.
    pub operations: Vec<u32>,
    /// Standardised log-duration of every span.
    pub durations: Vec<f32>,
    /// (parent, child) positions, parent < child.
    pub edges: Vec<(usize, usize)>,
    /// Class of the graph: the condition for generators, the target for classifiers.
    pub class: usize,
}

impl Graph {
    /// Encodes one trace.
    pub fn new(trace: TraceRef<'_>, scale: &DurationScale, class: usize) -> Self {
        Self {
            services: trace.services.to_vec(),
            operations: trace.operations.to_vec(),
            durations: trace.durations_us.iter().map(|&d| scale.encode(d)).collect(),
            edges: trace.edges.iter().map(|e| (e.parent as usize, e.child as usize)).collect(),
            class,
        }
    }

    /// Encodes a corpus; the class of a graph is that of its label.
    pub fn all(corpus: &Corpus, scale: &DurationScale) -> Vec<Self> {
        corpus.traces().map(|trace| Self::new(trace, scale, trace.label.class().index())).collect()
    }

    /// Number of spans.
    pub fn len(&self) -> usize {
        self.services.len()
    }

    /// Whether there is no span; never true for a graph of a corpus.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn durations_survive_the_scale(duration in 0.0f64..1e9) {
            let scale = DurationScale { mean: 7.0, sd: 2.0 };
            let back = scale.decode(scale.encode(duration));
            prop_assert!((back.ln_1p() - duration.ln_1p()).abs() < 1e-5);
        }

        #[test]
        fn decoded_durations_are_never_negative_nor_infinite(value in -1e30f32..1e30) {
            let duration = DurationScale { mean: 7.0, sd: 2.0 }.decode(value);
            prop_assert!(duration >= 0.0 && duration.is_finite());
        }
    }
}
