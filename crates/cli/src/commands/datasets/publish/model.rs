//! What a model folder says about its model, without loading it.

use std::{fs, path::Path};

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tracesmith_catalogue::GeneratorFacts;
use tracesmith_generate::{MODEL_FILE, TrainingData};
use tracesmith_ingest::sums_below;
use tracesmith_model::train::Privacy;

/// Keys of a generator's description that it was configured by; all others were learnt.
const CONFIGURATION: [&str; 3] = ["config", "network", "sampling"];

/// A fitted model.
pub struct Model {
    pub generator: GeneratorFacts,
    /// Name of the data set that it was fitted on.
    pub corpus: String,
    /// What it says about that data; models of earlier versions say nothing.
    pub training: Option<TrainingData>,
    /// What it promises; only models that were trained with differential privacy do.
    pub promise: Option<Promise>,
}

/// What a model that was trained with differential privacy promises.
#[derive(Debug, Deserialize)]
pub struct Promise {
    pub training: Privacy,
    /// What ε is about, in words.
    pub covers: String,
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
    let training = TrainingData::of_description(&description).map_err(|reason| anyhow!("{} is damaged: {reason}", path.display()))?;
    let promise = promise(&description).with_context(|| format!("{} is damaged", path.display()))?;
    Ok(Model { generator, corpus, training, promise })
}

/// The promise in the description of a model, if it makes one.
fn promise(description: &Value) -> anyhow::Result<Option<Promise>> {
    Option::<Promise>::deserialize(&description["generator"]["privacy"]).context("generator.privacy")
}

/// SHA-256 over a line a file.
fn sha256_of_folder(folder: &Path) -> anyhow::Result<String> {
    let sums =
        sums_below(folder, &[]).map_err(|(path, error)| anyhow::Error::from(error).context(format!("cannot read {}", path.display())))?;
    let lines: String = sums.iter().map(|sum| format!("{}  {}\n", sum.sha256, sum.path)).collect();
    Ok(hex::encode(Sha256::digest(lines)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_model_trained_with_privacy_promises_anything() {
        let training =
            json!({"epsilon": 3.0, "delta": 1e-5, "noise_multiplier": 1.1, "clip": 1.0, "steps": 40, "sampling_rate": 0.1, "lot": 8.0});
        let private = json!({"generator": {"kind": "tree-hvae", "privacy": {"training": training, "covers": "the weights"}}});
        let promised = promise(&private).unwrap().unwrap();
        assert_eq!((promised.training.epsilon, promised.covers.as_str()), (Some(3.0), "the weights"));
        for without in [json!({"generator": {"kind": "hvae"}}), json!({"generator": {"kind": "tree-hvae", "privacy": null}})] {
            assert!(promise(&without).unwrap().is_none());
        }
        let damaged = promise(&json!({"generator": {"privacy": {"covers": "the weights"}}})).unwrap_err();
        assert!(format!("{damaged:#}").contains("generator.privacy: missing field `training`"), "{damaged:#}");
    }
}
