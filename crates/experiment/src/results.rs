//! The results of an experiment: one long table with a row for every measurement of every seed.
//!
//! `metrics.csv` holds it for any tool, [`Results::frame`] gives it as a polars frame, and `metrics.json` (means, standard deviations and
//! numbers of values under dotted keys) is generated from it. Tables, figures and exports are queries over [`Results`].

mod error;
mod file;
mod frame;
mod row;
mod selection;

use std::collections::BTreeMap;

pub use error::ResultsError;
pub use row::{Row, Side};
pub use selection::Selection;

use crate::report::{FlatMetrics, MetricsError};

/// Name of the file in the folder of a report.
pub const FILE: &str = "metrics.csv";

/// Every measurement of an experiment, in the order in which it was made; seeds are in the order of the experiment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Results {
    rows: Vec<Row>,
}

impl Results {
    /// A table of these rows.
    pub fn new(rows: Vec<Row>) -> Self {
        Self { rows }
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Adds rows at the end.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows);
    }

    /// All rows, to be narrowed down.
    pub fn select(&self) -> Selection<'_> {
        Selection::new(self.rows.iter().collect())
    }

    /// The numbers of `metrics.json`: mean, standard deviation and number of values of every key of [`Row::key`], and of the ends of its interval.
    /// Reference figures are not among them.
    ///
    /// # Errors
    /// A value that is not finite, or two measurements with one key.
    pub fn flat(&self) -> Result<FlatMetrics, MetricsError> {
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.side != Side::Reference) {
            for (key, value) in row.keyed() {
                values.entry(key).or_default().push(value);
            }
        }
        let mut metrics = FlatMetrics::default();
        for (key, values) in values {
            metrics.insert(&key, &values)?;
        }
        Ok(metrics)
    }
}

impl FromIterator<Row> for Results {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        Self::new(rows.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
