//! Where the traces of a stream come from.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tracesmith_formats::{Format, write_corpus};
use tracesmith_generate::{FittedGenerator, MODEL_FILE, Request, load};
use tracesmith_live::{RecordedTraces, SourceError, content_version, read_traces};
use tracesmith_model::DeviceChoice;
use tracesmith_trace::{SpanRecord, derive_seed};

/// Traces that a model samples at a time: memory holds so many.
const SAMPLED_TOGETHER: usize = 256;

/// A fitted model or the traces of a file.
pub enum Source {
    Model { folder: PathBuf, model: Box<dyn FittedGenerator> },
    File { path: PathBuf, traces: RecordedTraces },
}

pub type Traces = Box<dyn Iterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send>;

/// Opens a folder as a model and anything else as a trace file.
pub fn open(path: &Path, format: Option<Format>) -> anyhow::Result<Source> {
    if path.is_dir() {
        let device = DeviceChoice::default().open()?;
        let model = load(path, &device, |_| {}).with_context(|| format!("cannot use the model {}", path.display()))?;
        return Ok(Source::Model { folder: path.to_owned(), model });
    }
    let traces = read_traces(path, format)?;
    if traces.traces.is_empty() {
        bail!("{} has no span", path.display());
    }
    Ok(Source::File { path: path.to_owned(), traces })
}

impl Source {
    /// Name of the data.
    pub fn name(&self) -> String {
        match self {
            Self::Model { model, .. } => format!("{}-synthetic", model.profile().name),
            Self::File { path, .. } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.split('.').find(|part| !part.is_empty()).unwrap_or("traces").to_owned()
            }
        }
    }

    /// Version of the data: its hash.
    pub fn version(&self) -> anyhow::Result<String> {
        let path = match self {
            Self::Model { folder, .. } => folder.join(MODEL_FILE),
            Self::File { path, .. } => path.clone(),
        };
        content_version(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The traces of a file.
    pub fn recorded(&self) -> Option<&RecordedTraces> {
        match self {
            Self::Model { .. } => None,
            Self::File { traces, .. } => Some(traces),
        }
    }

    /// The traces: those of a file once or again and again, those of a model always without end.
    pub fn traces(self, seed: u64, is_once: bool) -> Traces {
        match self {
            Self::File { traces, .. } if is_once => Box::new(traces.traces.into_iter().map(Ok)),
            Self::File { traces, .. } => Box::new((0..).map(move |trace: usize| Ok(traces.traces[trace % traces.traces.len()].clone()))),
            Self::Model { model, .. } => Box::new((0..).flat_map(move |chunk: u64| match sample(model.as_ref(), seed, chunk) {
                Ok(traces) => traces.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })),
        }
    }
}

/// Samples traces as `tracesmith generate` does, and takes them through a file of the format in which they are sent, too.
fn sample(model: &dyn FittedGenerator, seed: u64, chunk: u64) -> Result<Vec<Vec<SpanRecord>>, SourceError> {
    let corpus = model.sample(&Request::new(SAMPLED_TOGETHER, derive_seed(seed, &format!("chunk {chunk} of a stream"))))?;
    let file = tempfile::NamedTempFile::new()?;
    write_corpus(&corpus, Format::OtlpProtobuf, file.path())?;
    Ok(read_traces(file.path(), Some(Format::OtlpProtobuf))?.traces)
}
