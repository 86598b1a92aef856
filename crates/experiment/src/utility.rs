//! RQ2 and RQ3: a classifier that tells systems apart, trained on synthetic, mixed or real traces and tested on real ones.

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::{ClassificationReport, Entries, classification_report};
use tracesmith_model::classifier::{Classifier, ClassifierConfig};
use tracesmith_model::train::{EpochRecord, Run, initialise, train};
use tracesmith_model::{Device, DurationScale, Graph, Sizes};
use tracesmith_trace::{Corpus, derive_seed, split};

use crate::ExperimentError;
use crate::data::Prepared;

/// Scores on one test set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TestScores {
    pub entries: Vec<(String, f64)>,
    pub confusion: Vec<Vec<usize>>,
}

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
        let fail = |error: &dyn std::error::Error| ExperimentError::stage("classifier", error);
        let real: Vec<Corpus> = self.systems.iter().map(|system| self.real_share(system)).collect();
        let scale = self.scale(&real);
        let graphs = |corpora: &[Corpus]| labelled(corpora.iter(), &scale);
        let mut training = graphs(&real);
        let pool = if self.synthetic.is_empty() { std::mem::take(&mut training) } else { graphs(&self.synthetic) };
        let parts = split(pool.len(), self.config.train.validation, derive_seed(self.seed, "validation"));
        let validation: Vec<Graph> = parts.held_out.iter().map(|&i| pool[i].clone()).collect();
        training.extend(parts.train.iter().map(|&i| pool[i].clone()));
        let sizes = Sizes {
            services: self.systems.iter().map(|s| s.training.services().len()).max().unwrap_or(1),
            operations: self.systems.iter().map(|s| s.training.operations().len()).max().unwrap_or(1),
            max_spans: 1,
        };
        let classes = self.systems.len();
        let init = |device: &Device| self.config.init(&sizes, classes, device);
        let model = initialise(derive_seed(self.seed, "weights"), &device.clone().autodiff(), init);
        let run = Run { seed: derive_seed(self.seed, "train"), device, resume: None, observe };
        let model = train(model, &training, &validation, &(&self.config.train).into(), run).map_err(|error| fail(&error))?.model;
        let test = |corpora: Vec<&Corpus>| self.test(&model, &labelled(corpora.into_iter(), &scale), device);
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

    fn scale(&self, real: &[Corpus]) -> DurationScale {
        let durations: Vec<f64> = real.iter().chain(&self.synthetic).flat_map(|c| c.span_durations_us().iter().copied()).collect();
        DurationScale::of_durations(&durations)
    }

    fn test(&self, model: &Classifier, graphs: &[Graph], device: &Device) -> Result<TestScores, ExperimentError> {
        let names: Vec<&str> = self.systems.iter().map(|system| system.system.as_str()).collect();
        let truth: Vec<usize> = graphs.iter().map(|graph| graph.class).collect();
        let report: ClassificationReport = classification_report(&names, &model.predict(graphs, device), &truth, names.len() - 1)
            .map_err(|error| ExperimentError::stage("classifier", &error))?;
        Ok(TestScores { entries: report.entries(), confusion: report.confusion })
    }
}

/// Graphs of all corpora; the class of a graph is the position of its corpus.
fn labelled<'a>(corpora: impl Iterator<Item = &'a Corpus>, scale: &DurationScale) -> Vec<Graph> {
    let of_class = |(class, corpus): (usize, &'a Corpus)| corpus.traces().map(move |t| Graph::new(t, scale, class)).collect::<Vec<_>>();
    corpora.enumerate().flat_map(of_class).collect()
}
