//! What can be wrong with a table of results.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a table of results cannot be read or written.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// A file cannot be read or written.
    #[error("cannot access {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The first line does not name the columns of a table of results.
    #[error("{}: column {column} is {found:?} where a table of results has {expected:?}; is this the metrics.csv of a report?", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Position of the column, from 1.
        column: usize,
        /// What it is called.
        found: String,
        /// What it should be called.
        expected: &'static str,
    },
    /// A line has too many or too few fields.
    #[error("{}, line {line}: {fields} fields where the table has {columns} columns", path.display())]
    Width {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Fields of the line.
        fields: usize,
        /// Columns of the table.
        columns: usize,
    },
    /// A value cannot be used.
    #[error("{}, line {line}, column {column}: {value:?} {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A line is no CSV.
    #[error("{}: {source}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The parser's reason, with the line.
        source: csv::Error,
    },
    /// A number that no reader could take.
    #[error("metric {key:?}: {value} is not a finite number; leave the metric out where it is undefined")]
    NotFinite {
        /// Key of the metric.
        key: String,
        /// The value.
        value: f64,
    },
    /// A data frame cannot be made or does not hold results.
    #[error("the table of results as a data frame: {0}")]
    Frame(#[from] polars::error::PolarsError),
}
