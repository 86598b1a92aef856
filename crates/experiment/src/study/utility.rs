//! The stages of RQ2 and RQ3: classifiers of systems, trained on real, synthetic and mixed traces.

use tracesmith_model::train::EpochRecord;

use super::context::{Place, Study};
use super::job::{Found, Training};
use crate::cache::Stage;
use crate::config::{MAIN_SIZE, Question};
use crate::error::ExperimentError;
use crate::graph_classifier::TestScores;
use crate::outcome::{Confusion, Outcome};
use crate::results::Row;
use crate::utility::{Protocol, UtilityScores};

impl Study<'_> {
    /// TSTR and the hybrid for every generator and size, the sweep for the main size.
    pub(super) fn mixtures(&self) -> Vec<Training> {
        let utility = &self.experiment.utility;
        let mut mixtures = Vec::new();
        for generator in 0..self.experiment.generators.len() {
            for size in &utility.sizes {
                let mut shares = vec![0, utility.hybrid];
                if size == MAIN_SIZE && self.experiment.asks(Question::Rq2) {
                    shares.extend(&utility.sweep);
                }
                shares.sort_unstable();
                shares.dedup();
                let mixed = |real_percent| Training::Mixed { generator, size: size.clone(), real_percent };
                mixtures.extend(shares.into_iter().map(mixed));
            }
        }
        mixtures
    }

    pub(super) fn classify(&self, seed: usize, training: &Training) -> Result<Found, ExperimentError> {
        let systems = &self.prepared[seed];
        let (title, synthetic, real_percent) = match training {
            Training::Real => ("classify real".to_owned(), Vec::new(), 100),
            Training::Mixed { generator, size, real_percent } => {
                let sample = |system| self.sample(Place::new(seed, system, *generator), size);
                let synthetic = (0..systems.len()).map(sample).collect::<Result<Vec<_>, _>>()?;
                (format!("classify {} ({size}) + {real_percent} % real", self.generator(*generator).0), synthetic, *real_percent)
            }
        };
        let title = format!("{title} · seed {}", self.experiment.seeds[seed]);
        let config = &self.experiment.utility.classifier;
        let hashes: Vec<&str> = systems.iter().map(|s| s.hash.as_str()).collect();
        let inputs = (hashes, crate::cache::hash(&synthetic)?, real_percent, config, self.experiment.seeds[seed]);
        let compute = || {
            let protocol = Protocol { synthetic, real_percent, systems, config, seed: self.experiment.seeds[seed] };
            let mut observe = |record: &EpochRecord| {
                self.progress.epoch(&title, record.epoch, config.train.epochs, &format!("loss {:.4}", record.total));
            };
            Ok(Found::Utility(protocol.run(self.device, &mut observe)?))
        };
        self.timed(&title, || self.cache.fetch(Stage::Classify, &title, &inputs, compute))
    }

    pub(super) fn collect_utility(&self, outcome: &mut Outcome, seed: usize, training: &Training, scores: UtilityScores) {
        let (generator, size, protocol, title) = match training {
            Training::Real => (None, "", "trtr".to_owned(), "trained on real traces (TRTR)".to_owned()),
            Training::Mixed { generator, size, real_percent } => {
                let title = format!("{}, {size} size, {real_percent} % real", self.generator(*generator).0);
                (Some(*generator), size.as_str(), format!("real{real_percent}"), title)
            }
        };
        let shown = match training {
            Training::Real => true,
            Training::Mixed { size, real_percent, .. } => size == MAIN_SIZE && *real_percent == self.experiment.utility.hybrid,
        };
        let tests = [(Question::Rq2, "held-out traces", scores.held_out), (Question::Rq3, "another run", scores.other)];
        for (question, test, TestScores { measurements, confusion }) in tests {
            if !self.experiment.asks(question) {
                continue;
            }
            let row = Row { size: size.to_owned(), protocol: protocol.clone(), ..self.row_of_all(question, seed, generator) };
            outcome.add(&row, &measurements);
            if shown {
                outcome.visuals.add_confusion(Confusion { question, title: format!("{title}; tested on {test}"), counts: confusion });
            }
        }
    }
}
