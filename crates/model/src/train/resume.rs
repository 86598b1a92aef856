//! The state of an unfinished training run on disk.

use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};

use super::average::Average;
use super::fit::Fit;
use super::state::RunState;
use crate::checkpoint::{CheckpointError, corrupt, from_bytes, to_bytes, write};

/// A resume file: one line of JSON with the lengths, then the JSON state, the weights, the optimiser, the best weights and the averaged ones.
#[derive(Serialize, Deserialize)]
struct Lengths {
    state: usize,
    model: usize,
    optimiser: usize,
    best: Option<usize>,
    average: Option<usize>,
}

pub(super) fn store<M: Module>(fit: &Fit<M>, path: &Path) -> Result<(), CheckpointError> {
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
pub(super) fn restore<M: Module>(mut fit: Fit<M>, path: &Path, decay: f64) -> Result<Fit<M>, CheckpointError> {
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

pub(super) fn discard(path: &Path) -> Result<(), CheckpointError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CheckpointError::Io { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}
