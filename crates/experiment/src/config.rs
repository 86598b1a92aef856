//! The schema of an experiment file. Every key is documented here and has a default unless it says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_generate::GeneratorConfig;
use tracesmith_ingest::ClockOverflow;
use tracesmith_model::classifier::ClassifierConfig;

use crate::gnn_discriminator::GnnDiscriminatorConfig;

/// A research question of the paper or of its second study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Reconstruction.
    Rq1,
    /// Utility for a downstream classifier.
    Rq2,
    /// Fixed-size against variable-size generation, tested on other runs.
    Rq3,
    /// Similarity, separability, structural fidelity and validity.
    Rq4,
    /// Utility for a classifier of normal and abnormal traces, and effects of faults; only where it is asked for by name. A
    /// generator that takes no labels (flat-vae, hvae without `model.conditional`) is fitted on the training traces of each class apart.
    Anomaly,
}

impl Question {
    /// Name in an experiment file and in the table of results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rq1 => "rq1",
            Self::Rq2 => "rq2",
            Self::Rq3 => "rq3",
            Self::Rq4 => "rq4",
            Self::Anomaly => "anomaly",
        }
    }
}

/// An experiment. `systems` and `generators` are required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Title of the report; the name of the file if it is missing.
    #[serde(default)]
    pub title: String,
    /// What the experiment is for.
    #[serde(default)]
    pub description: String,
    /// Each seed repeats sampling of the data, split, fits and evaluations; the report gives mean ± standard deviation.
    #[serde(default = "first_seed")]
    pub seeds: Vec<u64>,
    /// Which questions to answer.
    #[serde(default = "all_questions")]
    pub questions: Vec<Question>,
    /// Which traces are used.
    #[serde(default)]
    pub data: DataConfig,
    /// The systems under study, by a short name. RQ2 and RQ3 tell them apart and need at least two.
    pub systems: BTreeMap<String, SystemConfig>,
    /// The generators under study, by a name that the tables show.
    pub generators: BTreeMap<String, GeneratorConfig>,
    /// The downstream tasks of RQ2, RQ3 and the anomaly question.
    #[serde(default)]
    pub utility: UtilityConfig,
    /// The graph classifier that tells synthetic from real traces in RQ4.
    #[serde(default)]
    pub gnn_discriminator: GnnDiscriminatorConfig,
    /// Whether the report says what training and sampling cost; it then differs from one run to the next.
    #[serde(default)]
    pub costs: bool,
}

fn first_seed() -> Vec<u64> {
    vec![0]
}

fn all_questions() -> Vec<Question> {
    vec![Question::Rq1, Question::Rq2, Question::Rq3, Question::Rq4]
}

/// Which traces are used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Traces a system, drawn at random from its run; a smaller run is used whole.
    pub traces: usize,
    /// Share of them that no generator is fitted on.
    pub held_out: f64,
    /// Share of a run, at its end, that stands for another run in RQ2 and RQ3 where none is given. Not used by simulators, which make another
    /// run, nor where neither question is asked.
    pub later: f64,
    /// Larger traces are left out, and counted: the decoder of the paper compares all pairs of spans.
    pub max_spans: usize,
    /// What is done about spans that the clock of SocialNetwork spoilt; `keep` is what the paper trains on.
    pub clock_overflow: ClockOverflow,
    /// Seed of the simulators.
    pub seed: u64,
    /// Write the real traces of the first seed into the report's folder too, for checks by other tools: do not share that folder.
    pub export: bool,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { traces: 1244, held_out: 0.3, later: 0.2, max_spans: 64, clock_overflow: ClockOverflow::Keep, seed: 42, export: false }
    }
}

/// Where the traces of a system come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemConfig {
    /// A data set of `tracesmith datasets list`, a file, or a pattern of files such as `data/*.csv`.
    pub dataset: String,
    /// Another run of the same system for RQ3, in the same forms.
    #[serde(default)]
    pub other: Option<String>,
    /// Fault files for the labels of `dataset`.
    #[serde(default)]
    pub faults: Vec<String>,
}

/// The downstream tasks of RQ2, RQ3 and the anomaly question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UtilityConfig {
    /// The classifier.
    pub classifier: ClassifierConfig,
    /// Percentage of the real training traces in the hybrid protocol.
    pub hybrid: u32,
    /// Percentages of real training traces: added to the synthetic ones in the sweep of RQ2, in place of as many of them in the anomaly
    /// question.
    pub sweep: Vec<u32>,
    /// Sizes of the generated traces: `fixed` (the median of the training set), `fixed:K`, `copied`, `range`, `empirical` or `model`.
    pub sizes: Vec<String>,
}

impl Default for UtilityConfig {
    fn default() -> Self {
        let sizes = ["fixed", "copied", "empirical"].map(str::to_owned).to_vec();
        Self { classifier: ClassifierConfig::default(), hybrid: 10, sweep: vec![0, 10, 30, 50, 70, 100], sizes }
    }
}

/// The size mode in which similarity and the sweep are measured.
pub(crate) const MAIN_SIZE: &str = "empirical";

impl Experiment {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// The key and what is wrong with it.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        let bad = |key: &str, message: String| Err((key.to_owned(), message));
        if self.seeds.is_empty() {
            return bad("seeds", "give at least one seed, for example [0]".into());
        }
        if self.systems.is_empty() || self.generators.is_empty() {
            return bad("systems, generators", "at least one of each is needed".into());
        }
        for (what, name) in self.systems.keys().map(|n| ("systems", n)).chain(self.generators.keys().map(|n| ("generators", n))) {
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') || name == "ceiling" {
                return bad(&format!("{what}.{name}"), "use letters, digits, - and _ for a name, and not `ceiling`".into());
            }
        }
        for (name, system) in &self.systems {
            if let Some((other, _)) = self.systems.iter().find(|(other, config)| *other < name && config.dataset == system.dataset) {
                let message = format!("reads the same files as systems.{other}; give each system its own, for example SN*.csv and TT*.csv");
                return bad(&format!("systems.{name}.dataset"), message);
            }
        }
        let apart = self.asks(Question::Rq2) || self.asks(Question::Rq3);
        if apart && self.systems.len() < 2 {
            return bad("questions", "rq2 and rq3 tell systems apart and need two of them".into());
        }
        if (apart || self.asks(Question::Anomaly))
            && let Some(share) = self.utility.sweep.iter().chain([&self.utility.hybrid]).find(|&&share| share > 100)
        {
            return bad("utility.sweep", format!("{share} is no percentage"));
        }
        for size in &self.utility.sizes {
            if size != "fixed"
                && let Err(message) = size.parse::<tracesmith_trace::SizeMode>()
            {
                return bad("utility.sizes", message);
            }
        }
        let shares = [("data.held_out", self.data.held_out), ("data.later", self.data.later)];
        match shares.iter().find(|(_, share)| !(*share > 0.0 && *share < 1.0)) {
            Some((key, share)) => bad(key, format!("{share} is not between 0 and 1")),
            None if self.data.traces < 10 => bad("data.traces", "at least 10 traces are needed to split them".into()),
            None if self.data.max_spans == 0 => bad("data.max_spans", "at least 1".into()),
            None => Ok(()),
        }
    }

    pub(crate) fn asks(&self, question: Question) -> bool {
        self.questions.contains(&question)
    }
}
