//! Results of stages under a hash of all that they depend on.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::ExperimentError;

/// Raised when the meaning of a stage's result changes, so that results of an older program are not taken.
const VERSION: u32 = 6;

/// A folder of results. Entries appear by a rename, so that a killed run leaves no half of one.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Hash of anything that can be serialised, in hexadecimal.
pub(crate) fn hash(value: &impl Serialize) -> Result<String, ExperimentError> {
    let json = serde_json::to_vec(value).map_err(|error| ExperimentError::stage("hash", &error))?;
    Ok(Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Cache {
    /// Opens, and makes if need be, the cache at `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self, ExperimentError> {
        fs::create_dir_all(folder).map_err(|source| ExperimentError::Io { path: folder.to_owned(), source })?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Place for the result of `stage` with these inputs.
    pub(crate) fn place(&self, stage: &str, inputs: &impl Serialize) -> Result<PathBuf, ExperimentError> {
        let key = hash(&(VERSION, env!("CARGO_PKG_VERSION"), stage, inputs))?;
        Ok(self.folder.join(format!("{stage}-{}", &key[..24])))
    }

    /// The cached result of `stage`, or that of `compute`; the flag says whether it was cached.
    pub(crate) fn fetch<T: Serialize + DeserializeOwned>(
        &self,
        stage: &str,
        inputs: &impl Serialize,
        compute: impl FnOnce() -> Result<T, ExperimentError>,
    ) -> Result<(T, bool), ExperimentError> {
        let path = self.place(stage, inputs)?.with_extension("json");
        // A damaged entry is computed again: the cache holds nothing that cannot be.
        if let Some(result) = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok((result, true));
        }
        let result = compute()?;
        let json = serde_json::to_vec(&result).map_err(|error| ExperimentError::stage(stage, &error))?;
        tracesmith_formats::write_atomically(&path, |out| out.write_all(&json))?;
        Ok((result, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_computed_once_per_input_and_again_when_its_entry_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let fetch = |input: u32| cache.fetch("test", &input, || Ok(input * 2)).unwrap();
        assert_eq!([fetch(3), fetch(3), fetch(4)], [(6, false), (6, true), (8, false)]);
        fs::write(cache.place("test", &3).unwrap().with_extension("json"), "{").unwrap();
        assert_eq!(fetch(3), (6, false));
    }
}
