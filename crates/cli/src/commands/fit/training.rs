//! What a model is to say about the data that it was fitted on.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use tracesmith_generate::{TrainingData, TrainingFile};
use tracesmith_ingest::{sha256_of_file, sha256_of_files};
use tracesmith_trace::Corpus;

/// Checksums of the files that a corpus was read from; `named` is false where names must not leave the house.
pub fn of_files(paths: &[PathBuf], faults: &[PathBuf], named: bool, corpus: &Corpus) -> anyhow::Result<TrainingData> {
    let unreadable = |path: &Path, error: io::Error| anyhow::Error::from(error).context(format!("cannot read {}", path.display()));
    let sha256 = sha256_of_files(paths).map_err(|(path, error)| unreadable(&path, error))?;
    let files = |paths: &[PathBuf]| paths.iter().map(|path| file(path, named)).collect::<anyhow::Result<_>>();
    Ok(TrainingData { sha256: Some(sha256), files: files(paths)?, faults: files(faults)?, ..simulated(corpus) })
}

/// Simulated traces have no file.
pub fn simulated(corpus: &Corpus) -> TrainingData {
    TrainingData { traces: corpus.len() as u64, spans: corpus.span_count() as u64, ..TrainingData::default() }
}

fn file(path: &Path, named: bool) -> anyhow::Result<TrainingFile> {
    let (_, sha256) = sha256_of_file(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().filter(|_| named).map(|name| name.to_string_lossy().into_owned());
    Ok(TrainingFile { name, sha256 })
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::{CorpusBuilder, Vocabulary};

    use super::*;

    /// SHA-256 of `abc`, `def` and `abcdef`, as `sha256sum` prints them.
    const SUMS: [&str; 3] = [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34",
        "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721",
    ];

    #[test]
    fn files_are_known_by_their_sums_and_named_without_their_folders_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first.csv", "second.csv"].map(|name| folder.path().join(name));
        std::fs::write(&first, "abc").unwrap();
        std::fs::write(&second, "def").unwrap();
        let empty = CorpusBuilder::new("test", Vocabulary::default(), Vocabulary::default(), false).finish();
        for (named, name) in [(true, Some("first.csv".to_owned())), (false, None)] {
            let training = of_files(&[first.clone(), second.clone()], std::slice::from_ref(&second), named, &empty).unwrap();
            assert_eq!(training.files[0], TrainingFile { name, sha256: SUMS[0].to_owned() });
            assert_eq!((training.files[1].sha256.as_str(), training.faults[0].sha256.as_str()), (SUMS[1], SUMS[1]));
            assert_eq!(training.sha256.as_deref(), Some(SUMS[2]));
        }
    }

    #[test]
    fn a_file_that_is_gone_is_named() {
        let empty = CorpusBuilder::new("test", Vocabulary::default(), Vocabulary::default(), false).finish();
        let message = of_files(&["gone.csv".into()], &[], true, &empty).unwrap_err().to_string();
        assert!(message.contains("gone.csv"), "{message}");
    }
}
