//! Finished reports: read back, compared, merged and exported.

mod diff;
mod export;
mod finished;
mod merge;
mod noise;

pub use diff::{Diff, DiffVerdict, ValueDiff, diff};
pub use export::{Columns, ExportFormat, export};
pub use finished::{FinishedReport, differing_traces};
pub use merge::{merge, write_merged};
