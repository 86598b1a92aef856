//! The stages of the anomaly task: traces of each class, classifiers, and effects of faults.

use tracesmith_evaluate::{Measure, Measurement, fault_fidelity};
use tracesmith_generate::Request;
use tracesmith_model::train::EpochRecord;
use tracesmith_trace::{Class, Corpus, SizeMode, derive_seed};

use super::context::{Place, Study};
use crate::anomaly::{CLASSES, Detection, FAULT_SETTINGS, obstacle, of_class, takes_labels, with_labels_of};
use crate::cache::Stage;
use crate::config::Question;
use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::graph_classifier::TestScores;
use crate::outcome::{FaultEffects, Outcome};
use crate::results::Row;

/// A measurement on the traces of a system; without a generator it is the ceiling.
#[derive(Clone, Copy)]
enum Job {
    /// A classifier, with the percentage of real training traces.
    Detect { seed: usize, system: usize, mixture: Option<(usize, u32)> },
    /// What faults do to durations.
    Effects { seed: usize, system: usize, generator: Option<usize> },
}

/// Result of a [`Job`].
enum Found {
    Scores(TestScores),
    Effects { measurements: Vec<Measurement>, shown: FaultEffects },
}

impl Study<'_> {
    /// Whether a question needs the generator fitted on the traces of all classes: the anomaly task has no use for traces without labels, and
    /// fits a generator that takes none on each class apart.
    pub(super) fn is_needed(&self, place: Place) -> bool {
        self.experiment.questions.iter().any(|question| *question != Question::Anomaly)
            || self.is_labelled(place.system) && takes_labels(self.generator(place.generator).1)
    }

    /// Whether the task can be put to the traces of every seed.
    fn is_labelled(&self, system: usize) -> bool {
        self.obstacle(system).is_none()
    }

    fn labelled_systems(&self) -> Vec<usize> {
        (0..self.experiment.systems.len()).filter(|&system| self.is_labelled(system)).collect()
    }

    fn obstacle(&self, system: usize) -> Option<String> {
        self.prepared.iter().find_map(|systems| obstacle(&systems[system]))
    }

    /// Runs all stages of the task, where it is asked for.
    pub(super) fn detect_anomalies(&self, outcome: &mut Outcome) -> Result<(), ExperimentError> {
        if !self.experiment.asks(Question::Anomaly) {
            return Ok(());
        }
        outcome.left_out = self.left_out();
        let (labelled, generators) = (self.labelled_systems(), self.experiment.generators.len());
        let of_system = |seed, system| (0..generators).map(move |generator| Place::new(seed, system, generator));
        let of_seed = |seed| labelled.iter().flat_map(move |&system| of_system(seed, system));
        let places: Vec<Place> = (0..self.prepared.len()).flat_map(of_seed).collect();
        let apart = places.iter().filter(|place| !takes_labels(self.generator(place.generator).1));
        let apart: Vec<Place> = apart.flat_map(|place| CLASSES.map(|class| Place { class: Some(class), ..*place })).collect();
        self.each(&self.distinct_fits(&apart)?, |place| self.fit(*place))?;
        self.each(&places, |place| self.sample_classes(*place).map(|_| ()))?;
        let jobs = self.anomaly_jobs(&places);
        for (job, found) in jobs.iter().zip(self.each(&jobs, |job| self.measure_anomaly(job))?) {
            self.collect_anomaly(outcome, job, found);
        }
        Ok(())
    }

    /// What is not measured, and why.
    fn left_out(&self) -> Vec<String> {
        let systems = self.experiment.systems.keys().enumerate();
        systems.filter_map(|(system, name)| Some(format!("system {name}: {}", self.obstacle(system)?))).collect()
    }

    fn anomaly_jobs(&self, places: &[Place]) -> Vec<Job> {
        let systems = self.labelled_systems();
        let pairs: Vec<(usize, usize)> =
            (0..self.prepared.len()).flat_map(|seed| systems.iter().map(move |&system| (seed, system))).collect();
        let mut shares = self.experiment.utility.sweep.clone();
        shares.sort_unstable();
        shares.dedup();
        // Real traces alone are the ceiling, the same one for every generator.
        shares.retain(|&share| share < 100);
        let mut jobs: Vec<Job> = pairs.iter().map(|&(seed, system)| Job::Detect { seed, system, mixture: None }).collect();
        for &Place { seed, system, generator, .. } in places {
            jobs.extend(shares.iter().map(|&share| Job::Detect { seed, system, mixture: Some((generator, share)) }));
        }
        jobs.extend(pairs.iter().map(|&(seed, system)| Job::Effects { seed, system, generator: None }));
        jobs.extend(places.iter().map(|&Place { seed, system, generator, .. }| Job::Effects { seed, system, generator: Some(generator) }));
        jobs
    }

    /// Synthetic traces of each class, as many as there are training traces of it.
    fn sample_classes(&self, place: Place) -> Result<[Corpus; 2], ExperimentError> {
        let [normal, abnormal] = CLASSES.map(|class| self.sample_class(place, class));
        Ok([normal?, abnormal?])
    }

    /// A generator that takes no labels draws from its fit on the class, and its traces get the labels of the training traces: which fault a
    /// trace is under is then drawn without a look at the trace.
    fn sample_class(&self, place: Place, class: Class) -> Result<Corpus, ExperimentError> {
        let config = self.generator(place.generator).1;
        let asked = takes_labels(config);
        let place = if asked { place } else { Place { class: Some(class), ..place } };
        let title = self.title(&format!("sample {}", class.name()), place);
        let training = of_class(&self.traces(place).training, class);
        let seed = derive_seed(self.seed(place), &format!("sample {}", class.name()));
        let request = Request::new(training.len(), seed).with_class(if asked { class } else { Class::Unknown }).on_threads(1);
        let inputs = (self.fit_inputs(place), config, SizeMode::Empirical, request.count, seed, class);
        let draw = || {
            let drawn = self.load(place)?.sample(&request).map_err(|error| ExperimentError::stage(&title, &error))?;
            Ok(if asked { drawn } else { with_labels_of(&training, &drawn) })
        };
        Ok(self.cache.fetch(Stage::Sample, &title, &inputs, draw)?.0)
    }

    fn measure_anomaly(&self, job: &Job) -> Result<Found, ExperimentError> {
        match *job {
            Job::Detect { seed, system, mixture } => self.detect(seed, system, mixture).map(Found::Scores),
            Job::Effects { seed, system, generator } => self.effects(seed, system, generator),
        }
    }

    fn detect(&self, seed: usize, system: usize, mixture: Option<(usize, u32)>) -> Result<TestScores, ExperimentError> {
        let traces = &self.prepared[seed][system];
        let (what, synthetic, real_percent) = match mixture {
            None => ("detect real".to_owned(), None, 100),
            Some((generator, share)) => {
                let synthetic = self.sample_classes(Place::new(seed, system, generator))?;
                (format!("detect {} + {share} % real", self.generator(generator).0), Some(synthetic), share)
            }
        };
        let title = format!("{what} · {} · seed {}", traces.system, self.experiment.seeds[seed]);
        let (config, seed) = (&self.experiment.utility.classifier, self.experiment.seeds[seed]);
        let inputs = (&traces.hash, crate::cache::hash(&synthetic)?, real_percent, config, seed);
        let compute = || {
            let mut observe = |record: &EpochRecord| {
                self.progress.epoch(&title, record.epoch, config.train.epochs, &format!("loss {:.4}", record.total));
            };
            Detection { traces, synthetic, real_percent, config, seed }.run(self.device, &mut observe)
        };
        self.timed(&title, || self.cache.fetch(Stage::Detect, &title, &inputs, compute))
    }

    /// Held-out real traces against those of a generator; against training traces for the ceiling.
    fn effects(&self, seed: usize, system: usize, generator: Option<usize>) -> Result<Found, ExperimentError> {
        let Prepared { system: name, training, held_out, .. } = &self.prepared[seed][system];
        let fidelity = match generator {
            None => fault_fidelity(held_out, training, &FAULT_SETTINGS)?,
            Some(generator) => {
                let [normal, abnormal] = self.sample_classes(Place::new(seed, system, generator))?;
                fault_fidelity(held_out, &Corpus::concat(&[&normal, &abnormal]), &FAULT_SETTINGS)?
            }
        };
        let measurements = fidelity.measurements();
        let effects = fidelity.kinds.into_iter().flat_map(|kind| kind.effects);
        let generator = generator.map(|generator| self.generator(generator).0.to_owned());
        Ok(Found::Effects { measurements, shown: FaultEffects { system: name.clone(), generator, effects: effects.collect() } })
    }

    fn collect_anomaly(&self, outcome: &mut Outcome, job: &Job, found: Found) {
        let row = |seed, system, generator: Option<usize>| match generator {
            None => self.ceiling_row(Question::Anomaly, seed, system),
            Some(generator) => self.generator_row(Question::Anomaly, Place::new(seed, system, generator)),
        };
        match (*job, found) {
            (Job::Detect { seed, system, mixture }, Found::Scores(scores)) => {
                let protocol = mixture.map_or(String::new(), |(_, share)| format!("real{share}"));
                let row = row(seed, system, mixture.map(|(generator, _)| generator));
                outcome.add(&Row { protocol, ..row }, &scores.measurements);
            }
            (Job::Effects { seed, system, generator }, Found::Effects { measurements, shown }) => {
                outcome.add(&row(seed, system, generator), &measurements);
                outcome.visuals.fault_effects.push(shown);
            }
            _ => unreachable!("a job has one kind of result"),
        }
    }
}
