//! What can go wrong between a corpus and its synthetic twin.

use std::path::PathBuf;

use thiserror::Error;
use tracesmith_codec::CodecError;
use tracesmith_model::checkpoint::CheckpointError;
use tracesmith_model::train::TrainError;

/// Why a generator cannot be fitted.
#[derive(Debug, Error)]
pub enum FitError {
    /// There is no trace.
    #[error("the corpus has no trace to fit on")]
    Empty,
    /// The corpus has traces that a quadratic decoder cannot take.
    #[error(
        "the largest trace has {spans} spans; {kind} compares all pairs of spans and takes {limit} at most: leave larger traces out with max_spans"
    )]
    TooLarge {
        /// Kind of generator.
        kind: &'static str,
        /// Spans of the largest trace.
        spans: usize,
        /// Largest size it takes.
        limit: usize,
    },
    /// A condition is asked for that the corpus does not have.
    #[error(
        "conditional = true needs traces labelled normal and abnormal; this corpus has only one kind: give a fault file, or set conditional = false"
    )]
    NoLabels,
    /// Traces are too deep for a table of depths.
    #[error("the deepest trace has {depth} spans below one another; tree-hvae takes {limit} at most: leave such traces out")]
    TooDeep {
        /// Depth of the deepest trace.
        depth: usize,
        /// Largest depth it takes.
        limit: usize,
    },
    /// A setting makes no sense.
    #[error("{key} = {value}: {expected}")]
    BadSetting {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// The traces cannot be turned into tokens.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Settings of an external generator make no sense.
    #[error("generator of kind external: {0}")]
    External(String),
    /// An external program did not learn.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

/// What an external program does wrong. Messages name the program, and show the end of what it printed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProgramError {
    /// It cannot be run.
    #[error("external generator: {0}")]
    Start(String),
    /// It takes too long.
    #[error("external generator: {program} was stopped after {seconds} s, the time_limit_s of its config; {said}")]
    TimeLimit {
        /// The program.
        program: String,
        /// The limit in seconds.
        seconds: u64,
        /// The end of what it printed, in words.
        said: String,
    },
    /// It says that it failed.
    #[error("external generator: {program} failed with {how}; {said}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        how: String,
        /// The end of what it printed, in words.
        said: String,
    },
    /// Files for it, or of it, are missing or cannot be written.
    #[error("external generator: {0}")]
    Files(String),
    /// It wrote no file, or an empty one.
    #[error("external generator: {program} ended well and wrote nothing: it has to write the traces to the file {{out}}")]
    Nothing {
        /// The program.
        program: String,
    },
    /// Its file cannot be read.
    #[error("external generator: its traces cannot be read {0}")]
    Unreadable(String),
    /// Some of its traces are none.
    #[error("external generator: not all of its traces are traces, see `dropped`:\n{0}")]
    NoTraces(String),
    /// It gives another number of traces.
    #[error("external generator: {what} {answered} traces, {asked} were asked for")]
    Count {
        /// Traces asked for.
        asked: usize,
        /// Traces that there are.
        answered: usize,
        /// Where they are, in words.
        what: &'static str,
    },
    /// It gives names that the training traces do not have.
    #[error(
        "external generator: {count} {what} are in no training trace, the first are {first}: it has to use the names of the file of training traces"
    )]
    Names {
        /// `services` or `operations`.
        what: &'static str,
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// A trace has an id that none was given.
    #[error(
        "external generator: trace {0:?} is none of those wanted: a program with label or size in `takes` uses the ids in {{conditions}}"
    )]
    Id(String),
    /// A trace has another size than asked for.
    #[error("external generator: trace {trace:?} has {answered} spans, {asked} were asked for")]
    Size {
        /// Id of the trace.
        trace: String,
        /// Spans asked for.
        asked: usize,
        /// Spans that it has.
        answered: usize,
    },
    /// Traces do not meet the conditions.
    #[error("external generator: only {met} of {all} traces have {asked}, which its program is said to take into account")]
    Conditions {
        /// The conditions.
        asked: String,
        /// Traces that meet them.
        met: usize,
        /// All traces.
        all: usize,
    },
}

/// Why traces cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SampleError {
    /// The size is out of range.
    #[error("a size of {asked} spans cannot be generated: this model gives 1 to {limit}")]
    Size {
        /// The size asked for.
        asked: usize,
        /// Spans of the largest trace that the generator can give.
        limit: usize,
    },
    /// The generator does not model sizes.
    #[error("{0} does not know its own sizes: use --size empirical, --size range or --size fixed:K")]
    NoOwnSizes(&'static str),
    /// The generator was fitted without labels.
    #[error("this {0} model was fitted without labels and cannot generate {1} traces: fit it on labelled traces with conditional = true")]
    NotConditional(&'static str, &'static str),
    /// The generator does not know the attribute.
    #[error("{kind} cannot be asked for a {attribute}; it can be asked for {known}")]
    CannotAsk {
        /// Kind of generator.
        kind: &'static str,
        /// What was asked for.
        attribute: &'static str,
        /// What it can be asked for.
        known: String,
    },
    /// The generator gives such traces among others, and its traces do not tell which.
    #[error(
        "{kind} tells normal traces from abnormal ones and nothing else about faults: {asked} is not all of its {class} training traces, which \
         also have {others}. Ask for label={class}, or fit it on the traces wanted alone (tracesmith fit --where {asked})"
    )]
    OneAmongOthers {
        /// Kind of generator.
        kind: &'static str,
        /// What was asked for.
        asked: String,
        /// The class of the traces asked for.
        class: &'static str,
        /// What else that class has.
        others: String,
    },
    /// Traces that meet the conditions hardly come.
    #[error("only {found} of {drawn} traces of {kind} have {asked} instead of {count}; among the values are: {known}")]
    TooRare {
        /// Kind of generator.
        kind: &'static str,
        /// What was asked for.
        asked: String,
        /// Traces asked for.
        count: usize,
        /// Traces found.
        found: usize,
        /// Traces drawn.
        drawn: usize,
        /// The first values that were drawn.
        known: String,
    },
    /// A condition makes no sense.
    #[error("{0}")]
    Condition(String),
    /// No training trace had that root.
    #[error("no training trace begins with {asked:?}; roots are: {known}")]
    NoSuchRoot {
        /// The operation asked for.
        asked: String,
        /// The first roots that there are.
        known: String,
    },
    /// An external program gives no such traces.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The training data had no trace of that class.
    #[error("the training data had no {0} trace")]
    NoSuchLabel(&'static str),
    /// The training data had no such value.
    #[error("no training trace has {attribute}={asked}; {known}")]
    NoSuchValue {
        /// What was asked for.
        attribute: &'static str,
        /// Its value.
        asked: String,
        /// The values that there are, the nearest first, in words.
        known: String,
    },
}

/// Why traces cannot be encoded, or nothing can be said of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// There is no trace.
    #[error("there is no trace to encode")]
    Empty,
    /// The generator does not encode traces like that.
    #[error("a {kind} model has no {what}")]
    Lacks {
        /// Kind of generator.
        kind: &'static str,
        /// What it would take.
        what: &'static str,
    },
    /// A trace cannot be turned into tokens.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Why a model directory cannot be written or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The description of the model cannot be understood.
    #[error("{path}: not a tracesmith model: {message}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] CheckpointError),
}
