//! What is known about the data that a model was fitted on: by the model itself, by its publisher, or both, which must agree.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{bail, ensure};
use tracesmith_catalogue::Origin;
use tracesmith_generate::{TrainingData, TrainingFile};
use tracesmith_ingest::{
    fetch::{FETCH_RECORD, FetchRecord},
    sha256_of_file, sha256_of_files,
};

use super::model::Model;

/// What is known about the training data.
#[derive(Debug, Default)]
pub struct Trained {
    /// SHA-256 over its files.
    pub sha256: Option<String>,
    /// Number of traces and spans after cleaning.
    pub size: Option<(u64, u64)>,
    /// The data as a whole.
    pub corpus: Option<Origin>,
    /// What it was read from.
    pub raw: Vec<Origin>,
}

/// What a model and the files that the publisher names say together.
pub fn trained(files: &[PathBuf], model: Option<&Model>) -> anyhow::Result<Trained> {
    let training = model.and_then(|model| model.training.as_ref());
    if let (Some(training), [_, ..]) = (training, files) {
        agree(training, files)?;
    }
    let sha256 = match training {
        Some(training) => training.sha256.clone(),
        None if files.is_empty() => None,
        None => Some(sha256_of_files(files).map_err(|(path, error)| unreadable(&path, error))?),
    };
    let raw = match training {
        Some(training) if files.is_empty() => recorded_files(training),
        _ => raw_files(files)?,
    };
    let name = model.map(|model| model.corpus.as_str()).filter(|name| !name.is_empty());
    let label = name.unwrap_or("training data").to_owned();
    let corpus = (model.is_some() || sha256.is_some()).then(|| Origin { label, sha256: sha256.clone(), url: None });
    Ok(Trained { sha256, size: training.map(|training| (training.traces, training.spans)), corpus, raw })
}

/// An error if the model was fitted on other files.
fn agree(training: &TrainingData, files: &[PathBuf]) -> anyhow::Result<()> {
    ensure!(!training.files.is_empty(), "the model was fitted on simulated traces, not on files: leave --train out");
    let sums = files.iter().map(|path| sum(path)).collect::<anyhow::Result<Vec<_>>>()?;
    if training.is_of(&sums) {
        return Ok(());
    }
    let fitted_on = training.files.iter().map(|file| described(file.name.as_deref().unwrap_or("a file without a name"), &file.sha256));
    let given = files.iter().zip(&sums).map(|(path, sum)| described(&path.display().to_string(), sum));
    bail!(
        "--train gives {}, but the model says that it was fitted on {}: leave --train out, or name the files that it was fitted on",
        given.collect::<Vec<_>>().join(", "),
        fitted_on.collect::<Vec<_>>().join(", ")
    )
}

fn described(name: &str, sha256: &str) -> String {
    format!("{name} (SHA-256 {}…)", sha256.get(..12).unwrap_or(sha256))
}

/// The files that a model remembers.
fn recorded_files(training: &TrainingData) -> Vec<Origin> {
    let origin = |kind: &str, (index, file): (usize, &TrainingFile)| Origin {
        label: file.name.clone().unwrap_or_else(|| format!("{kind} file {} (its name is withheld)", index + 1)),
        sha256: Some(file.sha256.clone()),
        url: None,
    };
    let traces = training.files.iter().enumerate().map(|file| origin("trace", file));
    traces.chain(training.faults.iter().enumerate().map(|file| origin("fault", file))).collect()
}

/// What the training files were read from: the archives that were fetched, or the files themselves.
fn raw_files(files: &[PathBuf]) -> anyhow::Result<Vec<Origin>> {
    let mut raw: Vec<Origin> = Vec::new();
    for path in files {
        let record = path.ancestors().skip(1).filter(|folder| folder.join(FETCH_RECORD).is_file()).find_map(FetchRecord::read);
        let origins = match record {
            Some(record) => {
                let archives = record.archives.into_iter();
                archives.map(|archive| Origin { label: archive.file, sha256: Some(archive.sha256), url: Some(archive.url) }).collect()
            }
            None => vec![origin(path)?],
        };
        for origin in origins {
            if !raw.contains(&origin) {
                raw.push(origin);
            }
        }
    }
    Ok(raw)
}

/// A file by its name and sum.
pub fn origin(path: &Path) -> anyhow::Result<Origin> {
    let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Origin { label, sha256: Some(sum(path)?), url: None })
}

fn sum(path: &Path) -> anyhow::Result<String> {
    Ok(sha256_of_file(path).map_err(|error| unreadable(path, error))?.1)
}

fn unreadable(path: &Path, error: io::Error) -> anyhow::Error {
    anyhow::Error::from(error).context(format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tracesmith_catalogue::GeneratorFacts;

    use super::*;

    /// A folder with `a.csv` and `b.csv`, and a model that was fitted on `fitted` of them.
    fn fitted_on(fitted: &[&str], named: bool) -> (TempDir, Model) {
        let folder = tempfile::tempdir().unwrap();
        ["a.csv", "b.csv"].iter().for_each(|name| std::fs::write(folder.path().join(name), name).unwrap());
        let file = |name: &&str| TrainingFile { name: named.then(|| (*name).to_owned()), sha256: sum(&folder.path().join(name)).unwrap() };
        let paths: Vec<PathBuf> = fitted.iter().map(|name| folder.path().join(name)).collect();
        let sha256 = (!paths.is_empty()).then(|| sha256_of_files(&paths).unwrap());
        let files = fitted.iter().map(file).collect();
        let training = TrainingData { sha256, traces: 3, spans: 9, files, faults: Vec::new() };
        let generator = GeneratorFacts { kind: "hvae".into(), config_sha256: String::new(), model_sha256: String::new() };
        (folder, Model { generator, corpus: "shop".into(), training: Some(training), promise: None })
    }

    fn labels(trained: &Trained) -> Vec<&str> {
        trained.raw.iter().map(|origin| origin.label.as_str()).collect()
    }

    #[test]
    fn a_model_names_its_files_itself_and_the_same_files_in_another_order_agree() {
        let (folder, model) = fitted_on(&["a.csv", "b.csv"], true);
        let alone = trained(&[], Some(&model)).unwrap();
        assert_eq!((labels(&alone), alone.size), (vec!["a.csv", "b.csv"], Some((3, 9))));
        assert!(alone.sha256.is_some() && alone.corpus.as_ref().unwrap().sha256 == alone.sha256);
        let turned = trained(&["b.csv", "a.csv"].map(|name| folder.path().join(name)), Some(&model)).unwrap();
        assert_eq!((&turned.sha256, labels(&turned)), (&alone.sha256, vec!["b.csv", "a.csv"]));
    }

    #[test]
    fn other_files_than_those_of_the_model_are_refused() {
        let message = |fitted: &[&str]| {
            let (folder, model) = fitted_on(fitted, true);
            trained(&[folder.path().join("b.csv")], Some(&model)).unwrap_err().to_string()
        };
        let other = message(&["a.csv"]);
        assert!(other.contains("b.csv (SHA-256 ") && other.contains("fitted on a.csv (SHA-256 ") && other.contains("leave --train out"));
        assert!(message(&["a.csv", "b.csv"]).contains("fitted on a.csv"));
        assert!(message(&[]).contains("simulated"));
    }

    #[test]
    fn a_model_of_pseudonyms_gives_sums_without_names() {
        let (_folder, model) = fitted_on(&["a.csv"], false);
        let trained = trained(&[], Some(&model)).unwrap();
        assert_eq!(labels(&trained), ["trace file 1 (its name is withheld)"]);
        assert_eq!(trained.raw[0].sha256, trained.sha256);
    }

    #[test]
    fn a_model_of_an_earlier_version_leaves_it_to_the_publisher() {
        let (folder, model) = fitted_on(&["a.csv"], true);
        let recorded = trained(&[], Some(&model)).unwrap().sha256;
        let old = Model { training: None, ..model };
        let unknown = trained(&[], Some(&old)).unwrap();
        assert_eq!((unknown.sha256, unknown.size, unknown.corpus.unwrap().label.as_str()), (None, None, "shop"));
        assert_eq!(trained(&[folder.path().join("a.csv")], Some(&old)).unwrap().sha256, recorded);
        assert!(trained(&[], None).unwrap().corpus.is_none());
    }
}
