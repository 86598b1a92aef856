//! The table of results in the form that papers and spreadsheets want: a row a generator, a column a metric.

mod cell;
mod columns;
mod csv;
mod latex;
mod markdown;
mod wide;

pub use columns::Columns;

use crate::ExperimentError;
use crate::results::Results;

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One table of all systems; means, standard deviations and ends of intervals in columns of their own, with all digits.
    Csv,
    /// A table a system.
    Markdown,
    /// A `tabular` a system, for the package `booktabs`.
    Latex,
}

impl ExportFormat {
    /// All formats, by name.
    pub const ALL: [(&'static str, Self); 3] = [("csv", Self::Csv), ("markdown", Self::Markdown), ("latex", Self::Latex)];
}

/// Writes generators × metrics, with the ceiling, in a format.
///
/// # Errors
/// [`ExperimentError::Report`] if there is no such metric, or none at all.
pub fn export(results: &Results, columns: &Columns, format: ExportFormat) -> Result<String, ExperimentError> {
    let tables = wide::tables(results, columns)?;
    Ok(match format {
        ExportFormat::Csv => csv::write(&tables)?,
        ExportFormat::Markdown => tables.iter().map(markdown::write).collect::<Vec<_>>().join("\n"),
        ExportFormat::Latex => tables.iter().map(latex::write).collect::<Vec<_>>().join("\n"),
    })
}

#[cfg(test)]
mod tests;
