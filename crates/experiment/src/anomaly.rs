//! The anomaly task of the second study: is a trace normal or abnormal? One classifier a system, trained on real traces, on synthetic ones
//! that were asked for class by class, or on a mixture, and tested on held-out real traces.

use tracesmith_evaluate::FaultSettings;
use tracesmith_generate::GeneratorConfig;
use tracesmith_model::Device;
use tracesmith_model::classifier::ClassifierConfig;
use tracesmith_model::train::EpochRecord;
use tracesmith_trace::{Class, Corpus, Trace, derive_seed, split};

use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::graph_classifier::{GraphClassifier, TestScores, labelled, scale_of, sizes_of};

/// The classes, in the order of their positions; an alarm is about the second one.
pub(crate) const CLASSES: [Class; 2] = [Class::Normal, Class::Abnormal];

/// Fewest traces of a class to train on, of which some validate, and to test on.
const LEAST_TRAINING: usize = 10;
const LEAST_HELD_OUT: usize = 5;

/// Operations whose reaction to a fault is compared. Fewer traces are enough than for a verdict: the ceiling shows the noise.
pub(crate) const FAULT_SETTINGS: FaultSettings = FaultSettings { min_traces: 10, min_effect: 0.147 };

/// The traces of each class; those without a label are left out.
pub(crate) fn by_class(corpus: &Corpus) -> [Corpus; 2] {
    CLASSES.map(|class| of_class(corpus, class))
}

/// The traces of one class.
pub(crate) fn of_class(corpus: &Corpus, class: Class) -> Corpus {
    corpus.filter(|trace| trace.label.class() == class)
}

/// `traces` with the labels of the equally many traces of `labelled`, one after the other.
pub(crate) fn with_labels_of(labelled: &Corpus, traces: &Corpus) -> Corpus {
    let mut builder = traces.empty_like();
    for (trace, label) in traces.traces().zip(labelled.labels()) {
        builder.push(Trace { label: label.clone(), ..trace.to_owned() }).expect("a trace of a corpus with the same vocabularies");
    }
    builder.finish()
}

/// Why the task cannot be put to these traces, if it cannot.
pub(crate) fn obstacle(traces: &Prepared) -> Option<String> {
    let count = |corpus: &Corpus| CLASSES.map(|class| corpus.labels().iter().filter(|label| label.class() == class).count());
    let (training, held_out) = (count(&traces.training), count(&traces.held_out));
    if training == [0, 0] && held_out == [0, 0] {
        return Some("no trace is labelled normal or abnormal; give its fault files as `faults`".to_owned());
    }
    let few = training.iter().any(|&count| count < LEAST_TRAINING) || held_out.iter().any(|&count| count < LEAST_HELD_OUT);
    few.then(|| {
        format!(
            "there are {} normal and {} abnormal traces to train on and {} and {} held out; of either class {LEAST_TRAINING} and {LEAST_HELD_OUT} \
             are needed",
            training[0], training[1], held_out[0], held_out[1]
        )
    })
}

/// Whether a generator can be asked for the traces of one class. One that cannot is fitted on the training traces of each class apart.
pub(crate) fn takes_labels(generator: &GeneratorConfig) -> bool {
    generator.capabilities().asked.know("label")
}

/// What a classifier is trained on.
pub(crate) struct Detection<'a> {
    /// The real traces.
    pub traces: &'a Prepared,
    /// Synthetic traces of each class, at least as many as the real training traces that they stand for; `None` trains on real ones alone.
    pub synthetic: Option<[Corpus; 2]>,
    /// Percentage of the real training traces that are kept; synthetic ones take the place of the rest.
    pub real_percent: u32,
    /// The classifier.
    pub config: &'a ClassifierConfig,
    /// Seed.
    pub seed: u64,
}

impl Detection<'_> {
    /// Trains the classifier and tests it on the held-out traces.
    ///
    /// Whatever the share, there are as many training traces of each class as there are real ones. The same share of each class validates,
    /// so that validation is synthetic where training is.
    pub(crate) fn run(&self, device: &Device, observe: &mut dyn FnMut(&EpochRecord)) -> Result<TestScores, ExperimentError> {
        let pools = self.pools();
        let scale = scale_of(pools.iter());
        let seed = derive_seed(self.seed, "validation");
        let parts = pools.each_ref().map(|pool| split(pool.len(), self.config.train.validation, seed));
        let graphs = |positions: [&[usize]; 2]| {
            let chosen: Vec<Corpus> = pools.iter().zip(positions).map(|(pool, positions)| pool.select(positions)).collect();
            labelled(chosen.iter(), &scale)
        };
        let training = graphs(parts.each_ref().map(|parts| &parts.train[..]));
        let validation = graphs(parts.each_ref().map(|parts| &parts.held_out[..]));
        let sizes = sizes_of([&self.traces.training].into_iter());
        let names = CLASSES.map(Class::name);
        let classifier = GraphClassifier { config: self.config, sizes, classes: &names, seed: self.seed, device };
        let model = classifier.fit(&training, &validation, observe)?;
        classifier.test(&model, &labelled(by_class(&self.traces.held_out).iter(), &scale))
    }

    /// Traces of each class to train and validate on.
    fn pools(&self) -> [Corpus; 2] {
        let real = by_class(&self.traces.training);
        let Some(synthetic) = &self.synthetic else { return real };
        let seed = derive_seed(self.seed, "real share");
        [0, 1].map(|class| mixed(&real[class], &synthetic[class], self.real_percent, seed))
    }
}

/// `percent` % of the real traces, and synthetic ones in place of the rest. A larger share holds the traces of a smaller one.
fn mixed(real: &Corpus, synthetic: &Corpus, percent: u32, seed: u64) -> Corpus {
    let kept = split(real.len(), f64::from(percent) / 100.0, seed).held_out;
    let replaced: Vec<usize> = (0..real.len() - kept.len()).collect();
    Corpus::concat(&[&real.select(&kept), &synthetic.select(&replaced)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
    use tracesmith_trace::Label;

    fn corpus(traces: usize, seed: u64) -> Corpus {
        simulate(&SimulationConfig::new(System::TrainTicket, traces, seed)).corpus
    }

    fn prepared(training: Corpus, held_out: Corpus) -> Prepared {
        let other = training.empty_like().finish();
        Prepared { system: "tt".into(), training, held_out, other, hash: String::new() }
    }

    fn ids(corpus: &Corpus) -> HashSet<String> {
        corpus.traces().map(|trace| trace.id.to_owned()).collect()
    }

    #[test]
    fn every_share_has_as_many_traces_and_a_larger_one_holds_the_smaller() {
        let (real, synthetic) = corpus(80, 1).aligned(&corpus(80, 2));
        let real_part = |percent| {
            let mixture = mixed(&real, &synthetic, percent, 7);
            assert_eq!(mixture.len(), 80, "{percent} %");
            let part: HashSet<String> = ids(&mixture).intersection(&ids(&real)).cloned().collect();
            assert_eq!(part.len() * 100, 80 * percent as usize, "{percent} %");
            assert_eq!(ids(&mixture).intersection(&ids(&synthetic)).count(), 80 - part.len());
            part
        };
        let shares = [0, 10, 30, 50, 70, 100].map(real_part);
        assert!(shares.windows(2).all(|pair| pair[0].is_subset(&pair[1])));
    }

    #[test]
    fn without_real_traces_training_and_validation_are_synthetic_class_by_class() {
        let (real, other) = corpus(150, 1).aligned(&corpus(400, 2));
        let traces = prepared(real.clone(), real.clone());
        let config = ClassifierConfig::default();
        let detection = |real_percent, synthetic| Detection { traces: &traces, synthetic, real_percent, config: &config, seed: 3 };
        let [normal, abnormal] = detection(0, Some(by_class(&other))).pools();
        assert!(ids(&normal).is_disjoint(&ids(&real)) && ids(&abnormal).is_disjoint(&ids(&real)));
        assert!(normal.labels().iter().all(|label| *label == Label::Normal) && abnormal.labels().iter().all(Label::is_abnormal));
        let [real_normal, real_abnormal] = detection(100, None).pools();
        assert_eq!((normal.len(), abnormal.len()), (real_normal.len(), real_abnormal.len()));
        assert_eq!(real_normal.len() + real_abnormal.len(), real.len());
    }

    #[test]
    fn traces_without_labels_or_with_too_few_of_a_class_are_refused_with_the_counts() {
        let labelled = corpus(150, 1);
        assert_eq!(obstacle(&prepared(labelled.clone(), labelled.clone())), None);
        let normal = by_class(&labelled)[0].clone();
        let said = obstacle(&prepared(normal.clone(), labelled.clone())).unwrap();
        assert!(said.contains(&format!("{} normal and 0 abnormal traces to train on", normal.len())), "{said}");
        assert!(obstacle(&prepared(labelled.clone(), normal)).is_some());
        let mut builder = labelled.empty_like();
        for trace in labelled.traces() {
            builder.push(tracesmith_trace::Trace { label: Label::Unknown, ..trace.to_owned() }).unwrap();
        }
        let unlabelled = builder.finish();
        assert!(obstacle(&prepared(unlabelled.clone(), unlabelled)).unwrap().contains("fault files"));
    }

    #[test]
    fn traces_take_the_labels_of_others_and_nothing_else() {
        let (labelled, others) = corpus(60, 1).aligned(&corpus(60, 2));
        let relabelled = with_labels_of(&labelled, &others);
        assert_eq!(relabelled.labels(), labelled.labels());
        assert_eq!(relabelled.span_durations_us(), others.span_durations_us());
        let [_, abnormal] = by_class(&labelled);
        assert_eq!(of_class(&labelled, Class::Abnormal), abnormal);
        assert!(!abnormal.is_empty());
    }

    #[test]
    fn only_generators_without_labels_are_fitted_on_each_class_apart() {
        let takes = |text: &str| takes_labels(&toml::from_str(text).unwrap());
        assert!(!takes("kind = \"flat-vae\"") && !takes("kind = \"hvae\"\nmodel = { conditional = false }"));
        assert!(takes("kind = \"hvae\"\nmodel = { conditional = true }") && takes("kind = \"tree-hvae\""));
        assert!(takes("kind = \"random-sampling\"") && takes("kind = \"markov-tree\""));
    }

    #[test]
    fn a_classifier_of_real_traces_finds_what_is_ten_times_slower() {
        let slowed = |seed| {
            let corpus = corpus(200, seed);
            let mut builder = corpus.empty_like();
            for trace in corpus.traces() {
                let mut trace = trace.to_owned();
                if trace.label.is_abnormal() {
                    trace.spans.iter_mut().for_each(|span| span.duration_us = span.duration_us * 10.0 + 1e5);
                }
                builder.push(trace).unwrap();
            }
            builder.finish()
        };
        let traces = prepared(slowed(1), slowed(2));
        let mut config = ClassifierConfig { hidden: 16, ..ClassifierConfig::default() };
        config.train.learning_rate = 3e-3;
        let detection = Detection { traces: &traces, synthetic: None, real_percent: 100, config: &config, seed: 3 };
        let scores = detection.run(&Device::flex(), &mut |_| ()).unwrap();
        let value = |key: &str| scores.measurements.iter().find(|measured| measured.metric == key).unwrap().value;
        assert!(value("weighted_f1") > 0.9 && value("pr_auc") > 0.9 && value("false_alarm_rate") < 0.1, "{:?}", scores.measurements);
        assert!(value("class.abnormal.support") > 0.0);
    }
}
