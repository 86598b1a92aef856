//! Everything that the stages of a variant share, and where a generator stands in it.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use serde::Serialize;
use tracesmith_generate::{GeneratorConfig, map_parallel};
use tracesmith_model::Device;
use tracesmith_trace::{Class, Corpus, derive_seed};

use crate::anomaly::of_class;
use crate::cache::{Cache, Stage};
use crate::config::{Experiment, Question};
use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::progress::Progress;
use crate::results::{Row, Side};

/// The kind of generator that learns next to nothing: every other should beat it.
const TRIVIAL: &str = "random-sampling";

/// Everything that the stages of a variant share.
pub(crate) struct Study<'a> {
    /// Names of the experiment and of the variant.
    pub names: (&'a str, &'a str),
    pub experiment: &'a Experiment,
    /// Hash of the data set of every system.
    pub data: &'a [String],
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
pub(super) struct Place {
    pub seed: usize,
    pub system: usize,
    pub generator: usize,
    /// The only class of the training traces, in the anomaly task of a generator that takes no labels.
    pub class: Option<Class>,
}

impl Place {
    /// On the training traces of all classes.
    pub(super) fn new(seed: usize, system: usize, generator: usize) -> Self {
        Self { seed, system, generator, class: None }
    }
}

/// What a fit depends on beside traces and seed.
#[derive(Serialize)]
#[serde(untagged)]
enum Fitting {
    Settings(GeneratorConfig),
    /// Of a generator that is a program, with the checksums of its files.
    Program(GeneratorConfig, Vec<Option<String>>),
}

impl Fitting {
    fn of(config: &GeneratorConfig) -> Self {
        let sums: Vec<Option<String>> = config.files().into_iter().map(|file| file.sha256).collect();
        if sums.is_empty() { Self::Settings(config.fitting()) } else { Self::Program(config.fitting(), sums) }
    }
}

impl Study<'_> {
    /// Applies `work` to all items in parallel; the first error in their order is returned.
    pub(super) fn each<I: Sync, T: Send>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> Result<T, ExperimentError> + Sync,
    ) -> Result<Vec<T>, ExperimentError> {
        map_parallel(items.len(), self.threads, |i| work(&items[i])).into_iter().collect()
    }

    /// The place of what was measured on a system in the place of a generator's traces; the metric is not filled in.
    pub(super) fn ceiling_row(&self, question: Question, seed: usize, system: usize) -> Row {
        let name = self.prepared[seed][system].system.clone();
        Row { system: name, data: self.data[system].clone(), side: Side::Ceiling, ..self.row(question, seed) }
    }

    /// The place of what was measured on a generator's traces.
    pub(super) fn generator_row(&self, question: Question, place: Place) -> Row {
        Row {
            side: self.side(place.generator),
            generator: self.generator(place.generator).0.to_owned(),
            ..self.ceiling_row(question, place.seed, place.system)
        }
    }

    /// The place of what was measured on all systems together; without a generator it is the ceiling.
    pub(super) fn row_of_all(&self, question: Question, seed: usize, generator: Option<usize>) -> Row {
        let (side, name) = generator.map_or((Side::Ceiling, ""), |index| (self.side(index), self.generator(index).0));
        Row { data: combined(self.data), side, generator: name.to_owned(), ..self.row(question, seed) }
    }

    fn row(&self, question: Question, seed: usize) -> Row {
        let (experiment, variant) = self.names;
        Row {
            experiment: experiment.to_owned(),
            variant: variant.to_owned(),
            question: question.name().to_owned(),
            seed: Some(self.experiment.seeds[seed]),
            ..Row::default()
        }
    }

    fn side(&self, generator: usize) -> Side {
        if self.generator(generator).1.kind() == TRIVIAL { Side::Trivial } else { Side::Ours }
    }

    /// Generators that a question needs.
    pub(super) fn places(&self) -> Vec<Place> {
        let (systems, generators) = (self.experiment.systems.len(), self.experiment.generators.len());
        let per_seed =
            |seed| (0..systems).flat_map(move |system| (0..generators).map(move |generator| Place::new(seed, system, generator)));
        (0..self.prepared.len()).flat_map(per_seed).filter(|&place| self.is_needed(place)).collect()
    }

    pub(super) fn generator(&self, index: usize) -> (&str, &GeneratorConfig) {
        let (name, config) = self.experiment.generators.iter().nth(index).expect("an index of the generators");
        (name, config)
    }

    pub(super) fn traces(&self, place: Place) -> &Prepared {
        &self.prepared[place.seed][place.system]
    }

    /// What the generator is fitted on.
    pub(super) fn training(&self, place: Place) -> Cow<'_, Corpus> {
        let training = &self.traces(place).training;
        place.class.map_or(Cow::Borrowed(training), |class| Cow::Owned(of_class(training, class)))
    }

    pub(super) fn seed(&self, place: Place) -> u64 {
        let class = place.class.map_or(String::new(), |class| format!("/{}", class.name()));
        derive_seed(self.experiment.seeds[place.seed], &format!("fit/{}{class}", self.traces(place).system))
    }

    /// What a fit depends on; the seed stands for the class.
    pub(super) fn fit_inputs(&self, place: Place) -> impl Serialize + '_ {
        (&self.traces(place).hash, Fitting::of(self.generator(place.generator).1), self.seed(place))
    }

    /// Folder of the fitted generator.
    pub(super) fn folder(&self, place: Place) -> Result<PathBuf, ExperimentError> {
        self.cache.place(Stage::Fit, &self.fit_inputs(place))
    }

    /// One place for every folder: generators that differ in sampling alone share a fit.
    pub(super) fn distinct_fits(&self, places: &[Place]) -> Result<Vec<Place>, ExperimentError> {
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
    pub(super) fn title(&self, verb: &str, place: Place) -> String {
        let (name, _) = self.generator(place.generator);
        let class = place.class.map_or(String::new(), |class| format!(" of {} traces", class.name()));
        format!("{verb} {name}{class} · {} · seed {}", self.traces(place).system, self.experiment.seeds[place.seed])
    }

    /// Runs a stage with progress and time.
    pub(super) fn timed<T>(&self, title: &str, stage: impl FnOnce() -> Result<(T, bool), ExperimentError>) -> Result<T, ExperimentError> {
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
}

/// Hash of several data sets.
fn combined(data: &[String]) -> String {
    data.join("+")
}
