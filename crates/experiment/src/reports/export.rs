//! The table of results in the form that papers and spreadsheets want: a row a generator, a column a metric.

mod columns;
mod csv;
mod latex;
mod markdown;

pub use columns::Columns;

use columns::Column;

use crate::ExperimentError;
use crate::report::Summary;
use crate::results::{Results, Selection, Side};

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
    let tables = tables(results, columns)?;
    Ok(match format {
        ExportFormat::Csv => csv::write(&tables)?,
        ExportFormat::Markdown => tables.iter().map(markdown::write).collect::<Vec<_>>().join("\n"),
        ExportFormat::Latex => tables.iter().map(latex::write).collect::<Vec<_>>().join("\n"),
    })
}

/// What was measured on a system, or on all together, in a variant.
struct Wide<'a> {
    variant: &'a str,
    /// Empty for all systems together.
    system: &'a str,
    columns: Vec<Column<'a>>,
    rows: Vec<WideRow<'a>>,
}

struct WideRow<'a> {
    name: &'a str,
    side: Side,
    /// A cell a column.
    cells: Vec<Option<WideCell>>,
}

struct WideCell {
    summary: Summary,
    /// Means of the ends of the seeds' intervals.
    interval: Option<[f64; 2]>,
}

fn tables<'a>(results: &'a Results, wanted: &Columns) -> Result<Vec<Wide<'a>>, ExperimentError> {
    let measured = results.select().filter(|row| row.side != Side::Reference);
    wanted.check(&measured)?;
    let mut tables = Vec::new();
    for variant in measured.distinct(|row| &row.variant) {
        let rows = measured.variant(variant);
        for system in rows.distinct(|row| &row.system) {
            let rows = rows.system(system);
            let columns = wanted.of(&rows);
            if !columns.is_empty() {
                tables.push(Wide { variant, system, rows: wide_rows(&rows, &columns), columns });
            }
        }
    }
    if tables.is_empty() {
        return Err(ExperimentError::Report("the table holds none of the main metrics: --all writes all that it holds".to_owned()));
    }
    Ok(tables)
}

/// Generators in the order of the table, the trivial ones after ours, and the ceiling last.
fn wide_rows<'a>(rows: &Selection<'a>, columns: &[Column<'a>]) -> Vec<WideRow<'a>> {
    let mut wide = Vec::new();
    for side in [Side::Ours, Side::Trivial, Side::Ceiling] {
        let of_side = rows.side(side);
        for generator in of_side.generators() {
            let own = of_side.filter(|row| row.generator == generator);
            let cells: Vec<Option<WideCell>> = columns.iter().map(|column| column.cell(&own)).collect();
            if cells.iter().any(Option::is_some) {
                wide.push(WideRow { name: if generator.is_empty() { side.name() } else { generator }, side, cells });
            }
        }
    }
    wide
}

impl Wide<'_> {
    /// System and variant, for people.
    fn title(&self) -> String {
        let system = if self.system.is_empty() { "all systems" } else { self.system };
        if self.variant.is_empty() { system.to_owned() } else { format!("{system}, {}", self.variant) }
    }

    /// Heading of every column.
    fn headings(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.heading(&self.columns)).collect()
    }

    /// A row as texts: the name, and a cell a column.
    fn texts(&self, row: &WideRow<'_>) -> Vec<String> {
        let text = |(column, cell): (&Column<'_>, &Option<WideCell>)| cell.as_ref().map_or_else(String::new, |cell| column.text(cell));
        let name = if row.side == Side::Trivial { format!("{} (trivial)", row.name) } else { row.name.to_owned() };
        std::iter::once(name).chain(self.columns.iter().zip(&row.cells).map(text)).collect()
    }
}

#[cfg(test)]
mod tests;
