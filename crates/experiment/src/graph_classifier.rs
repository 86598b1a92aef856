//! The graph classifier of every downstream task: training and testing, whatever its classes are.

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::{ClassificationReport, Measure, Measurement, classification_report};
use tracesmith_model::classifier::{Classifier, ClassifierConfig};
use tracesmith_model::train::{EpochRecord, Run, initialise, train};
use tracesmith_model::{Device, DurationScale, Graph, Sizes};
use tracesmith_trace::{Corpus, derive_seed};

use crate::error::ExperimentError;

/// Scores on one test set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TestScores {
    pub measurements: Vec<Measurement>,
    pub confusion: Vec<Vec<usize>>,
}

/// A classifier to be trained; the class of a graph is a position in `classes`.
pub(crate) struct GraphClassifier<'a> {
    pub config: &'a ClassifierConfig,
    /// Numbers of names; the sizes of the traces do not matter to it.
    pub sizes: Sizes,
    /// Names of the classes; the last one is what an alarm is about.
    pub classes: &'a [&'a str],
    pub seed: u64,
    pub device: &'a Device,
}

impl GraphClassifier<'_> {
    /// Trains it on `training` and keeps the weights that do best on `validation`.
    pub(crate) fn fit(
        &self,
        training: &[Graph],
        validation: &[Graph],
        observe: &mut dyn FnMut(&EpochRecord),
    ) -> Result<Classifier, ExperimentError> {
        let init = |device: &Device| self.config.init(&self.sizes, self.classes.len(), device);
        let model = initialise(derive_seed(self.seed, "weights"), &self.device.clone().autodiff(), init);
        let run = Run { seed: derive_seed(self.seed, "train"), device: self.device, resume: None, observe };
        let trained = train(model, training, validation, &(&self.config.train).into(), run);
        Ok(trained.map_err(|error| ExperimentError::stage("classifier", &error))?.model)
    }

    /// Scores of the trained `model` on `graphs`.
    pub(crate) fn test(&self, model: &Classifier, graphs: &[Graph]) -> Result<TestScores, ExperimentError> {
        let truth: Vec<usize> = graphs.iter().map(|graph| graph.class).collect();
        let report: ClassificationReport =
            classification_report(self.classes, &model.predict(graphs, self.device), &truth, self.classes.len() - 1)
                .map_err(|error| ExperimentError::stage("classifier", &error))?;
        Ok(TestScores { measurements: report.measurements(), confusion: report.confusion })
    }
}

/// Numbers of names that a classifier of all `corpora` has to know.
pub(crate) fn sizes_of<'a>(corpora: impl Iterator<Item = &'a Corpus> + Clone) -> Sizes {
    Sizes {
        services: corpora.clone().map(|corpus| corpus.services().len()).max().unwrap_or(1),
        operations: corpora.map(|corpus| corpus.operations().len()).max().unwrap_or(1),
        max_spans: 1,
    }
}

/// Standardisation of the durations of all `corpora` together.
pub(crate) fn scale_of<'a>(corpora: impl Iterator<Item = &'a Corpus>) -> DurationScale {
    DurationScale::of_durations(&corpora.flat_map(|corpus| corpus.span_durations_us().iter().copied()).collect::<Vec<_>>())
}

/// Graphs of all corpora; the class of a graph is the position of its corpus.
pub(crate) fn labelled<'a>(corpora: impl Iterator<Item = &'a Corpus>, scale: &DurationScale) -> Vec<Graph> {
    let of_class = |(class, corpus): (usize, &'a Corpus)| corpus.traces().map(move |t| Graph::new(t, scale, class)).collect::<Vec<_>>();
    corpora.enumerate().flat_map(of_class).collect()
}
