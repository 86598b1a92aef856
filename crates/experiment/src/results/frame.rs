//! The table as a polars frame.

use polars::prelude::*;

use super::{Results, ResultsError, Row};

impl Results {
    /// The table as a frame with the columns of `metrics.csv`: texts are categorical, numbers are nullable where they may be missing.
    ///
    /// # Errors
    /// What polars says.
    pub fn frame(&self) -> Result<DataFrame, ResultsError> {
        let categorical = |name: &str, of: fn(&Row) -> &str| -> PolarsResult<Column> {
            let texts: Vec<&str> = self.rows().iter().map(of).collect();
            Column::new(name.into(), texts).cast(&DataType::from_categories(Categories::global()))
        };
        let whole = |name: &str, of: fn(&Row) -> Option<u64>| Column::new(name.into(), self.rows().iter().map(of).collect::<Vec<_>>());
        let number = |name: &str, of: fn(&Row) -> Option<f64>| Column::new(name.into(), self.rows().iter().map(of).collect::<Vec<_>>());
        let columns = vec![
            categorical("experiment", |row| &row.experiment)?,
            categorical("variant", |row| &row.variant)?,
            categorical("question", |row| &row.question)?,
            categorical("system", |row| &row.system)?,
            categorical("data", |row| &row.data)?,
            categorical("generator", |row| &row.generator)?,
            categorical("size", |row| &row.size)?,
            categorical("protocol", |row| &row.protocol)?,
            categorical("side", |row| row.side.name())?,
            whole("seed", |row| row.seed),
            categorical("metric", |row| &row.metric)?,
            Column::new("value".into(), self.rows().iter().map(|row| row.value).collect::<Vec<_>>()),
            number("low", |row| row.low),
            number("high", |row| row.high),
            whole("n", |row| row.n),
        ];
        Ok(DataFrame::new(self.rows().len(), columns)?)
    }
}
