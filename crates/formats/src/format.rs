//! What a format of traces is.

use std::{
    fmt,
    hash::{Hash, Hasher},
    io::{self, Write},
};

use serde::{Serialize, Serializer};
use tracesmith_trace::{SpanRecord, span_id};

use crate::{
    FormatError, ReadWarnings,
    capabilities::Capabilities,
    file_start::{Certainty, FileStart},
    input::Input,
};

/// Where the spans of a file go, in its order; an error ends the reading.
pub type Visit<'a> = &'a mut dyn FnMut(SpanRecord) -> Result<(), FormatError>;

/// What reading a file found beside its spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// What had to be replaced or left out.
    pub warnings: ReadWarnings,
    /// Whether starts are missing although the format has a place for them.
    pub lacks_starts: bool,
}

impl From<ReadWarnings> for Found {
    fn from(warnings: ReadWarnings) -> Self {
        Self { warnings, lacks_starts: false }
    }
}

/// A format of traces, both ways.
///
/// A new one is a file with an implementation of this trait and a line in `registry::FORMATS`, or, in another program, a call of
/// [`crate::register`]. Commands, help texts, errors and tables take everything from here.
pub trait TraceFormat: Sync {
    /// Name in commands and configuration, in lower case with hyphens.
    fn name(&self) -> &'static str;

    /// What it is, in a few words, for help texts and tables.
    fn summary(&self) -> &'static str;

    /// How a file of it begins, for the error that a file is of no format: `the header …`.
    fn beginning(&self) -> String;

    /// Endings of names that mean the format when a file is written, such as `.json`. The first format with an ending has it.
    fn endings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Keys that objects of JSON have in this format only. The first such key of a file tells its format.
    fn json_keys(&self) -> &'static [&'static str] {
        &[]
    }

    /// How sure it is that a file that begins like this is of the format, where no key of JSON tells.
    fn recognises(&self, start: FileStart<'_>) -> Certainty;

    /// What it has a place for.
    fn capabilities(&self) -> Capabilities;

    /// Id of the span at `position` of a trace when a corpus is written: 16 hexadecimal digits that follow from the id of the trace.
    fn span_id(&self, trace_id: &str, position: usize, is_first_root: bool) -> String {
        let _ = is_first_root;
        span_id(trace_id, position)
    }

    /// Calls `visit` with every span of a file, with bounded memory.
    ///
    /// # Errors
    /// [`FormatError`] at the first thing that is wrong, or that of `visit`.
    fn read(&self, input: Input, visit: Visit<'_>) -> Result<Found, FormatError>;

    /// Writes traces. Without `has_starts` the starts of children are those of their roots.
    ///
    /// # Errors
    /// That of `out`.
    fn write(&self, out: &mut (dyn Write + Send), traces: &mut dyn Iterator<Item = Vec<SpanRecord>>, has_starts: bool) -> io::Result<()>;
}

/// A format that can be compared, copied, named and kept in configuration. Two are equal if their names are.
#[derive(Clone, Copy)]
pub struct Format(&'static dyn TraceFormat);

impl Format {
    /// The handle of a format.
    pub const fn of(format: &'static dyn TraceFormat) -> Self {
        Self(format)
    }

    /// What reads and writes it.
    pub(crate) fn codec(self) -> &'static dyn TraceFormat {
        self.0
    }

    /// Name in commands and configuration.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it is, in a few words.
    pub fn summary(self) -> &'static str {
        self.0.summary()
    }

    /// Endings of names that mean it when a file is written.
    pub fn endings(self) -> &'static [&'static str] {
        self.0.endings()
    }

    /// What it has a place for.
    pub fn capabilities(self) -> Capabilities {
        self.0.capabilities()
    }

    /// Id that [`crate::write_corpus`] gives the span at `position` of a trace.
    pub fn span_id(self, trace_id: &str, position: usize, is_first_root: bool) -> String {
        self.0.span_id(trace_id, position, is_first_root)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl PartialOrd for Format {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Format {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for Format {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Format({})", self.name())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
