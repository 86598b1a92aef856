//! The settings of an external generator, and whether they make sense.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracesmith_formats::Format;

use crate::error::FitError;
use crate::profile::Abilities;

/// A generator in any language: one command learns from a file of traces, another draws traces into a file. Or a set of ready samples.
///
/// In the words of a command, `{train}`, `{model}`, `{conditions}`, `{count}`, `{seed}`, `{out}` and `{data}` stand for what their keys say
/// below; `{data}` is the name of the data, in an experiment that of the system. Commands run in the folder that tracesmith was started in,
/// without a shell. What they print is kept, and shown if they fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct External {
    /// Program and arguments that learn: `{train}` is the file of the training traces, `{model}` an empty folder for what is learnt, `{seed}`
    /// a number. A program that learns nothing needs none.
    pub fit: Vec<String>,
    /// Program and arguments that draw: `{model}` is the folder of what was learnt, `{count}` the number of traces, `{seed}` a number,
    /// `{conditions}` a JSON file with all that and what is known of every trace wanted, `{out}` the file to write.
    pub sample: Vec<String>,
    /// In place of commands, the files of ready samples: a file, a folder, or a pattern such as `samples/{data}-*.parquet`. Each request gets
    /// as many of their traces as it asks for, chosen by its seed.
    pub samples: Option<String>,
    /// Format of the files of traces: the span table in Parquet, or any other one of ours.
    pub format: String,
    /// What the program takes into account of the conditions: `label`, `root`, `size`. Its traces of a label or a size have the ids that the
    /// conditions give them.
    pub takes: Vec<String>,
    /// Files that the program reads beside those in its command; when one of them changes, the generator is fitted again.
    pub files: Vec<PathBuf>,
    /// Seconds after which a command is stopped, with all that it started.
    pub time_limit_s: u64,
}

impl Default for External {
    fn default() -> Self {
        Self {
            fit: Vec::new(),
            sample: Vec::new(),
            samples: None,
            format: Format::PARQUET.name().to_owned(),
            takes: Vec::new(),
            files: Vec::new(),
            time_limit_s: 3600,
        }
    }
}

/// What a program may take into account, and every choice of it.
const TAKES: [&str; 3] = ["label", "root", "size"];
const ABILITIES: [&[&str]; 8] =
    [&[], &["label"], &["root"], &["label", "root"], &["size"], &["label", "size"], &["root", "size"], &["label", "root", "size"]];

impl External {
    /// Whether the settings make sense.
    pub(super) fn check(&self) -> Result<(), FitError> {
        let bad = |message: String| Err(FitError::External(message));
        match (&self.samples, self.sample.first()) {
            (None, None) => return bad("give `sample`, the command that draws traces, or `samples`, files of ready ones".into()),
            (Some(_), Some(_)) => {
                return bad("`samples` are there in place of the commands: leave one of `samples` and `sample` out".into());
            }
            (Some(_), None) if !self.fit.is_empty() || !self.takes.is_empty() => {
                return bad("ready samples learn nothing and take no conditions: leave `fit` and `takes` out".into());
            }
            _ => {}
        }
        if !self.sample.is_empty()
            && let Some(word) = missing(&self.sample, &["{out}"])
        {
            return bad(format!("`sample` has no {word}, the file to write: add it to the arguments"));
        }
        if !self.fit.is_empty()
            && let Some(word) = missing(&self.fit, &["{train}", "{model}"])
        {
            return bad(format!("`fit` has no {word}: add it to the arguments"));
        }
        if self.fit.is_empty() && self.sample.iter().any(|word| word.contains("{model}")) {
            return bad("`sample` reads {model}, which `fit` would write: give `fit`".into());
        }
        if let Some(unknown) = self.takes.iter().find(|taken| !TAKES.contains(&taken.as_str())) {
            return bad(format!("`takes` has {unknown:?}: it can have {}", TAKES.join(", ")));
        }
        if self.time_limit_s == 0 {
            return bad("time_limit_s = 0: give 1 or more".into());
        }
        self.trace_format().map(|_| ())
    }

    pub(super) fn trace_format(&self) -> Result<Format, FitError> {
        self.format.parse().map_err(|error| FitError::External(format!("format: {error}")))
    }

    pub(super) fn takes(&self, attribute: &str) -> bool {
        self.takes.iter().any(|taken| taken == attribute)
    }

    pub(super) fn abilities(&self) -> Abilities {
        let chosen = TAKES.iter().enumerate().filter(|(_, attribute)| self.takes(attribute)).map(|(bit, _)| 1 << bit).sum::<usize>();
        Abilities { attributes: ABILITIES[chosen], own_sizes: true }
    }
}

/// The first of the placeholders that a command does not have.
fn missing(command: &[String], placeholders: &[&'static str]) -> Option<&'static str> {
    placeholders.iter().find(|placeholder| !command.iter().any(|word| word.contains(**placeholder))).copied()
}
