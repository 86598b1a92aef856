//! One table of all systems, for spreadsheets and programs.

use super::cell::WideCell;
use super::columns::Column;
use super::wide::Wide;
use crate::ExperimentError;

type Number = fn(&WideCell) -> Option<f64>;

/// Columns of a metric, the first under its own name. A column that would be empty is left out.
const NUMBERS: [(&str, Number); 4] = [
    ("", |cell| Some(cell.summary.mean)),
    (" sd", |cell| cell.summary.sd),
    (" low", |cell| Some(cell.interval?[0])),
    (" high", |cell| Some(cell.interval?[1])),
];

pub(super) fn write(tables: &[Wide<'_>]) -> Result<String, ExperimentError> {
    let failed = |error: String| ExperimentError::Report(format!("the table as CSV: {error}"));
    let columns = columns(tables);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = columns.iter().map(|(column, end, _)| format!("{}{end}", column.id()));
    let header = ["variant", "system", "generator", "side"].into_iter().map(str::to_owned).chain(names);
    writer.write_record(header).map_err(|error| failed(error.to_string()))?;
    for table in tables {
        for row in &table.rows {
            let cell = |wanted: &Column<'_>| {
                let position = table.columns.iter().position(|column| column == wanted)?;
                row.cells[position].as_ref()
            };
            let numbers =
                columns.iter().map(|(column, _, number)| cell(column).and_then(number).map_or_else(String::new, |n| n.to_string()));
            let place = [table.variant, table.system, row.name, row.side.name()].into_iter().map(str::to_owned);
            writer.write_record(place.chain(numbers)).map_err(|error| failed(error.to_string()))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

fn columns<'a>(tables: &[Wide<'a>]) -> Vec<(Column<'a>, &'static str, Number)> {
    let mut all: Vec<Column<'a>> = Vec::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        if !all.contains(column) {
            all.push(*column);
        }
    }
    let cells = |wanted: &Column<'a>| {
        let wanted = *wanted;
        tables.iter().flat_map(move |table| {
            let position = table.columns.iter().position(|column| *column == wanted);
            table.rows.iter().filter_map(move |row| row.cells[position?].as_ref())
        })
    };
    let numbers = |column: Column<'a>| NUMBERS.into_iter().map(move |(end, number)| (column, end, number));
    all.iter().flat_map(|column| numbers(*column).filter(|(column, _, number)| cells(column).any(|cell| number(cell).is_some()))).collect()
}
