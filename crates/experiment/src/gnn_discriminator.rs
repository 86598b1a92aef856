//! The graph classifier as a discriminator: can it tell synthetic traces from real ones?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_evaluate::Measurement;
use tracesmith_evaluate::discriminator::{DiscriminatorSettings, Sample};
use tracesmith_model::classifier::ClassifierConfig;
use tracesmith_model::train::TrainConfig;
use tracesmith_model::{Device, DurationScale, Graph};
use tracesmith_trace::{Corpus, derive_seed, split};

use crate::error::ExperimentError;
use crate::graph_classifier::{GraphClassifier, sizes_of};

/// The graph classifier as a discriminator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GnnDiscriminatorConfig {
    /// Whether it is trained: five classifiers for every generator, system and seed.
    pub enabled: bool,
    /// Largest number of traces of each side.
    pub traces: usize,
    /// The classifier.
    pub classifier: ClassifierConfig,
}

impl Default for GnnDiscriminatorConfig {
    fn default() -> Self {
        let train =
            TrainConfig { epochs: 12, batch: 16, learning_rate: 1e-3, weight_decay: 1e-4, patience: 3, validation: 0.2, privacy: None };
        Self { enabled: false, traces: 400, classifier: ClassifierConfig { hidden: 64, train } }
    }
}

/// AUC over the folds of [`Sample`].
pub(crate) fn judge(
    real: &Corpus,
    synthetic: &Corpus,
    config: &GnnDiscriminatorConfig,
    seed: u64,
    device: &Device,
) -> Result<Vec<Measurement>, ExperimentError> {
    let settings = DiscriminatorSettings { traces: config.traces, ..DiscriminatorSettings::default() };
    let sample = Sample::draw(real, synthetic, &settings, seed)?;
    let durations = [real, synthetic].iter().flat_map(|corpus| corpus.span_durations_us().iter().copied()).collect::<Vec<_>>();
    let scale = DurationScale::of_durations(&durations);
    let graphs: Vec<Graph> = [(real, &sample.real), (synthetic, &sample.synthetic)]
        .into_iter()
        .enumerate()
        .flat_map(|(class, (corpus, chosen))| chosen.iter().map(move |&i| (class, corpus.trace(i))))
        .map(|(class, trace)| Graph::new(trace, &scale, class))
        .collect();
    let sizes = sizes_of([real].into_iter());
    let mut fold = 0;
    let auc = sample.cross_validated_auc(|fitted, scored| {
        fold += 1;
        let pick = |rows: &[usize]| rows.iter().map(|&row| graphs[row].clone()).collect::<Vec<_>>();
        let seed = derive_seed(seed, &format!("gnn fold {fold}"));
        let classifier = GraphClassifier { config: &config.classifier, sizes, classes: &["real", "synthetic"], seed, device };
        fit_predict(&classifier, &pick(fitted), &pick(scored))
    })?;
    Ok(vec![Measurement::within("discriminator.gnn_auc", auc)])
}

/// Probability of "synthetic" for every graph of `scored`.
fn fit_predict(classifier: &GraphClassifier<'_>, fitted: &[Graph], scored: &[Graph]) -> Result<Vec<f64>, ExperimentError> {
    let parts = split(fitted.len(), classifier.config.train.validation, derive_seed(classifier.seed, "validation"));
    let pick = |rows: &[usize]| rows.iter().map(|&row| fitted[row].clone()).collect::<Vec<_>>();
    let model = classifier.fit(&pick(&parts.train), &pick(&parts.held_out), &mut |_| ())?;
    Ok(model.predict(scored, classifier.device).iter().map(|probabilities| probabilities[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
    use tracesmith_trace::Trace;

    #[test]
    fn doubled_durations_are_found_and_another_sample_is_not() {
        let corpus = |seed| simulate(&SimulationConfig::new(System::TrainTicket, 120, seed)).corpus;
        let (real, other) = corpus(1).aligned(&corpus(2));
        let mut slow = real.empty_like();
        for trace in real.traces() {
            let Trace { mut spans, .. } = trace.to_owned();
            spans.iter_mut().for_each(|span| span.duration_us = span.duration_us * 4.0 + 1000.0);
            slow.push(Trace { spans, ..trace.to_owned() }).unwrap();
        }
        let config = GnnDiscriminatorConfig { enabled: true, ..GnnDiscriminatorConfig::default() };
        let auc = |synthetic: &Corpus| judge(&real, synthetic, &config, 0, &Device::flex()).unwrap()[0].value;
        let (slow, other) = (auc(&slow.finish()), auc(&other));
        assert!(slow > 0.9 && (other - 0.5).abs() < 0.15, "{slow} {other}");
    }
}
