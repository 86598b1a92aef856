//! The plan of one variant: which generators are fitted, what is sampled from them, and what is measured on it.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::{
    Comparison, Measure, ReconstructionTally, TraceContent, ceiling, compare, families, flat, membership_from_losses, memorisation, nested,
    privacy, privacy_ceiling, structural_fidelity, validity,
};
use tracesmith_generate::{Fit, FittedGenerator, GeneratorConfig, MODEL_FILE, Request, SamplingSettings, load, map_parallel};
use tracesmith_model::Device;
use tracesmith_trace::{Class, Corpus, Edge, SizeMode, derive_seed};

use crate::anomaly::of_class;
use crate::cache::{Cache, Stage};
use crate::config::MAIN_SIZE;
use crate::data::Prepared;
use crate::outcome::{Outcome, ProjectionPoints, TellTale, TellTales};
use crate::run::Progress;
use crate::utility::UtilityScores;
use crate::{Experiment, ExperimentError, Question, cost, differential_privacy, gnn_discriminator, latent};
use utility::Training;

/// Traces of each side in the attack by likelihood: each is encoded by itself.
const MOST_ATTACKED: usize = 500;

mod anomaly;
mod utility;
mod visuals;

/// Everything that the stages of a variant share.
pub(crate) struct Study<'a> {
    pub experiment: &'a Experiment,
    /// Traces by seed and system, in the order of both.
    pub prepared: &'a [Vec<Prepared>],
    pub cache: &'a Cache,
    pub device: &'a Device,
    pub threads: usize,
    pub progress: &'a dyn Progress,
    /// Wall time in seconds of every stage that was computed.
    pub times: &'a Mutex<Vec<(String, f64)>>,
}

/// A generator fitted on the training traces of a seed and a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    seed: usize,
    system: usize,
    generator: usize,
    /// The only class of the training traces, in the anomaly task of a generator that takes no labels.
    class: Option<Class>,
}

impl Place {
    /// On the training traces of all classes.
    fn new(seed: usize, system: usize, generator: usize) -> Self {
        Self { seed, system, generator, class: None }
    }
}

/// A measurement; each is cached on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Job {
    Reconstruct(Place),
    Compare(Place, String),
    Ceiling {
        seed: usize,
        system: usize,
    },
    /// Whether the likelihood of a trace gives training traces away.
    Likelihood(Place),
    /// What the latent of a trace is good for.
    Latent(Place),
    /// The graph classifier on held-out traces against synthetic ones.
    Discriminate(Place),
    /// The same against training traces.
    GnnCeiling {
        seed: usize,
        system: usize,
    },
    Classify {
        seed: usize,
        training: Training,
    },
}

/// Result of a [`Job`].
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Found {
    Entries(Vec<(String, f64)>),
    /// A cached one of an earlier program has no tell-tales, cannot be read and is computed again.
    Comparison {
        entries: Vec<(String, f64)>,
        real: Vec<[f64; 2]>,
        synthetic: Vec<[f64; 2]>,
        tell_tales: Vec<TellTale>,
    },
    Utility(UtilityScores),
}

impl Study<'_> {
    /// Runs all stages.
    pub(crate) fn run(&self) -> Result<Outcome, ExperimentError> {
        let places = self.places();
        self.each(&self.distinct_fits(&places)?, |place| self.fit(*place))?;
        let samples: Vec<(Place, String)> =
            places.iter().flat_map(|place| self.experiment.utility.sizes.iter().map(|size| (*place, size.clone()))).collect();
        self.each(&samples, |(place, size)| self.sample(*place, size).map(|_| ()))?;
        let jobs = self.jobs(&places);
        let found = self.each(&jobs, |job| self.measure(job))?;
        let mut outcome = Outcome::default();
        for (job, found) in jobs.iter().zip(found) {
            self.collect(&mut outcome, job, found);
        }
        self.detect_anomalies(&mut outcome)?;
        self.note_privacy(&mut outcome)?;
        self.visualise(&mut outcome)?;
        Ok(outcome)
    }

    /// Applies `work` to all items in parallel; the first error in their order is returned.
    fn each<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> Result<T, ExperimentError> + Sync,
    ) -> Result<Vec<T>, ExperimentError> {
        map_parallel(items.len(), self.threads, |i| work(&items[i])).into_iter().collect()
    }

    /// Generators that a question needs.
    fn places(&self) -> Vec<Place> {
        let (systems, generators) = (self.experiment.systems.len(), self.experiment.generators.len());
        let per_seed =
            |seed| (0..systems).flat_map(move |system| (0..generators).map(move |generator| Place::new(seed, system, generator)));
        (0..self.prepared.len()).flat_map(per_seed).filter(|&place| self.is_needed(place)).collect()
    }

    fn generator(&self, index: usize) -> (&str, &GeneratorConfig) {
        let (name, config) = self.experiment.generators.iter().nth(index).expect("an index of the generators");
        (name, config)
    }

    fn traces(&self, place: Place) -> &Prepared {
        &self.prepared[place.seed][place.system]
    }

    /// What the generator is fitted on.
    fn training(&self, place: Place) -> Cow<'_, Corpus> {
        let training = &self.traces(place).training;
        place.class.map_or(Cow::Borrowed(training), |class| Cow::Owned(of_class(training, class)))
    }

    fn seed(&self, place: Place) -> u64 {
        let class = place.class.map_or(String::new(), |class| format!("/{}", class.name()));
        derive_seed(self.experiment.seeds[place.seed], &format!("fit/{}{class}", self.traces(place).system))
    }

    /// What a fit depends on; the seed stands for the class.
    fn fit_inputs(&self, place: Place) -> impl Serialize + '_ {
        (&self.traces(place).hash, self.generator(place.generator).1.fitting(), self.seed(place))
    }

    /// Folder of the fitted generator.
    fn folder(&self, place: Place) -> Result<PathBuf, ExperimentError> {
        self.cache.place(Stage::Fit, &self.fit_inputs(place))
    }

    /// One place for every folder: generators that differ in sampling alone share a fit.
    fn distinct_fits(&self, places: &[Place]) -> Result<Vec<Place>, ExperimentError> {
        let mut folders = Vec::new();
        let mut distinct = Vec::new();
        for &place in places {
            let folder = self.folder(place)?;
            if !folders.contains(&folder) {
                folders.push(folder);
                distinct.push(place);
            }
        }
        Ok(distinct)
    }

    /// Name of a stage for people.
    fn title(&self, verb: &str, place: Place) -> String {
        let (name, _) = self.generator(place.generator);
        let class = place.class.map_or(String::new(), |class| format!(" of {} traces", class.name()));
        format!("{verb} {name}{class} · {} · seed {}", self.traces(place).system, self.experiment.seeds[place.seed])
    }

    /// Runs a stage with progress and time.
    fn timed<T>(&self, title: &str, stage: impl FnOnce() -> Result<(T, bool), ExperimentError>) -> Result<T, ExperimentError> {
        self.progress.begin(title);
        let start = Instant::now();
        let result = stage();
        let cached = matches!(result, Ok((_, true)));
        self.progress.end(title, cached);
        if !cached && let Ok(mut times) = self.times.lock() {
            times.push((title.to_owned(), start.elapsed().as_secs_f64()));
        }
        result.map(|(value, _)| value)
    }

    fn fit(&self, place: Place) -> Result<(), ExperimentError> {
        let title = self.title("fit", place);
        self.timed(&title, || {
            let folder = self.folder(place)?;
            if folder.join(MODEL_FILE).exists() {
                Cache::note_use(&folder);
                return Ok(((), true));
            }
            self.cache.describe(&folder, Stage::Fit, &title)?;
            let (config, training) = (self.generator(place.generator).1.fitting(), self.training(place));
            let epochs = config.epochs(training.len());
            let mut observe = |terms: &'static [&'static str], record: &tracesmith_model::train::EpochRecord| {
                let parts: Vec<String> = terms.iter().zip(&record.terms).map(|(name, value)| format!("{name} {value:.3}")).collect();
                self.progress.epoch(&title, record.epoch, epochs, &format!("loss {:.3}  {}", record.total, parts.join("  ")));
            };
            let resume = folder.join("training.state");
            let fit = Fit { seed: self.seed(place), device: self.device, resume: Some(&resume), observe: &mut observe };
            let start = Instant::now();
            let fitted = config.fit(&training, fit).map_err(|error| ExperimentError::stage(&title, &error))?;
            fitted.save(&folder).map_err(|error| ExperimentError::stage(&title, &error))?;
            cost::note_training(&folder, start.elapsed().as_secs_f64());
            Ok(((), false))
        })
    }

    fn load(&self, place: Place) -> Result<Box<dyn FittedGenerator>, ExperimentError> {
        self.load_with(place, |_| ())
    }

    /// The fitted generator with the sampling settings of the experiment, changed by `adjust`.
    fn load_with(&self, place: Place, adjust: impl FnOnce(&mut SamplingSettings)) -> Result<Box<dyn FittedGenerator>, ExperimentError> {
        let config = self.generator(place.generator).1;
        let adjust = |sampling: &mut SamplingSettings| {
            *sampling = config.sampling();
            adjust(sampling);
        };
        load(&self.folder(place)?, self.device, adjust).map_err(|error| ExperimentError::stage(&self.title("load", place), &error))
    }

    /// As many synthetic traces as there are training traces; `None` of a generator that no question needs.
    pub(crate) fn sample_at(&self, seed: usize, system: usize, generator: usize, size: &str) -> Result<Option<Corpus>, ExperimentError> {
        let place = Place::new(seed, system, generator);
        if self.is_needed(place) { self.sample(place, size).map(Some) } else { Ok(None) }
    }

    /// The promises of generators that are trained with differential privacy.
    fn note_privacy(&self, outcome: &mut Outcome) -> Result<(), ExperimentError> {
        for place in self.places() {
            let (name, config) = self.generator(place.generator);
            let promise = config.promise(self.traces(place).training.len());
            let promise = promise.map_err(|error| ExperimentError::stage(&self.title("promise of", place), &error))?;
            if let Some(promise) = promise {
                outcome.add(&format!("dp.{}.{name}", self.traces(place).system), &differential_privacy::entries(&promise));
            }
        }
        Ok(())
    }

    fn sample(&self, place: Place, size: &str) -> Result<Corpus, ExperimentError> {
        let training = &self.traces(place).training;
        let title = self.title(&format!("sample ({size})"), place);
        let mode = match size {
            "fixed" => SizeMode::Fixed(median_size(training)),
            text => text.parse().map_err(|message| ExperimentError::Stage { stage: title.clone(), message })?,
        };
        let request = Request::new(training.len(), derive_seed(self.seed(place), "sample")).with_size(mode).on_threads(1);
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1, mode, request.count, request.seed);
        let draw = || self.load(place)?.sample(&request).map_err(|error| ExperimentError::stage(&title, &error));
        Ok(self.cache.fetch(Stage::Sample, &title, &inputs, draw)?.0)
    }

    fn jobs(&self, places: &[Place]) -> Vec<Job> {
        let (experiment, seeds) = (self.experiment, self.prepared.len());
        let utility = experiment.asks(Question::Rq2) || experiment.asks(Question::Rq3);
        let mut jobs = Vec::new();
        // Long jobs first, so that no core is idle at the end.
        if utility {
            for seed in 0..seeds {
                jobs.push(Job::Classify { seed, training: Training::Real });
                jobs.extend(self.mixtures().into_iter().map(|training| Job::Classify { seed, training }));
            }
        }
        if experiment.asks(Question::Rq4) || experiment.asks(Question::Rq3) {
            jobs.extend((0..seeds).flat_map(|seed| (0..experiment.systems.len()).map(move |system| Job::Ceiling { seed, system })));
            jobs.extend(places.iter().flat_map(|&place| [Job::Latent(place), Job::Likelihood(place)]));
            if experiment.gnn_discriminator.enabled {
                jobs.extend(places.iter().map(|&place| Job::Discriminate(place)));
                jobs.extend((0..seeds).flat_map(|seed| (0..experiment.systems.len()).map(move |system| Job::GnnCeiling { seed, system })));
            }
            jobs.extend(
                places.iter().flat_map(|&place| experiment.utility.sizes.iter().map(move |size| Job::Compare(place, size.clone()))),
            );
        }
        if experiment.asks(Question::Rq1) {
            jobs.extend(places.iter().map(|&place| Job::Reconstruct(place)));
        }
        jobs
    }

    fn measure(&self, job: &Job) -> Result<Found, ExperimentError> {
        match job {
            Job::Reconstruct(place) => self.reconstruct(*place),
            Job::Compare(place, size) => self.compare(*place, size),
            Job::Latent(place) => self.latent(*place),
            Job::Likelihood(place) => self.likelihood(*place),
            Job::Discriminate(place) => {
                let title = self.title("discriminate", *place);
                self.discriminate(&title, self.traces(*place), &self.sample(*place, MAIN_SIZE)?, place.seed)
            }
            Job::GnnCeiling { seed, system } => {
                let traces = &self.prepared[*seed][*system];
                let title = format!("discriminate real · {} · seed {}", traces.system, self.experiment.seeds[*seed]);
                self.discriminate(&title, traces, &traces.training, *seed)
            }
            Job::Ceiling { seed, system } => self.ceiling(&self.prepared[*seed][*system], self.experiment.seeds[*seed]),
            Job::Classify { seed, training } => self.classify(*seed, training),
        }
    }

    fn reconstruct(&self, place: Place) -> Result<Found, ExperimentError> {
        let title = self.title("reconstruct", place);
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1);
        let compute = || {
            let fitted = self.load(place)?;
            let Some(encoder) = fitted.skills().reconstruct else { return Ok(Found::Entries(Vec::new())) };
            let score = |corpus: &Corpus| {
                let reconstructions = encoder.reconstruct(corpus).map_err(|error| ExperimentError::stage(&title, &error))?;
                let mut tally = ReconstructionTally::default();
                for (trace, decoded) in corpus.traces().zip(&reconstructions) {
                    let Some(decoded) = decoded else { continue };
                    let edges: Vec<Edge> =
                        decoded.edges.iter().map(|&(parent, child)| Edge { parent: parent as u32, child: child as u32 }).collect();
                    let predicted = TraceContent {
                        services: &decoded.services,
                        operations: &decoded.operations,
                        durations_us: &decoded.durations_us,
                        edges: &edges,
                    };
                    tally.push(trace.into(), predicted).map_err(|error| ExperimentError::stage(&title, &error))?;
                }
                tally.finish().map(|scores| scores.measurements()).map_err(|error| ExperimentError::stage(&title, &error))
            };
            let traces = self.traces(place);
            let (held_out, training) = (score(&traces.held_out)?, score(&traces.training)?);
            Ok(Found::Entries(flat(&[held_out, nested("training", training)].concat())))
        };
        self.timed(&title, || self.cache.fetch(Stage::Reconstruct, &title, &inputs, compute))
    }

    fn compare(&self, place: Place, size: &str) -> Result<Found, ExperimentError> {
        let title = self.title(&format!("compare ({size})"), place);
        let traces = self.traces(place);
        let seed = self.experiment.seeds[place.seed];
        let synthetic = self.sample(place, size)?;
        let inputs = (&traces.hash, crate::cache::hash(&synthetic)?, seed, size == MAIN_SIZE, further_metrics());
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            if size != MAIN_SIZE {
                let fidelity = structural_fidelity(&traces.held_out, &synthetic, seed).map_err(fail)?;
                let validity = validity(&traces.held_out, &synthetic).map_err(fail)?;
                return Ok(Found::Entries(flat(&[fidelity.measurements(), validity.measurements()].concat())));
            }
            let comparison = compare(&traces.held_out, &synthetic, seed).map_err(fail)?;
            let copied = memorisation(&traces.training, &traces.held_out, &synthetic).map_err(fail)?;
            let attacked = privacy(&traces.training, &traces.held_out, &synthetic, seed).map_err(fail)?;
            let entries = flat(&[comparison.measurements(), copied.measurements(), attacked.measurements()].concat());
            let Comparison { similarity, discriminator, .. } = comparison;
            let tell_tales = discriminator.top.into_iter().map(TellTale::from).collect();
            Ok(Found::Comparison { entries, real: similarity.projection.real, synthetic: similarity.projection.synthetic, tell_tales })
        };
        self.timed(&title, || self.cache.fetch(Stage::Compare, &title, &inputs, compute))
    }

    fn latent(&self, place: Place) -> Result<Found, ExperimentError> {
        let (title, traces) = (self.title("latent", place), self.traces(place));
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1);
        let compute = || {
            let free = self.load_with(place, |sampling| {
                if sampling.has("force_root") {
                    sampling.set("force_root", false);
                }
            })?;
            let entries = latent::judge(self.load(place)?.as_ref(), free.as_ref(), traces, self.experiment.seeds[place.seed])?;
            Ok(Found::Entries(entries))
        };
        self.timed(&title, || self.cache.fetch(Stage::Latent, &title, &inputs, compute))
    }

    /// The attack on membership by the likelihood of a trace, for a model that has one.
    fn likelihood(&self, place: Place) -> Result<Found, ExperimentError> {
        let (title, traces) = (self.title("likelihood", place), self.traces(place));
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1, &traces.hash);
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            let model = self.load(place)?;
            let Some(likelihood) = model.skills().likelihood else { return Ok(Found::Entries(Vec::new())) };
            let some = |corpus: &Corpus| {
                corpus.select(&(0..corpus.len()).step_by(corpus.len().div_ceil(MOST_ATTACKED).max(1)).collect::<Vec<_>>())
            };
            let losses = |corpus| likelihood.trace_losses(&some(corpus)).map_err(|error| ExperimentError::stage(&title, &error));
            let attack = membership_from_losses(&losses(&traces.training)?, &losses(&traces.held_out)?).map_err(fail)?;
            Ok(Found::Entries(flat(&attack.under("privacy.likelihood."))))
        };
        self.timed(&title, || self.cache.fetch(Stage::Likelihood, &title, &inputs, compute))
    }

    /// The graph classifier on held-out real traces against others.
    fn discriminate(&self, title: &str, traces: &Prepared, others: &Corpus, seed: usize) -> Result<Found, ExperimentError> {
        let (config, seed) = (&self.experiment.gnn_discriminator, self.experiment.seeds[seed]);
        let inputs = (&traces.hash, crate::cache::hash(others)?, config, seed);
        let compute = || Ok(Found::Entries(gnn_discriminator::judge(&traces.held_out, others, config, seed, self.device)?));
        self.timed(title, || self.cache.fetch(Stage::Discriminate, title, &inputs, compute))
    }

    fn ceiling(&self, traces: &Prepared, seed: u64) -> Result<Found, ExperimentError> {
        let title = format!("ceiling · {} · seed {seed}", traces.system);
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            let comparison = ceiling(&traces.training, &traces.held_out, traces.training.len(), seed).map_err(fail)?;
            let attacked = privacy_ceiling(&traces.training, &traces.held_out, seed).map_err(fail)?;
            let attacked = attacked.map(|attacked| attacked.measurements()).unwrap_or_default();
            Ok(Found::Entries(flat(&[comparison.measurements(), attacked].concat())))
        };
        self.timed(&title, || self.cache.fetch(Stage::Ceiling, &title, &(&traces.hash, seed, further_metrics()), compute))
    }

    fn collect(&self, outcome: &mut Outcome, job: &Job, found: Found) {
        let name = |place: &Place| format!("{}.{}", self.traces(*place).system, self.generator(place.generator).0);
        match (job, found) {
            (Job::Reconstruct(place), Found::Entries(entries)) => outcome.add(&format!("rq1.{}", name(place)), &entries),
            (Job::Compare(place, size), Found::Entries(entries)) => outcome.add(&format!("rq4.{}.{size}", name(place)), &entries),
            (Job::Compare(place, size), Found::Comparison { entries, real, synthetic, tell_tales }) => {
                outcome.add(&format!("rq4.{}.{size}", name(place)), &entries);
                if place.seed == 0 {
                    let (system, generator) = (self.traces(*place).system.clone(), self.generator(place.generator).0.to_owned());
                    outcome.visuals.tell_tales.push(TellTales {
                        system: system.clone(),
                        generator: generator.clone(),
                        features: tell_tales,
                    });
                    outcome.visuals.projections.push(ProjectionPoints { system, generator, real, synthetic });
                }
            }
            (Job::Latent(place), Found::Entries(entries)) => outcome.add(&format!("rq4.{}", name(place)), &entries),
            (Job::Likelihood(place), Found::Entries(entries)) => {
                outcome.add(&format!("rq4.{}.{MAIN_SIZE}", name(place)), &entries);
            }
            (Job::Discriminate(place), Found::Entries(entries)) => {
                outcome.add(&format!("rq4.{}.{MAIN_SIZE}", name(place)), &entries);
            }
            (Job::GnnCeiling { seed, system }, Found::Entries(entries)) => {
                outcome.add(&format!("rq4.{}.ceiling", self.prepared[*seed][*system].system), &entries);
            }
            (Job::Ceiling { seed, system }, Found::Entries(entries)) => {
                outcome.add(&format!("rq4.{}.ceiling", self.prepared[*seed][*system].system), &entries);
            }
            (Job::Classify { seed, training }, Found::Utility(scores)) => self.collect_utility(outcome, *seed, training, scores),
            _ => unreachable!("a job has one kind of result"),
        }
    }
}

/// Metrics that a comparison measures beside its own: a cached one that lacks them is not taken.
fn further_metrics() -> Vec<&'static str> {
    let further = families().into_iter().filter(|family| family.compare.is_some());
    further.flat_map(|family| family.metrics).map(|metric| metric.id).collect()
}

fn median_size(corpus: &Corpus) -> usize {
    let mut sizes: Vec<usize> = corpus.traces().map(|trace| trace.span_count()).collect();
    sizes.sort_unstable();
    sizes[sizes.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_comparison_without_tell_tales_is_not_taken() {
        let cached = |rest: &str| {
            serde_json::from_str::<Found>(&format!(r#"{{"Comparison": {{"entries": [["a", 1.0]], "real": [], "synthetic": []{rest}}}}}"#))
        };
        assert!(cached("").is_err());
        let tale = r#", "tell_tales": [{"feature": "depth", "share": 0.5, "real": null, "synthetic": 2.0}]"#;
        assert!(matches!(cached(tale), Ok(Found::Comparison { tell_tales, .. }) if tell_tales[0].synthetic == Some(2.0)));
    }
}
