//! Queries: rows narrowed down by what they are about.

use super::{Row, Side};
use crate::report::Summary;

/// Rows that a query has left, in the order of the table.
#[derive(Debug, Clone, Default)]
pub struct Selection<'a> {
    rows: Vec<&'a Row>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(rows: Vec<&'a Row>) -> Self {
        Self { rows }
    }

    /// The rows.
    pub fn rows(&self) -> &[&'a Row] {
        &self.rows
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows for which `keep` holds.
    pub fn filter(&self, keep: impl Fn(&Row) -> bool) -> Self {
        Self { rows: self.rows.iter().copied().filter(|row| keep(row)).collect() }
    }

    /// Rows of a variant of the matrix.
    pub fn variant(&self, name: &str) -> Self {
        self.filter(|row| row.variant == name)
    }

    /// Rows of a question.
    pub fn question(&self, name: &str) -> Self {
        self.filter(|row| row.question == name)
    }

    /// Rows of a system; with an empty name those of all systems together.
    pub fn system(&self, name: &str) -> Self {
        self.filter(|row| row.system == name)
    }

    /// Rows of a generator of the experiment, whether it is under study or trivial.
    pub fn generator(&self, name: &str) -> Self {
        self.filter(|row| row.generator == name && matches!(row.side, Side::Ours | Side::Trivial))
    }

    /// Rows of one side.
    pub fn side(&self, side: Side) -> Self {
        self.filter(|row| row.side == side)
    }

    /// Rows of a size mode.
    pub fn size(&self, name: &str) -> Self {
        self.filter(|row| row.size == name)
    }

    /// Rows of a protocol.
    pub fn protocol(&self, name: &str) -> Self {
        self.filter(|row| row.protocol == name)
    }

    /// Rows of a metric.
    pub fn metric(&self, id: &str) -> Self {
        self.filter(|row| row.metric == id)
    }

    /// The values, one a seed where one measurement is left.
    pub fn values(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row.value).collect()
    }

    /// Value and seed of every row that has a seed.
    pub fn by_seed(&self) -> Vec<(u64, f64)> {
        self.rows.iter().filter_map(|row| Some((row.seed?, row.value))).collect()
    }

    /// Mean of the values; none without one.
    pub fn mean(&self) -> Option<f64> {
        self.summary().map(|summary| summary.mean)
    }

    /// Mean and standard deviation of the values; none without one.
    pub fn summary(&self) -> Option<Summary> {
        Summary::of(&self.values())
    }

    /// Means of the ends of the intervals; none if no row has one.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let mean = |end: fn(&Row) -> Option<f64>| Summary::of(&self.rows.iter().filter_map(|row| end(row)).collect::<Vec<_>>());
        Some([mean(|row| row.low)?.mean, mean(|row| row.high)?.mean])
    }

    /// The metrics of the rows, each once, in the order of the table.
    pub fn metrics(&self) -> Vec<&'a str> {
        self.distinct(|row| &row.metric)
    }

    /// The generators of the rows, each once, in the order of the table.
    pub fn generators(&self) -> Vec<&'a str> {
        self.distinct(|row| &row.generator)
    }

    /// The different texts that `of` gives, in the order of the table.
    pub fn distinct(&self, of: fn(&Row) -> &str) -> Vec<&'a str> {
        let mut distinct = Vec::new();
        for text in self.rows.iter().map(|row| of(row)) {
            if !distinct.contains(&text) {
                distinct.push(text);
            }
        }
        distinct
    }
}
