//! What a model folder says about its model, without loading it.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tracesmith_catalogue::GeneratorFacts;
use tracesmith_generate::MODEL_FILE;
use tracesmith_ingest::sums_below;

/// Keys of a generator's description that it was configured by; all others were learnt.
const CONFIGURATION: [&str; 3] = ["config", "network", "sampling"];

/// A fitted model.
pub struct Model {
    pub generator: GeneratorFacts,
    /// Name of the data set that it was fitted on.
    pub corpus: String,
}

pub fn read(folder: &Path) -> anyhow::Result<Model> {
    let path = folder.join(MODEL_FILE);
    let text = fs::read(&path).with_context(|| format!("cannot read {}: is {} a model folder?", path.display(), folder.display()))?;
    let description: Value = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    let generator = &description["generator"];
    let kind = generator["kind"].as_str().with_context(|| format!("{} names no kind of generator", path.display()))?;
    let configuration: Map<String, Value> =
        CONFIGURATION.iter().filter_map(|&key| Some((key.to_owned(), generator.get(key)?.clone()))).collect();
    ensure!(!configuration.is_empty(), "{} has no configuration of the generator", path.display());
    let generator = GeneratorFacts {
        kind: kind.to_owned(),
        config_sha256: hex::encode(Sha256::digest(serde_json::to_vec(&configuration)?)),
        model_sha256: sha256_of_folder(folder)?,
    };
    let corpus = description["generator"]["profile"]["name"].as_str().unwrap_or("training data").to_owned();
    Ok(Model { generator, corpus })
}

/// SHA-256 over a line a file.
fn sha256_of_folder(folder: &Path) -> anyhow::Result<String> {
    let sums =
        sums_below(folder, &[]).map_err(|(path, error)| anyhow::Error::from(error).context(format!("cannot read {}", path.display())))?;
    let lines: String = sums.iter().map(|sum| format!("{}  {}\n", sum.sha256, sum.path)).collect();
    Ok(hex::encode(Sha256::digest(lines)))
}
