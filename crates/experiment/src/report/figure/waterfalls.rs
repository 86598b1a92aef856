//! Traces as waterfalls, the sets side by side.

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};
use tracesmith_view::{SpanRow, Starts, Waterfall, duration};

use super::canvas::{Canvas, DrawError, Painted};
use super::style::{INK, TEXT, colour, shorten, text};
use crate::report::TraceColumn;

const MARGIN: u32 = 24;
/// Width of a set, of the names, and of the durations in it, in drawing units.
const COLUMN: u32 = 760;
const NAME: u32 = 330;
const DURATION: u32 = 110;
/// Height of a heading, of a title, of a row, and of the space below a trace.
const HEADING: u32 = 56;
const TITLE: u32 = 40;
const ROW: u32 = 30;
const SPACE: u32 = 26;
/// Height of text in a row.
const SMALL: f64 = 22.0;
/// Rows of a trace, and levels by which names are indented.
const MOST_ROWS: usize = 24;
const MOST_INDENTS: usize = 8;
const INDENT: u32 = 16;

pub(super) fn size(columns: &[TraceColumn]) -> (u32, u32) {
    let height: u32 = heights(columns).iter().map(|height| height + SPACE).sum();
    (MARGIN + columns.len().max(1) as u32 * (COLUMN + MARGIN), HEADING + height.max(TITLE) + MARGIN)
}

/// Height of the traces beside each other, from the top.
fn heights(columns: &[TraceColumn]) -> Vec<u32> {
    let most = columns.iter().map(|column| column.traces.len()).max().unwrap_or(0);
    let rows = |i: usize| columns.iter().filter_map(|column| column.traces.get(i)).map(|trace| trace.rows.len().min(MOST_ROWS)).max();
    (0..most).map(|i| TITLE + ROW * rows(i).unwrap_or(0) as u32).collect()
}

pub(super) fn draw(canvas: &Canvas, columns: &[TraceColumn]) -> Painted {
    let heights = heights(columns);
    for (i, column) in columns.iter().enumerate() {
        let left = (MARGIN + i as u32 * (COLUMN + MARGIN)) as i32;
        canvas.draw_text(&shorten(&column.name, 40), &text(TEXT, 1.0, HPos::Left, VPos::Center), (left, HEADING as i32 / 2))?;
        let mut top = HEADING as i32;
        for (trace, height) in column.traces.iter().zip(&heights) {
            draw_trace(canvas, trace, i, (left, top))?;
            top += (height + SPACE) as i32;
        }
    }
    Ok(notes(columns))
}

/// What is cut or made up.
fn notes(columns: &[TraceColumn]) -> Vec<String> {
    let traces = || columns.iter().flat_map(|column| &column.traces);
    let cut = traces().filter(|trace| trace.spans() > MOST_ROWS).count();
    let made_up = traces().any(|trace| trace.starts == Starts::ByRule);
    let cut = (cut > 0).then(|| format!("Only the first {MOST_ROWS} spans are drawn of {cut} traces."));
    let made_up = made_up.then(|| "Starts are not in the source: children are drawn one after the other.".to_owned());
    cut.into_iter().chain(made_up).collect()
}

fn draw_trace(canvas: &Canvas, trace: &Waterfall, series: usize, (left, top): (i32, i32)) -> Result<(), DrawError> {
    canvas.draw_text(&trace.title(), &text(SMALL, 0.7, HPos::Left, VPos::Center), (left, top + TITLE as i32 / 2))?;
    let line = [(left, top + TITLE as i32), (left + COLUMN as i32, top + TITLE as i32)];
    canvas.draw(&PathElement::new(line, INK.mix(0.25).stroke_width(2)))?;
    for (i, row) in trace.rows.iter().take(MOST_ROWS).enumerate() {
        draw_row(canvas, trace, row, series, (left, top + (TITLE + ROW * i as u32 + ROW / 2) as i32))?;
    }
    Ok(())
}

/// Draws the row whose middle is at `middle`.
fn draw_row(canvas: &Canvas, trace: &Waterfall, row: &SpanRow, series: usize, (left, middle): (i32, i32)) -> Result<(), DrawError> {
    let indent = INDENT * row.depth.min(MOST_INDENTS) as u32;
    // Characters of a proportional font are about six tenths as wide as high.
    let characters = (f64::from(NAME - indent) / (SMALL * 0.6)) as usize;
    let name = shorten(&format!("{} {}", row.service, row.operation), characters);
    canvas.draw_text(&name, &text(SMALL, 0.95, HPos::Left, VPos::Center), (left + indent as i32, middle))?;
    let (begin, length) = trace.share(row);
    let lane = f64::from(COLUMN - NAME - DURATION - MARGIN);
    let from = left + (NAME + MARGIN / 2) as i32 + (begin * lane).round() as i32;
    let to = from + (length * lane).round().max(3.0) as i32;
    let half = ROW as i32 / 2 - 6;
    canvas.draw(&Rectangle::new([(from, middle - half), (to, middle + half)], colour(series).filled()))?;
    let took = if row.status.is_error() { format!("✗ {}", duration(row.duration_us)) } else { duration(row.duration_us) };
    canvas.draw_text(&took, &text(SMALL, 0.85, HPos::Right, VPos::Center), (left + COLUMN as i32, middle))
}
