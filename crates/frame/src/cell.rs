//! The values of a frame, for those who print them and do not know polars.

use polars::prelude::{AnyValue, DataFrame, DataType, Series, TimeUnit};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Any number, also NaN and infinite.
    Number(f64),
    /// A text; also a time, as RFC 3339 has it.
    Text(String),
    /// How long something took, in µs.
    DurationUs(f64),
    /// Several values.
    List(Vec<Self>),
}

/// Rows that are in memory as cells at a time.
const BATCH_ROWS: usize = 4096;

/// Last second of the year 9999 since the Unix epoch: no later time is written as a date.
const LAST_SECOND: i64 = 253_402_300_799;

/// The rows of a frame.
pub fn cells(frame: &DataFrame) -> impl Iterator<Item = Vec<Cell>> {
    (0..frame.height()).step_by(BATCH_ROWS).flat_map(|from| {
        let batch = frame.slice(from as i64, BATCH_ROWS);
        let mut columns: Vec<_> = batch.columns().iter().map(|column| of_series(column.as_materialized_series()).into_iter()).collect();
        (0..batch.height()).map(move |_| columns.iter_mut().filter_map(Iterator::next).collect()).collect::<Vec<_>>()
    })
}

fn of_series(values: &Series) -> Vec<Cell> {
    match values.dtype() {
        DataType::Datetime(unit, zone) => {
            let zone = zone.as_ref().map_or("Z", |zone| if zone.as_str() == "UTC" { "Z" } else { "%:z" });
            let times = in_range(values, per_second(*unit))
                .and_then(|()| values.datetime().ok()?.to_string(&format!("%Y-%m-%dT%H:%M:%S%.f{zone}")).ok());
            times.map_or_else(|| physical(values), |times| times.iter().map(text).collect())
        }
        DataType::Date => {
            let dates = values.date().ok().and_then(|dates| dates.to_string("%Y-%m-%d").ok());
            dates.map_or_else(|| physical(values), |dates| dates.iter().map(text).collect())
        }
        DataType::Time => {
            values.time().map_or_else(|_| physical(values), |times| times.to_string("%H:%M:%S%.f").iter().map(text).collect())
        }
        DataType::Duration(unit) => {
            let us = 1e6 / per_second(*unit) as f64;
            physical(values)
                .into_iter()
                .map(|cell| if let Cell::Integer(time) = cell { Cell::DurationUs(time as f64 * us) } else { cell })
                .collect()
        }
        _ => values.iter().map(|value| of_value(&value)).collect(),
    }
}

fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
}

fn physical(values: &Series) -> Vec<Cell> {
    values.to_physical_repr().iter().map(|value| of_value(&value)).collect()
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1000,
    }
}

/// Whether all times are of years from 1 to 9999; polars panics at others.
fn in_range(values: &Series, per_second: i64) -> Option<()> {
    let physical = values.to_physical_repr();
    let mut times = physical.i64().ok()?.iter().flatten();
    times.all(|time| (-LAST_SECOND / 5..=LAST_SECOND).contains(&(time / per_second))).then_some(())
}

fn of_value(value: &AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(value) => Cell::Boolean(*value),
        AnyValue::UInt8(value) => Cell::Integer((*value).into()),
        AnyValue::UInt16(value) => Cell::Integer((*value).into()),
        AnyValue::UInt32(value) => Cell::Integer((*value).into()),
        AnyValue::UInt64(value) => Cell::Integer((*value).into()),
        AnyValue::Int8(value) => Cell::Integer((*value).into()),
        AnyValue::Int16(value) => Cell::Integer((*value).into()),
        AnyValue::Int32(value) => Cell::Integer((*value).into()),
        AnyValue::Int64(value) => Cell::Integer((*value).into()),
        AnyValue::Int128(value) => Cell::Integer(*value),
        AnyValue::Float32(value) => Cell::Number((*value).into()),
        AnyValue::Float64(value) => Cell::Number(*value),
        AnyValue::Decimal(value, _, scale) => Cell::Number(*value as f64 / 10f64.powi(i32::try_from(*scale).unwrap_or(i32::MAX))),
        AnyValue::List(values) | AnyValue::Array(values, _) => Cell::List(of_series(values)),
        value => value.get_str().map_or_else(|| Cell::Text(format!("{value:?}")), |text| Cell::Text(text.to_owned())),
    }
}

/// Whether the columns of a frame hold numbers or durations, which are written flush right.
pub fn numeric_columns(frame: &DataFrame) -> Vec<bool> {
    frame.columns().iter().map(|column| column.dtype().is_numeric() || matches!(column.dtype(), DataType::Duration(_))).collect()
}
