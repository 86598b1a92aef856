//! What can be wrong with a report.

use std::io;

use plotters::drawing::DrawingAreaErrorKind;
use thiserror::Error;

/// Why a report was not written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// An identifier cannot be a file name and a link target.
    #[error("{kind} id {id:?} must be one or more of a-z, A-Z, 0-9, '-' and '_'")]
    BadId {
        /// `section`, `figure` or `viewer`.
        kind: &'static str,
        /// The identifier.
        id: String,
    },
    /// Two sections, two figures or two viewers have one identifier.
    #[error("two {kind}s have the id {id:?}; give each its own")]
    DuplicateId {
        /// `section`, `figure` or `viewer`.
        kind: &'static str,
        /// The identifier.
        id: String,
    },
    /// A table row is not as wide as the table.
    #[error("table {table:?}, row {row}: {cells} cells for {columns} columns")]
    RowWidth {
        /// Caption of the table.
        table: String,
        /// Position of the row, from 0.
        row: usize,
        /// Cells in the row.
        cells: usize,
        /// Columns of the table.
        columns: usize,
    },
    /// A confusion matrix is not square over its labels.
    #[error("figure {figure:?}: a confusion matrix over {labels} labels needs {labels} rows of {labels} counts")]
    ConfusionShape {
        /// Identifier of the figure.
        figure: String,
        /// How many labels there are.
        labels: usize,
    },
    /// A bar series or a profile has not one value a category.
    #[error("figure {figure:?}: series {series:?} has {values} values for {categories} categories")]
    BarCount {
        /// Identifier of the figure.
        figure: String,
        /// Name of the series.
        series: String,
        /// Values in the series.
        values: usize,
        /// Categories of the figure.
        categories: usize,
    },
    /// The drawing library refused.
    #[error("figure {figure:?} cannot be drawn")]
    Draw {
        /// Identifier of the figure.
        figure: String,
        /// The drawing library's reason.
        source: DrawingAreaErrorKind<io::Error>,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] tracesmith_disk::WriteError),
}
