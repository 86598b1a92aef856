//! What a generator was fitted on, as its model folder says it.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracesmith_model::checkpoint;

use crate::error::StoreError;
use crate::store::MODEL_FILE;

/// Key of the [`TrainingData`] in [`MODEL_FILE`]; models of earlier versions do not have it.
const KEY: &str = "training_data";

/// The files that a generator was fitted on, and how much was left of them after cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingData {
    /// SHA-256 in hexadecimal digits over the bytes of the trace files in the order given; none for simulated traces, which have no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of traces after cleaning.
    pub traces: u64,
    /// Number of spans after cleaning.
    pub spans: u64,
    /// The trace files, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TrainingFile>,
    /// The fault files that labelled them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<TrainingFile>,
}

/// A file that a generator was fitted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingFile {
    /// Its name without folders; none in a model of pseudonyms, because the name of a file may name a system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SHA-256 of its content in hexadecimal digits.
    pub sha256: String,
}

impl TrainingData {
    /// Whether these are the SHA-256 sums of the trace files, in any order.
    pub fn is_of(&self, sums: &[String]) -> bool {
        let mut own: Vec<&str> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        let mut others: Vec<&str> = sums.iter().map(String::as_str).collect();
        own.sort_unstable();
        others.sort_unstable();
        own == others
    }

    /// Adds this to the description of the model in `folder`.
    ///
    /// # Errors
    /// [`StoreError`] if the folder holds no model, or its description cannot be written.
    pub fn record(&self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(MODEL_FILE);
        let mut description = read(&path)?;
        let value = serde_json::to_value(self).map_err(|error| StoreError::Io { path: path.clone(), source: error.into() })?;
        let Some(content) = description.as_object_mut() else {
            return Err(StoreError::Format { path, message: "it is no JSON object".into() });
        };
        content.insert(KEY.to_owned(), value);
        let json = serde_json::to_vec_pretty(&description).map_err(|error| StoreError::Io { path: path.clone(), source: error.into() })?;
        Ok(checkpoint::write(&path, &json)?)
    }

    /// What the description of a model says, if it says anything.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of_description(description: &Value) -> Result<Option<Self>, String> {
        match description.get(KEY) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Self::deserialize(value).map(Some).map_err(|error| format!("{KEY}: {error}")),
        }
    }
}

fn read(path: &Path) -> Result<Value, StoreError> {
    let text = fs::read(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| StoreError::Format { path: path.to_owned(), message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tracesmith_model::Device;
    use tracesmith_trace::{Corpus, CorpusBuilder, Span, Trace, Vocabulary};

    use super::*;
    use crate::{Fit, Generator, MarkovTree, Request, load};

    fn corpus() -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["o"]), false);
        for i in 0..20u32 {
            let span = Span { duration_us: 0.1 + f64::from(i) / 3.0, ..Span::default() };
            builder.push(Trace { id: i.to_string(), spans: vec![span], ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    fn training() -> TrainingData {
        let file = |name: &str, digit: &str| TrainingFile { name: Some(name.into()), sha256: digit.repeat(64) };
        TrainingData {
            sha256: Some("c".repeat(64)),
            traces: 20,
            spans: 20,
            files: vec![file("a.csv", "a"), file("b.csv", "b")],
            faults: Vec::new(),
        }
    }

    #[test]
    fn a_model_remembers_its_training_data_and_draws_the_same_traces_with_and_without() {
        let folder = tempfile::tempdir().unwrap();
        let fit = Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_, _| {} };
        MarkovTree::default().fit(&corpus(), fit).unwrap().save(folder.path()).unwrap();
        let (path, drawn) = (folder.path().join(MODEL_FILE), || {
            load(folder.path(), &Device::flex(), |_| {}).unwrap().sample(&Request::new(50, 1)).unwrap()
        });
        let (before, traces) = (fs::read_to_string(&path).unwrap(), drawn());
        assert_eq!(TrainingData::of_description(&read(&path).unwrap()), Ok(None));

        training().record(folder.path()).unwrap();
        assert_eq!(TrainingData::of_description(&read(&path).unwrap()), Ok(Some(training())));
        assert_eq!(drawn(), traces);
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.starts_with(before.trim_end_matches(['}', '\n', ' '])), "nothing else is changed");
    }

    #[test]
    fn the_order_of_files_does_not_matter_but_their_content_and_number_do() {
        let sums = |digits: &[&str]| digits.iter().map(|digit| digit.repeat(64)).collect::<Vec<_>>();
        let of = |digits: &[&str]| training().is_of(&sums(digits));
        assert!(of(&["a", "b"]) && of(&["b", "a"]));
        assert!(!of(&["a"]) && !of(&["a", "b", "b"]) && !of(&["a", "d"]) && !of(&[]));
    }

    #[test]
    fn damaged_training_data_is_an_error_and_not_a_missing_one() {
        let message = TrainingData::of_description(&json!({ KEY: { "traces": "many", "spans": 1 } })).unwrap_err();
        assert!(message.starts_with("training_data: ") && message.contains("many"), "{message}");
        assert!(matches!(training().record(Path::new("nowhere")), Err(StoreError::Io { .. })));
    }
}
