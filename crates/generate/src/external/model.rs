//! A program that has learnt, or ready samples: what they wrote, and drawing from them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tracesmith_formats::{Format, write_corpus};
use tracesmith_trace::{Corpus, Label, SizeMode, derive_seed, rng};

use super::answer::{self, Wanted};
use super::settings::External;
use super::{files, program};
use crate::error::{FitError, ProgramError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Sample, Skills, Training};
use crate::generator::Generator;
use crate::profile::{CorpusProfile, Plan};
use crate::request::Request;
use crate::store::{self, StoredModel};

/// Folder inside that of a model for what the program wrote, or the ready samples.
const FOLDER: &str = "program";

/// A fitted external generator without the files of its program.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    settings: External,
    profile: CorpusProfile,
    has_starts: bool,
    /// Names of the files of ready samples, in their order.
    samples: Vec<String>,
    /// The end of what the program printed when it learnt.
    messages: String,
}

/// A fitted external generator.
pub(super) struct Fitted {
    stored: Stored,
    format: Format,
    files: Files,
}

/// Where the files of a model are.
enum Files {
    /// Until the model is saved.
    Temporary(TempDir),
    Saved(PathBuf),
}

impl Files {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Saved(folder) => folder,
        }
    }
}

/// Lets the program learn, or collects the ready samples.
pub(super) fn fit(settings: &External, corpus: &Corpus, seed: u64) -> Result<Fitted, FitError> {
    let format = settings.trace_format()?;
    let (mut samples, mut messages) = (Vec::new(), String::new());
    // What is learnt outlives the other files.
    let (scratch, model) = (scratch()?, scratch()?);
    if let Some(pattern) = &settings.samples {
        samples = collect(pattern, corpus.name(), model.path())?;
    } else if !settings.fit.is_empty() {
        let train = scratch.path().join(format!("train.{format}"));
        write_corpus(corpus, format, &train).map_err(|error| ProgramError::Files(error.to_string()))?;
        let words =
            [("train", text(&train)), ("model", text(model.path())), ("seed", seed.to_string()), ("data", corpus.name().to_owned())];
        messages = program::run(&filled(&settings.fit, &words), limit(settings), &scratch.path().join("messages"))?;
    }
    let profile = CorpusProfile::of(corpus);
    let stored = Stored { settings: settings.clone(), profile, has_starts: corpus.has_starts(), samples, messages };
    Ok(Fitted { stored, format, files: Files::Temporary(model) })
}

/// Restores a model from its folder.
pub(super) fn load(mut model: StoredModel) -> Result<Fitted, StoreError> {
    let stored: Stored = model.content()?;
    stored.settings.check().map_err(|error| model.invalid(error))?;
    let format = stored.settings.trace_format().map_err(|error| model.invalid(error))?;
    let folder = model.folder().join(FOLDER);
    if !folder.is_dir() {
        return Err(model.invalid(format!("the folder {} of its program is gone: fit it again", folder.display())));
    }
    Ok(Fitted { stored, format, files: Files::Saved(folder) })
}

fn scratch() -> Result<TempDir, ProgramError> {
    tempfile::tempdir().map_err(|error| ProgramError::Files(format!("cannot make a temporary folder: {error}")))
}

fn limit(settings: &External) -> Duration {
    Duration::from_secs(settings.time_limit_s)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The words of a command with the values of their placeholders.
fn filled(command: &[String], values: &[(&str, String)]) -> Vec<String> {
    let fill = |word: &String| values.iter().fold(word.clone(), |word, (name, value)| word.replace(&format!("{{{name}}}"), value));
    command.iter().map(fill).collect()
}

/// Copies the ready samples into `folder`, numbered in their order.
fn collect(pattern: &str, data: &str, folder: &Path) -> Result<Vec<String>, ProgramError> {
    let found = files::samples(pattern, data);
    if found.is_empty() {
        let pattern = pattern.replace("{data}", data);
        return Err(ProgramError::Files(format!(
            "there is no file of ready samples at {pattern}: give a file, a folder or a pattern in `samples`"
        )));
    }
    let copy = |(number, path): (usize, PathBuf)| {
        let name = format!("{number:04}-{}", path.file_name().unwrap_or_default().to_string_lossy());
        fs::copy(&path, folder.join(&name)).map_err(|error| ProgramError::Files(format!("cannot copy {}: {error}", path.display())))?;
        Ok(name)
    };
    found.into_iter().enumerate().map(copy).collect()
}

impl Fitted {
    fn plan(&self, request: &Request) -> Result<Vec<Plan>, SampleError> {
        let settings = &self.stored.settings;
        let mode = request.conditions.size();
        if !settings.takes("size") && !matches!(mode, SizeMode::Empirical | SizeMode::Model) {
            let known = settings.abilities().attributes.join(", ");
            let known = if known.is_empty() { "nothing: name in `takes` what its program takes into account".to_owned() } else { known };
            return Err(SampleError::CannotAsk { kind: External::KIND, attribute: "size", known });
        }
        // Sizes of its own stand for empirical ones.
        let sized = External { takes: [settings.takes.clone(), vec!["size".into()]].concat(), ..settings.clone() };
        self.stored.profile.plan(request, External::KIND, sized.abilities())
    }

    /// What is wanted of every trace, by the id that it is to have.
    fn wanted(&self, request: &Request, plans: Vec<Plan>) -> Vec<(String, Wanted)> {
        let settings = &self.stored.settings;
        let sized = settings.takes("size") && request.conditions.size() != SizeMode::Model;
        let mut rng = rng(request.seed, "external/ids");
        let wanted = plans.into_iter().map(|plan| {
            let (id, start_ns) = self.stored.profile.identity(&mut rng);
            (id, Wanted { start_ns, label: settings.takes("label").then_some(plan.label), spans: sized.then_some(plan.size) })
        });
        wanted.collect()
    }

    fn run(&self, request: &Request) -> Result<Corpus, SampleError> {
        let wanted = self.wanted(request, self.plan(request)?);
        let scratch = scratch()?;
        let (conditions, out) = (scratch.path().join("conditions.json"), scratch.path().join(format!("out.{}", self.format)));
        let write = |error: io::Error| ProgramError::Files(format!("cannot write {}: {error}", conditions.display()));
        fs::write(&conditions, description(request, &wanted).to_string()).map_err(write)?;
        let settings = &self.stored.settings;
        let words = [
            ("model", text(self.files.path())),
            ("conditions", text(&conditions)),
            ("count", request.count.to_string()),
            ("seed", request.seed.to_string()),
            ("out", text(&out)),
            ("data", self.stored.profile.name.clone()),
        ];
        let messages = program::run(&filled(&settings.sample, &words), limit(settings), &scratch.path().join("messages"))?;
        if !messages.is_empty() {
            tracing::info!("{}: {messages}", settings.sample[0]);
        }
        let is_there = fs::metadata(&out).is_ok_and(|file| file.len() > 0);
        if !is_there {
            return Err(ProgramError::Nothing { program: settings.sample[0].clone() }.into());
        }
        let answer = answer::read(&[out], self.format, request.count)?;
        let wanted: BTreeMap<String, Wanted> = wanted.into_iter().collect();
        let corpus = answer::fitted_to(&self.stored.profile, self.stored.has_starts, answer, &wanted)?;
        answer::check_conditions(&request.conditions, &corpus)?;
        Ok(corpus)
    }

    /// As many of the ready samples as are asked for, in an order of the seed.
    fn choose(&self, request: &Request) -> Result<Corpus, SampleError> {
        self.plan(request)?;
        let paths: Vec<PathBuf> = self.stored.samples.iter().map(|name| self.files.path().join(name)).collect();
        let all = answer::read_all(&paths, self.format)?;
        if all.len() < request.count {
            return Err(ProgramError::Count { asked: request.count, answered: all.len(), what: "the files of ready samples hold" }.into());
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.shuffle(&mut rng(request.seed, "external/samples"));
        order.truncate(request.count);
        Ok(answer::fitted_to(&self.stored.profile, self.stored.has_starts, all.select(&order), &BTreeMap::new())?)
    }
}

/// What the file of conditions says: the request, and what is known of every trace wanted.
fn description(request: &Request, wanted: &[(String, Wanted)]) -> Value {
    let conditions: Map<String, Value> = request.conditions.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let trace = |(id, wanted): &(String, Wanted)| {
        let mut trace = Map::from_iter([("id".to_owned(), json!(id)), ("start_ns".to_owned(), json!(wanted.start_ns))]);
        match &wanted.label {
            Some(Label::Normal) => drop(trace.insert("label".into(), "normal".into())),
            Some(Label::Abnormal(fault)) => {
                let parts = [("label", "abnormal"), ("service", fault.service.as_str()), ("fault", fault.kind.as_str())];
                trace.extend(parts.map(|(name, value)| (name.to_owned(), value.into())));
            }
            Some(Label::Unknown) | None => {}
        }
        if let Some(spans) = wanted.spans {
            trace.insert("spans".into(), spans.into());
        }
        Value::Object(trace)
    };
    let traces: Vec<Value> = wanted.iter().map(trace).collect();
    json!({ "count": request.count, "seed": request.seed, "conditions": conditions, "traces": traces })
}

impl Sample for Fitted {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        match (request.count, &self.stored.settings.samples) {
            (0, _) => Ok(self.stored.profile.builder(false).finish()),
            (_, Some(_)) => self.choose(request),
            (_, None) => self.run(&Request { seed: derive_seed(request.seed, "external"), ..request.clone() }),
        }
    }
}

impl FittedGenerator for Fitted {
    fn kind(&self) -> &'static str {
        External::KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.stored.profile
    }

    fn skills(&self) -> Skills<'_> {
        Skills::default()
    }

    fn training(&self) -> Training<'_> {
        let notes = match self.stored.messages.lines().last() {
            Some(line) => vec![format!("its program said: {line}")],
            None => Vec::new(),
        };
        Training { notes, ..Training::default() }
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        let target = folder.join(FOLDER);
        let copy = || {
            match fs::remove_dir_all(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            copy_folder(self.files.path(), &target)
        };
        copy().map_err(|source| StoreError::Io { path: target.clone(), source })?;
        store::save(folder, self.kind(), &self.stored)
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
