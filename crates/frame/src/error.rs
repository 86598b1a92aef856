//! Why a frame is no span table, and why a query has no answer.

use thiserror::Error;
use tracesmith_trace::span_table::VERSION;

/// Why a frame cannot be read as a span table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A column is missing.
    #[error("the table has no column `{column}`, which a span table must have; its columns are {}", listed(.columns))]
    MissingColumn {
        /// Name of the column.
        column: &'static str,
        /// Names of the columns that there are.
        columns: Vec<String>,
    },
    /// A column holds something else.
    #[error("column `{column}` is {found}, expected {expected}: cast it first")]
    ColumnType {
        /// Name of the column.
        column: &'static str,
        /// Its type.
        found: String,
        /// The types that are read.
        expected: &'static str,
    },
    /// A value is none of its column.
    #[error("row {row}: `{column}` is {found}, expected {expected}")]
    Value {
        /// Number of the row, from 1.
        row: usize,
        /// Name of the column.
        column: &'static str,
        /// The value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// The columns are those of another version of the schema.
    #[error(
        "the table has a column `{column}`, so it is a span table of version {version}, and this program reads version {VERSION}: \
         let `tracesmith convert` write its file again, and make the table from that"
    )]
    Version {
        /// The column that only that version has.
        column: &'static str,
        /// The version.
        version: u32,
    },
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// It is no SQL.
    #[error("the query is no valid SQL: {0}")]
    Syntax(String),
    /// It does something else than ask.
    #[error("the query begins with `{0}`, and only questions can be answered: write SELECT … FROM spans, or WITH … SELECT …")]
    NoQuestion(String),
    /// There is no such table.
    #[error("there is no table `{0}`: the tables are `spans` (a row a span) and `traces` (a row a trace)")]
    UnknownTable(String),
    /// There is no such column.
    #[error("there is no column `{column}`{}; the columns are {}", did_you_mean(.nearest), listed(.columns))]
    UnknownColumn {
        /// Name of the column.
        column: String,
        /// The column of the most similar name.
        nearest: Option<String>,
        /// Names of the columns where it was looked for.
        columns: Vec<String>,
    },
    /// It is SQL that cannot be answered.
    #[error("the query cannot be answered: {0}")]
    Unanswerable(String),
    /// The table it asks of is no span table.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn did_you_mean(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
