//! RQ2 and RQ3: a classifier that tells systems apart, trained on synthetic, mixed or real traces and tested on real ones.

use serde::{Deserialize, Serialize};
use tracesmith_model::classifier::ClassifierConfig;
use tracesmith_model::train::EpochRecord;
use tracesmith_model::{Device, Graph};
use tracesmith_trace::{Corpus, derive_seed, split};

use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::graph_classifier::{GraphClassifier, TestScores, labelled, scale_of, sizes_of};

/// Scores of one trained classifier on the held-out traces (RQ2) and on those of another run (RQ3).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UtilityScores {
    pub held_out: TestScores,
    pub other: TestScores,
}

/// What a classifier is trained on.
pub(crate) struct Protocol<'a> {
    /// Synthetic traces of every system, in the order of the systems; empty for TRTR.
    pub synthetic: Vec<Corpus>,
    /// Percentage of the real training traces that are added.
    pub real_percent: u32,
    /// The real traces of every system.
    pub systems: &'a [Prepared],
    /// The classifier.
    pub config: &'a ClassifierConfig,
    /// Seed.
    pub seed: u64,
}

impl Protocol<'_> {
    /// Trains the classifier and tests it.
    ///
    /// Validation uses a share of the synthetic traces, of the real ones for TRTR. Test traces are never trained on, and no generator was
    /// fitted on them. Ids are those of each system's own vocabulary, so that they overlap between systems as in the paper.
    pub(crate) fn run(&self, device: &Device, observe: &mut dyn FnMut(&EpochRecord)) -> Result<UtilityScores, ExperimentError> {
        let real: Vec<Corpus> = self.systems.iter().map(|system| self.real_share(system)).collect();
        let scale = scale_of(real.iter().chain(&self.synthetic));
        let graphs = |corpora: &[Corpus]| labelled(corpora.iter(), &scale);
        let mut training = graphs(&real);
        let pool = if self.synthetic.is_empty() { std::mem::take(&mut training) } else { graphs(&self.synthetic) };
        let parts = split(pool.len(), self.config.train.validation, derive_seed(self.seed, "validation"));
        let validation: Vec<Graph> = parts.held_out.iter().map(|&i| pool[i].clone()).collect();
        training.extend(parts.train.iter().map(|&i| pool[i].clone()));
        let names: Vec<&str> = self.systems.iter().map(|system| system.system.as_str()).collect();
        let sizes = sizes_of(self.systems.iter().map(|system| &system.training));
        let classifier = GraphClassifier { config: self.config, sizes, classes: &names, seed: self.seed, device };
        let model = classifier.fit(&training, &validation, observe)?;
        let test = |corpora: Vec<&Corpus>| classifier.test(&model, &labelled(corpora.into_iter(), &scale));
        Ok(UtilityScores {
            held_out: test(self.systems.iter().map(|s| &s.held_out).collect())?,
            other: test(self.systems.iter().map(|s| &s.other).collect())?,
        })
    }

    fn real_share(&self, system: &Prepared) -> Corpus {
        if self.real_percent == 100 {
            return system.training.clone();
        }
        let seed = derive_seed(self.seed, "real share");
        system.training.select(&split(system.training.len(), f64::from(self.real_percent) / 100.0, seed).held_out)
    }
}
