//! Weights on disk.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use burn_pack::{Reader, Writer};
use thiserror::Error;

/// Ends of the names of an embedding's vectors: today's, and that of models which were saved before.
const EMBEDDING: &str = ".weight";
const OLD_EMBEDDING: &str = ".vectors";

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
    apply(model, record(bytes).map_err(|error| corrupt(path, error))?)
}

pub(crate) fn to_bytes<M: Module>(model: &M) -> Result<Vec<u8>, CheckpointError> {
    let bytes = model.clone().into_record().into_bytes().map_err(|error| CheckpointError::Mismatch(error.to_string()))?;
    Ok(bytes.to_vec())
}

pub(crate) fn from_bytes<M: Module>(model: M, bytes: Vec<u8>) -> Result<M, CheckpointError> {
    apply(model, record(bytes).map_err(CheckpointError::Mismatch)?)
}

/// The weights in a file.
fn record(bytes: Vec<u8>) -> Result<ModuleRecord, String> {
    let content = Reader::from_bytes(Bytes::from_bytes_vec(bytes.clone())).map_err(|error| error.to_string())?;
    let bytes = if content.tensor_names().iter().any(|name| name.ends_with(OLD_EMBEDDING)) {
        renamed(content).map_err(|error| error.to_string())?
    } else {
        Bytes::from_bytes_vec(bytes)
    };
    ModuleRecord::from_bytes(bytes).map_err(|error| error.to_string())
}

/// The weights of a model that was saved when embeddings were not burn's.
fn renamed(content: Reader) -> Result<Bytes, burn_pack::Error> {
    let rename = |tensor: burn_pack::Tensor| {
        let (name, dtype, shape, id, bytes) = tensor.into_parts()?;
        let name = name.strip_suffix(OLD_EMBEDDING).map_or_else(|| name.clone(), |module| format!("{module}{EMBEDDING}"));
        Ok(burn_pack::Tensor::new(name, dtype, shape, id, bytes))
    };
    let tensors = content.into_tensors()?.into_iter().map(rename).collect::<Result<Vec<_>, burn_pack::Error>>()?;
    Writer::new(tensors).into_bytes()
}

fn apply<M: Module>(model: M, record: ModuleRecord) -> Result<M, CheckpointError> {
    model.try_load_record(record).map_err(|error| CheckpointError::Mismatch(error.to_string()))
}

pub(crate) fn corrupt(path: &Path, error: impl ToString) -> CheckpointError {
    CheckpointError::Corrupt { path: path.to_owned(), message: error.to_string() }
}

/// Writes a file whole or not at all, making its folder.
///
/// # Errors
/// [`CheckpointError::Io`]; what was at `path` is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    tracesmith_disk::write_bytes(path, bytes).map_err(|error| CheckpointError::Io { path: error.path, source: error.source })
}

#[cfg(test)]
mod tests;
