//! From files and simulators to clean, labelled corpora.
//!
//! [`ingest`] reads files of any format, drops and counts what is no trace, and labels the rest by fault windows. [`Manifest`] knows the data
//! sets and where their files are, [`fetch`] downloads and unpacks them, [`simulate`] makes data without files, and
//! [`Summary`] says what a corpus holds.

mod archive;
mod clean;
mod clock_overflow;
mod clock_skew;
mod faults;
pub mod fetch;
mod file_sums;
mod ingest;
mod manifest;
mod pattern;
pub mod simulate;
mod summary;
mod text_table;

pub use clean::{CleaningConfig, CleaningReport, TraceGroups, clean};
pub use clock_overflow::{CLOCK_OVERFLOW_EXCESS_US, ClockOverflow};
pub use faults::label_at;
pub use file_sums::{FileDifference, FileSum, differences, sha256_of_file, sha256_of_files, sums_below};
pub use ingest::{Assembly, IngestError, IngestOptions, Ingested, assembled, ingest, ingest_records};
pub use manifest::{Archive, Layout, Located, Manifest, ManifestError, REAL_DATA_VARIABLE, Source};
pub use summary::{LabelSummary, OperationSummary, Quantiles, ShapeSummary, Summary};
