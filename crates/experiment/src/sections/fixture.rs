//! Results made by hand.

use tracesmith_evaluate::Measurement;

use super::findings::Findings;
use crate::config::Experiment;
use crate::outcome::Outcome;
use crate::reference::{Bound, paper};
use crate::report::{Block, Cell, Table};
use crate::results::{Row, Side};

/// Adds what was measured with a seed at a place: question, system, generator, size and protocol, separated by slashes. The generator `ceiling`
/// is real traces, and one whose name begins with `random` trivial.
pub(super) fn add(outcome: &mut Outcome, seed: u64, place: &str, measured: &[(&'static str, f64)]) {
    let measurements: Vec<Measurement> = measured.iter().map(|&(metric, value)| Measurement::new(metric, value)).collect();
    outcome.add(&row(seed, place), &measurements);
}

/// The same with an interval.
pub(super) fn add_within(outcome: &mut Outcome, seed: u64, place: &str, metric: &'static str, [low, value, high]: [f64; 3]) {
    outcome.add(&row(seed, place), &[Measurement { low: Some(low), high: Some(high), ..Measurement::new(metric, value) }]);
}

fn row(seed: u64, place: &str) -> Row {
    let [question, system, generator, size, protocol] = place.split('/').collect::<Vec<_>>()[..] else { panic!("{place}") };
    let side = match generator {
        "ceiling" => Side::Ceiling,
        name if name.starts_with("random") => Side::Trivial,
        _ => Side::Ours,
    };
    Row {
        question: question.into(),
        system: system.into(),
        generator: if side == Side::Ceiling { String::new() } else { generator.into() },
        size: size.into(),
        protocol: protocol.into(),
        side,
        seed: Some(seed),
        ..Row::default()
    }
}

/// What `look` sees of an outcome of the experiment in `text`.
pub(super) fn look<T>(text: &str, outcome: &Outcome, look: impl FnOnce(&Findings<'_>) -> T) -> T {
    let experiment: Experiment = toml::from_str(text).unwrap();
    let bound = Bound::of(paper(), &[]);
    look(&Findings { variant: "", experiment: &experiment, outcome, runs: &[], bound: &bound })
}

/// The tables among blocks, those behind details included.
pub(super) fn tables(blocks: &[Block]) -> Vec<Table> {
    let of = |block: &Block| match block {
        Block::Table(table) => vec![table.clone()],
        Block::Details { blocks, .. } => tables(blocks),
        _ => Vec::new(),
    };
    blocks.iter().flat_map(of).collect()
}

/// The cell of a row, by the text in its first cell, and of a column.
pub(super) fn cell(table: &Table, row: &str, column: &str) -> Cell {
    let column = table.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("no {column} in {:?}", table.columns));
    let cells = table.rows.iter().find(|cells| cells.cells().first() == Some(&Cell::text(row))).unwrap_or_else(|| panic!("no {row}"));
    cells.cells()[column].clone()
}
