//! The classical baseline: a branching Markov process over labels, with empirical durations.

#[cfg(test)]
mod fixture;
mod growth;
mod spans;
mod tables;

use std::path::Path;

use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_trace::{Class, Corpus, Label, SizeMode, Trace, in_preorder, rng};

use crate::error::{FitError, SampleError, StoreError};
use crate::fitted::{FittedGenerator, Sample, Skills, Training};
use crate::generator::{Capabilities, Fit, Generator};
use crate::parallel::map_parallel;
use crate::profile::{Abilities, CorpusProfile};
use crate::request::Request;
use crate::store::{self, StoredModel};
use tables::{Root, Tables};

/// What its traces can be asked for.
const ABILITIES: Abilities = Abilities { attributes: &["label", "root", "size"], own_sizes: true };

/// Traces a chunk of generation, which has a random stream of its own.
const CHUNK: usize = 256;

/// A tree grows from its root: each next child of a span, or that there is none, is drawn as often as it was in training after the same
/// parent, position and previous sibling; where that was never seen, after the same parent and position, or the same parent. A label is a
/// (service, operation) pair of the training data; roots are drawn by class.
///
/// Durations (by class and label), statuses and kinds (by label), and start gaps (by label) are drawn from the values of the training spans,
/// each independently. It therefore shows exact training values: it is a baseline to compare with, and no generator that protects what it was
/// fitted on. A span starts after the end of its previous sibling or the start of its parent by a gap of its label, and not before its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MarkovTree {
    /// Trees that are drawn for a trace of a given size. The first one of that size is taken; without one, the nearest is cut or extended.
    pub size_tries: usize,
}

impl Default for MarkovTree {
    fn default() -> Self {
        Self { size_tries: 256 }
    }
}

/// A fitted [`MarkovTree`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fitted {
    config: MarkovTree,
    profile: CorpusProfile,
    has_starts: bool,
    tables: Tables,
}

/// What a trace shall be.
struct Wanted {
    label: Label,
    /// Number of spans; `None` leaves it to the tables.
    size: Option<usize>,
}

impl MarkovTree {
    fn check(&self) -> Result<(), FitError> {
        match self.size_tries {
            1..=1_000_000 => Ok(()),
            tries => Err(FitError::BadSetting { key: "size_tries", value: tries as f64, expected: "a whole number from 1 to 1000000" }),
        }
    }
}

impl Generator for MarkovTree {
    const KIND: &'static str = "markov-tree";
    const SUMMARY: &'static str = "a branching Markov process over operations with the durations of training spans, a baseline";

    fn capabilities(&self) -> Capabilities {
        Capabilities { asked: ABILITIES, ..Capabilities::default() }
    }

    fn fit(&self, corpus: &Corpus, _fit: Fit<'_>) -> Result<Box<dyn FittedGenerator>, FitError> {
        self.check()?;
        if corpus.is_empty() {
            return Err(FitError::Empty);
        }
        let profile = CorpusProfile::of(corpus);
        Ok(Box::new(Fitted { config: self.clone(), profile, has_starts: corpus.has_starts(), tables: Tables::fit(corpus) }))
    }

    fn load(mut model: StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError> {
        let fitted: Fitted = model.content()?;
        fitted.check().map_err(|message| model.invalid(message))?;
        Ok(Box::new(fitted))
    }
}

impl Fitted {
    /// Whether the parts of a model file belong together.
    fn check(&self) -> Result<(), String> {
        self.config.check().map_err(|error| error.to_string())?;
        let profile = &self.profile;
        let sizes = || profile.labels.iter().flat_map(|(_, sizes)| sizes);
        if profile.period_ns.0 > profile.period_ns.1 || sizes().next().is_none() || sizes().any(|&size| size == 0) {
            return Err("its sizes and period contradict each other".into());
        }
        self.tables.check(profile)
    }

    /// Roots with the labels `asked` for by class; where a class has none, those of all classes.
    fn roots(&self, asked: Option<&str>) -> Result<Vec<Vec<&Root>>, SampleError> {
        let pair = |root: &Root| {
            let label = &self.tables.labels[root.label as usize];
            (label.service, label.operation)
        };
        let known = self.tables.roots.iter().map(|root| (root, pair(root)));
        let roots = match asked {
            Some(asked) => self.profile.roots_named(asked, known)?,
            None => known.map(|(root, _)| root).collect(),
        };
        let of_class = |class| {
            let pool: Vec<&Root> = roots.iter().copied().filter(|root| root.class == class).collect();
            if pool.is_empty() { roots.clone() } else { pool }
        };
        Ok((0..Class::COUNT).map(of_class).collect())
    }

    fn plan(&self, request: &Request, roots: &[Vec<&Root>]) -> Result<Vec<Wanted>, SampleError> {
        let plans = self.profile.plan(request, MarkovTree::KIND, ABILITIES)?;
        // With a root, empirical sizes are those of the training traces that begin with it.
        let sizes_of_class = |pool: &Vec<&Root>| pool.iter().flat_map(|root| &root.sizes).copied().collect::<Vec<usize>>();
        let root_sizes: Option<Vec<Vec<usize>>> = request.conditions.root().is_some().then(|| roots.iter().map(sizes_of_class).collect());
        let mut rng = rng(request.seed, "roots");
        let mut empirical = |label: &Label, drawn: usize| match &root_sizes {
            None => drawn,
            Some(sizes) => {
                let sizes = &sizes[label.class().index()];
                sizes[rng.random_range(0..sizes.len())]
            }
        };
        let mode = request.conditions.size();
        let wanted = plans.into_iter().map(|plan| {
            let size = match mode {
                SizeMode::Model => None,
                SizeMode::Empirical => Some(empirical(&plan.label, plan.size)),
                SizeMode::Fixed(_) | SizeMode::Copied | SizeMode::Range => Some(plan.size),
            };
            Wanted { label: plan.label, size }
        });
        Ok(wanted.collect())
    }

    /// A chunk of a request, from a stream that only the seed and the number of the chunk decide.
    fn chunk(&self, wanted: &[Wanted], roots: &[Vec<&Root>], number: usize, seed: u64) -> Vec<Trace> {
        let mut rng = rng(seed, &format!("draws/{number}"));
        // The process may grow without end.
        let limit = self.profile.max_spans().saturating_mul(2);
        let draw = |wanted: &Wanted| {
            let class = wanted.label.class().index();
            let tree = match wanted.size {
                None => self.tables.tree(&roots[class], limit, &mut rng),
                Some(size) => self.tables.tree_of_size(size, self.config.size_tries, &roots[class], &mut rng),
            };
            let spans = self.tables.spans(&tree, class, self.has_starts, &mut rng);
            let (spans, edges) = in_preorder(&spans, &tree.parents, self.has_starts);
            let (id, start_ns) = self.profile.identity(&mut rng);
            Trace { id, start_ns, label: wanted.label.clone(), spans, edges }
        };
        wanted.iter().map(draw).collect()
    }
}

impl Sample for Fitted {
    fn sample(&self, request: &Request) -> Result<Corpus, SampleError> {
        let roots = self.roots(request.conditions.root())?;
        let wanted = self.plan(request, &roots)?;
        let chunks: Vec<&[Wanted]> = wanted.chunks(CHUNK).collect();
        let traces = map_parallel(chunks.len(), request.threads, |number| self.chunk(chunks[number], &roots, number, request.seed));
        let mut builder = self.profile.builder(self.has_starts);
        for trace in traces.into_iter().flatten() {
            builder.push(trace).expect("ids of the profile, finite times, edges of a tree in preorder");
        }
        Ok(builder.finish())
    }
}

impl FittedGenerator for Fitted {
    fn kind(&self) -> &'static str {
        MarkovTree::KIND
    }

    fn profile(&self) -> &CorpusProfile {
        &self.profile
    }

    fn skills(&self) -> Skills<'_> {
        Skills::default()
    }

    fn training(&self) -> Training<'_> {
        Training::default()
    }

    fn save(&self, folder: &Path) -> Result<(), StoreError> {
        store::save(folder, self.kind(), self)
    }
}
