//! Generators × metrics of a system.

use super::cell::WideCell;
use super::columns::{Column, Columns};
use crate::ExperimentError;
use crate::results::{Results, Selection, Side};

/// What was measured on a system, or on all together, in a variant.
pub(super) struct Wide<'a> {
    pub variant: &'a str,
    /// Empty for all systems together.
    pub system: &'a str,
    pub columns: Vec<Column<'a>>,
    pub rows: Vec<WideRow<'a>>,
}

pub(super) struct WideRow<'a> {
    pub name: &'a str,
    pub side: Side,
    /// A cell a column.
    pub cells: Vec<Option<WideCell>>,
}

pub(super) fn tables<'a>(results: &'a Results, wanted: &Columns) -> Result<Vec<Wide<'a>>, ExperimentError> {
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
    pub fn title(&self) -> String {
        let system = if self.system.is_empty() { "all systems" } else { self.system };
        if self.variant.is_empty() { system.to_owned() } else { format!("{system}, {}", self.variant) }
    }

    /// Heading of every column.
    pub fn headings(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.heading(&self.columns)).collect()
    }

    /// A row as texts: the name, and a cell a column.
    pub fn texts(&self, row: &WideRow<'_>) -> Vec<String> {
        let text = |(column, cell): (&Column<'_>, &Option<WideCell>)| cell.as_ref().map_or_else(String::new, |cell| column.text(cell));
        let name = if row.side == Side::Trivial { format!("{} (trivial)", row.name) } else { row.name.to_owned() };
        std::iter::once(name).chain(self.columns.iter().zip(&row.cells).map(text)).collect()
    }
}
