//! What is known about a version, for programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracesmith_ingest::FileSum;

/// What its publisher says about a version. What is not known is left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// What generated the traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorFacts>,
    /// SHA-256 over the files that the generator was fitted on, in order; none for simulated traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_data_sha256: Option<String>,
    /// Number of traces that the generator was fitted on, after cleaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_traces: Option<u64>,
    /// Number of spans that the generator was fitted on, after cleaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_spans: Option<u64>,
    /// Seed of the generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Format of the trace files.
    pub format: String,
    /// Number of traces.
    pub traces: u64,
    /// Number of spans.
    pub spans: u64,
    /// Figures by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, f64>,
    /// Verdict of the quality gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateFacts>,
    /// What is known about the privacy of those whose traces were trained on.
    pub privacy: String,
    /// Terms under which the traces may be used.
    pub licence: String,
}

/// What generated the traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorFacts {
    /// Its kind, e.g. `tree-hvae`.
    pub kind: String,
    /// SHA-256 of its configuration as JSON.
    pub config_sha256: String,
    /// SHA-256 over a line `SHA-256  name` for each file of the model, in order of their names.
    pub model_sha256: String,
}

/// Verdict of the quality gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateFacts {
    /// No check failed.
    pub passed: bool,
    /// Ids and names of the checks that failed.
    pub failed: Vec<String>,
}

/// Content of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionManifest {
    /// Version of this form.
    pub tracesmith_catalogue: u32,
    /// Name of the data set.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// When it was published (RFC 3339).
    pub created: String,
    /// Version of the program that published it.
    pub tracesmith: String,
    /// What its publisher says.
    #[serde(flatten)]
    pub facts: Facts,
    /// All other files of the version.
    pub files: Vec<FileSum>,
}
