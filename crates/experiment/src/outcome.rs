//! What the stages of a variant found, before it becomes tables and figures.

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::Measurement;
use tracesmith_evaluate::discriminator;
use tracesmith_evaluate::fault_effects::FaultEffect;
use tracesmith_model::train::EpochRecord;
use tracesmith_trace::Corpus;

use crate::config::Question;
use crate::cost::Cost;
use crate::pictures::Pictures;
use crate::results::{Results, Row};

/// Every measurement, and what the figures show.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub results: Results,
    pub visuals: Visuals,
    /// What the anomaly task could not measure, and why.
    pub left_out: Vec<String>,
}

/// Material for figures: of all seeds, but for projections and pictures, which are of the first one.
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

/// Losses of the training run of a seed.
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

/// What gives the synthetic traces of a generator and a seed away.
#[derive(Debug)]
pub(crate) struct TellTales {
    pub system: String,
    pub generator: String,
    pub seed: u64,
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

/// A confusion matrix, rows = truth, summed over seeds.
#[derive(Debug)]
pub(crate) struct Confusion {
    pub question: Question,
    pub title: String,
    pub counts: Vec<Vec<usize>>,
}

/// Durations and sizes of a real or synthetic set, of all seeds.
#[derive(Debug)]
pub(crate) struct Samples {
    pub system: String,
    pub name: String,
    pub durations_us: Vec<f64>,
    pub sizes: Vec<f64>,
}

/// What faults do to operations in held-out real traces and in those of a generator, of one seed.
#[derive(Debug)]
pub(crate) struct FaultEffects {
    pub system: String,
    /// `None` for real training traces, the ceiling.
    pub generator: Option<String>,
    pub effects: Vec<FaultEffect>,
}

impl Outcome {
    /// Adds what was measured at the place that `row` gives.
    pub(crate) fn add(&mut self, row: &Row, measurements: &[Measurement]) {
        self.results.extend(measurements.iter().map(|measurement| row.clone().with(measurement)));
    }
}

impl Visuals {
    /// Adds the traces of a seed to those of the same set with another one.
    pub(crate) fn add_samples(&mut self, system: &str, name: &str, corpus: &Corpus) {
        let durations = corpus.span_durations_us().iter().copied();
        let sizes = corpus.traces().map(|trace| trace.span_count() as f64);
        match self.samples.iter_mut().find(|samples| samples.system == system && samples.name == name) {
            Some(known) => {
                known.durations_us.extend(durations);
                known.sizes.extend(sizes);
            }
            None => self.samples.push(Samples {
                system: system.to_owned(),
                name: name.to_owned(),
                durations_us: durations.collect(),
                sizes: sizes.collect(),
            }),
        }
    }

    /// Adds the counts to those of the same test with another seed.
    pub(crate) fn add_confusion(&mut self, confusion: Confusion) {
        let same = |other: &&mut Confusion| other.title == confusion.title;
        match self.confusions.iter_mut().find(same) {
            None => self.confusions.push(confusion),
            Some(known) => {
                let cells = known.counts.iter_mut().flatten().zip(confusion.counts.into_iter().flatten());
                cells.for_each(|(known, count)| *known += count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_seeds_are_added_up_test_by_test() {
        let mut visuals = Visuals::default();
        let confusion = |title: &str, counts: [[usize; 2]; 2]| Confusion {
            question: Question::Rq2,
            title: title.to_owned(),
            counts: counts.iter().map(|row| row.to_vec()).collect(),
        };
        for (title, counts) in [("a", [[5, 1], [0, 6]]), ("b", [[1, 0], [0, 1]]), ("a", [[4, 2], [1, 5]])] {
            visuals.add_confusion(confusion(title, counts));
        }
        let counts: Vec<_> = visuals.confusions.iter().map(|confusion| confusion.counts.concat()).collect();
        assert_eq!(counts, [vec![9, 3, 1, 11], vec![1, 0, 0, 1]]);
    }
}
