//! The folder that a model is written to: whole, or with nothing but the state of an unfinished training run.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};
use tracesmith_disk::move_into_place;

use anyhow::{Context, bail};
use tracesmith_generate::{FittedGenerator, MODEL_FILE, TrainingData};

/// State of an unfinished training run inside the folder.
const TRAINING_STATE: &str = "training.state";

/// How the names of files begin that a killed run was writing.
const LEFTOVERS: [&str; 2] = [".tmp", PARTIAL];

/// How the name of the folder begins in which a model is completed.
const PARTIAL: &str = ".partial";

/// A folder that may be written to.
pub struct ModelFolder {
    path: PathBuf,
    existed: bool,
}

impl ModelFolder {
    /// Checks that nothing of value is at `path`: no folder, an empty one, one with an unfinished training run, or any with `force`.
    pub fn open(path: &Path, force: bool) -> anyhow::Result<Self> {
        let folder = Self { path: path.to_owned(), existed: path.exists() };
        let content = match fs::read_dir(path) {
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        let content = content.with_context(|| format!("{} cannot be a model folder", path.display()))?;
        if content.iter().any(|name| name == MODEL_FILE) && !force {
            bail!("there is a model in {} already: give --force to replace it, or another --out", path.display());
        }
        if let Some(foreign) = content.iter().find(|name| *name != MODEL_FILE && *name != TRAINING_STATE && !is_leftover(name))
            && !force
        {
            let foreign = foreign.to_string_lossy();
            bail!("{} has other content ({foreign}): give --force to write a model into it, or another --out", path.display());
        }
        Ok(folder)
    }

    /// Makes the folder if it is missing, and clears away what a killed run was writing.
    pub fn create(&self) -> anyhow::Result<()> {
        let prepare = || {
            fs::create_dir_all(&self.path)?;
            fs::read_dir(&self.path)?.try_for_each(|entry| {
                let entry = entry?;
                match is_leftover(&entry.file_name()) {
                    true if entry.file_type()?.is_dir() => fs::remove_dir_all(entry.path()),
                    true => fs::remove_file(entry.path()),
                    false => Ok(()),
                }
            })
        };
        prepare().with_context(|| format!("cannot prepare the model folder {}", self.path.display()))
    }

    /// File of the training state.
    pub fn training_state(&self) -> PathBuf {
        self.path.join(TRAINING_STATE)
    }

    /// Writes all files of the model beside their place first, and moves them when they are complete; [`MODEL_FILE`] comes last, so that a
    /// folder with it is a whole model.
    pub fn save(&self, fitted: &dyn FittedGenerator, training: &TrainingData) -> anyhow::Result<()> {
        self.save_files(fitted, training).with_context(|| format!("cannot save the model in {}", self.path.display()))
    }

    fn save_files(&self, fitted: &dyn FittedGenerator, training: &TrainingData) -> anyhow::Result<()> {
        let staging = tempfile::Builder::new().prefix(PARTIAL).tempdir_in(&self.path)?;
        fitted.save(staging.path())?;
        training.record(staging.path())?;
        let model = self.path.join(MODEL_FILE);
        match fs::remove_file(&model) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        for entry in fs::read_dir(staging.path())? {
            let entry = entry?;
            let target = self.path.join(entry.file_name());
            if entry.file_name() != MODEL_FILE {
                if target.is_dir() {
                    fs::remove_dir_all(&target)?;
                }
                move_into_place(&entry.path(), &target)?;
            }
        }
        Ok(move_into_place(&staging.path().join(MODEL_FILE), &model)?)
    }
}

fn is_leftover(name: &OsStr) -> bool {
    LEFTOVERS.iter().any(|prefix| name.to_string_lossy().starts_with(prefix))
}

impl Drop for ModelFolder {
    /// A failed fit leaves no empty folder of its own; one with a model or a training state is not empty and stays.
    fn drop(&mut self) {
        if !self.existed {
            let _ = fs::remove_dir(&self.path);
        }
    }
}
