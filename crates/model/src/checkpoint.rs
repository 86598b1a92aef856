//! Weights on disk, and the state of an unfinished training run. Files are written beside their place and then renamed.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::train::{Average, Fit, RunState};

/// Why weights could not be saved or loaded.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are no weights.
    #[error("{path}: not a tracesmith weight file, or cut off ({message})")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        message: String,
    },
    /// The weights are of another network: other vocabulary, other sizes or another configuration.
    #[error("the weights do not fit the network: {0}; they belong to another configuration or vocabulary")]
    Mismatch(String),
}

/// Saves the weights of `model`.
///
/// # Errors
/// [`CheckpointError`]; nothing is left at `path` that was not there before.
pub fn save<M: Module>(model: &M, path: &Path) -> Result<(), CheckpointError> {
    write(path, &to_bytes(model)?)
}

/// Loads weights into `model`.
///
/// # Errors
/// [`CheckpointError`] if the file is missing, damaged, or of another network.
pub fn load<M: Module>(model: M, path: &Path) -> Result<M, CheckpointError> {
    let bytes = fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })?;
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| corrupt(path, error))?;
    apply(model, record)
}

pub(crate) fn to_bytes<M: Module>(model: &M) -> Result<Vec<u8>, CheckpointError> {
    let bytes = model.clone().into_record().into_bytes().map_err(|error| CheckpointError::Mismatch(error.to_string()))?;
    Ok(bytes.to_vec())
}

pub(crate) fn from_bytes<M: Module>(model: M, bytes: Vec<u8>) -> Result<M, CheckpointError> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| CheckpointError::Mismatch(error.to_string()))?;
    apply(model, record)
}

fn apply<M: Module>(model: M, record: ModuleRecord) -> Result<M, CheckpointError> {
    model.try_load_record(record).map_err(|error| CheckpointError::Mismatch(error.to_string()))
}

fn corrupt(path: &Path, error: impl ToString) -> CheckpointError {
    CheckpointError::Corrupt { path: path.to_owned(), message: error.to_string() }
}

/// Writes a file beside its place, making the folder, and renames it.
///
/// # Errors
/// [`CheckpointError::Io`]; what was at `path` is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    tracesmith_disk::write_bytes(path, bytes).map_err(|error| CheckpointError::Io { path: error.path, source: error.source })
}

/// A resume file: one line of JSON with the lengths, then the JSON state, the weights, the optimiser, the best weights and the averaged ones.
#[derive(Serialize, Deserialize)]
struct Lengths {
    state: usize,
    model: usize,
    optimiser: usize,
    best: Option<usize>,
    average: Option<usize>,
}

pub(crate) fn store<M: Module>(fit: &Fit<M>, path: &Path) -> Result<(), CheckpointError> {
    let state = serde_json::to_vec(&fit.state).map_err(|error| corrupt(path, error))?;
    // `valid` also brings the running statistics of batch normalisation up to date, which otherwise lag one step behind.
    let model = to_bytes(&fit.model.valid())?;
    let optimiser = fit.optimiser.into_bytes().map_err(|error| corrupt(path, error))?.to_vec();
    let best = fit.best_weights.as_deref();
    let average = fit.average.as_ref().map(|average| to_bytes(&average.apply(fit.model.valid()))).transpose()?;
    let average = average.as_deref();
    let lengths = Lengths {
        state: state.len(),
        model: model.len(),
        optimiser: optimiser.len(),
        best: best.map(<[u8]>::len),
        average: average.map(<[u8]>::len),
    };
    let mut bytes = serde_json::to_vec(&lengths).map_err(|error| corrupt(path, error))?;
    bytes.push(b'\n');
    for part in [&state[..], &model, &optimiser, best.unwrap_or_default(), average.unwrap_or_default()] {
        bytes.extend_from_slice(part);
    }
    write(path, &bytes)
}

/// Continues from the resume file, if there is one and it belongs to the same run; a file of another run is ignored.
pub(crate) fn restore<M: Module>(mut fit: Fit<M>, path: &Path, decay: f64) -> Result<Fit<M>, CheckpointError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fit),
        Err(source) => return Err(CheckpointError::Io { path: path.to_owned(), source }),
    };
    let parts = split(&bytes).ok_or_else(|| corrupt(path, "the parts are incomplete; delete the file to start anew"))?;
    let state: RunState = serde_json::from_slice(parts.state).map_err(|error| corrupt(path, error))?;
    if state.fingerprint != fit.state.fingerprint {
        tracing::warn!(path = %path.display(), "the checkpoint is of another run and is ignored");
        return Ok(fit);
    }
    fit.model = from_bytes(fit.model, parts.model.to_vec())?;
    let optimiser = Bytes::from_bytes_vec(parts.optimiser.to_vec());
    fit.optimiser = fit.optimiser.from_bytes(optimiser).map_err(|error| corrupt(path, error))?;
    fit.best_weights = parts.best.map(<[u8]>::to_vec);
    if let Some(average) = parts.average {
        let saved = from_bytes(fit.model.valid(), average.to_vec())?;
        fit.average = Some(Average::resumed(decay, &saved));
    }
    fit.state = state;
    Ok(fit)
}

struct Parts<'a> {
    state: &'a [u8],
    model: &'a [u8],
    optimiser: &'a [u8],
    best: Option<&'a [u8]>,
    average: Option<&'a [u8]>,
}

fn split(bytes: &[u8]) -> Option<Parts<'_>> {
    let line = bytes.iter().position(|&byte| byte == b'\n')?;
    let lengths: Lengths = serde_json::from_slice(&bytes[..line]).ok()?;
    let (state, rest) = bytes[line + 1..].split_at_checked(lengths.state)?;
    let (model, rest) = rest.split_at_checked(lengths.model)?;
    let (optimiser, rest) = rest.split_at_checked(lengths.optimiser)?;
    let (best, rest) = rest.split_at_checked(lengths.best.unwrap_or(0))?;
    let average = (rest.len() == lengths.average.unwrap_or(0)).then_some(rest)?;
    Some(Parts { state, model, optimiser, best: lengths.best.map(|_| best), average: lengths.average.map(|_| average) })
}

pub(crate) fn discard(path: &Path) -> Result<(), CheckpointError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CheckpointError::Io { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
