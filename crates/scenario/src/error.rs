//! What can be wrong with a scenario.

use std::path::PathBuf;

use thiserror::Error;
use tracesmith_trace::InvalidTrace;

/// Why a scenario cannot be read or applied.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Neither a file nor a preset.
    #[error("there is no scenario {name:?}: name a TOML file or one of the presets {presets}; did you mean {nearest:?}?")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// All presets.
        presets: String,
        /// The preset with the most similar name.
        nearest: &'static str,
    },
    /// The text is no TOML.
    #[error("scenario {scenario}: {message}")]
    Syntax {
        /// File or preset.
        scenario: String,
        /// What the parser says, with the line.
        message: String,
    },
    /// A key or a value is not understood.
    #[error("scenario {scenario}: {key}: {message}")]
    Key {
        /// File or preset.
        scenario: String,
        /// The key, as a dotted path.
        key: String,
        /// What is wrong, with the nearest valid name.
        message: String,
    },
    /// An override needs `key=value`.
    #[error("{0:?} sets nothing: write key=value, for example target=frontend or interventions.0.probability=0.5")]
    Override(String),
    /// No name of the corpus matches a target.
    #[error("{key} = {target:?} matches no service and no service/operation of the traces; similar names: {nearest}")]
    UnknownTarget {
        /// The key of the target.
        key: String,
        /// The target.
        target: String,
        /// The most similar names.
        nearest: String,
    },
    /// `auto` finds nothing.
    #[error("{key} = \"auto\" finds no {what}: name a target")]
    NoTarget {
        /// The key of the target.
        key: String,
        /// What was looked for.
        what: &'static str,
    },
    /// A window begins after the last trace.
    #[error("{key} = {from_s}: the traces cover {covered_s} s only; give duration_s to spread them over a longer time")]
    WindowOutside {
        /// The key of the window.
        key: String,
        /// Its begin in seconds.
        from_s: f64,
        /// From the first to the last trace, in seconds.
        covered_s: f64,
    },
    /// An intervention gives a trace that no corpus takes, such as one with an infinite duration.
    #[error("an intervention makes an impossible trace: {0}")]
    Trace(#[from] InvalidTrace),
}
