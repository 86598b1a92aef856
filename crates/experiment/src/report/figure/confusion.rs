//! Confusion matrices.

use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, FontTransform};

use super::canvas::{Canvas, DrawError, Painted};
use super::style::{INK, TEXT, colour, shorten, text, text_width};
use crate::report::number;

/// Characters of a label that are shown.
const LABEL: usize = 24;
/// Room for an axis name.
const NAME: u32 = 52;
const MARGIN: u32 = 16;
/// Width of a cell from which shares of the row are written below counts.
const ROOM_FOR_SHARES: u32 = 110;

struct Grid {
    /// Upper left corner of the cells.
    left: u32,
    top: u32,
    /// Width and height of a cell.
    cell: u32,
    /// Whether column labels are too wide to lie flat.
    upright: bool,
    /// Width of the longest label.
    label: u32,
    count: u32,
}

impl Grid {
    fn of(labels: &[String]) -> Self {
        let count = labels.len() as u32;
        let label = labels.iter().map(|label| text_width(&shorten(label, LABEL), TEXT)).max().unwrap_or(0);
        let left = NAME + label + MARGIN;
        let cell = (1280u32.saturating_sub(left + MARGIN) / count.max(1)).clamp(60, 160);
        Grid { left, top: MARGIN, cell, upright: label + 12 > cell, label, count }
    }

    fn size(&self) -> (u32, u32) {
        let side = self.cell * self.count.max(2);
        let below = if self.upright { self.label } else { TEXT as u32 } + MARGIN + NAME;
        (self.left + side + MARGIN, self.top + side + below + MARGIN)
    }

    fn corner(&self, row: usize, column: usize) -> (i32, i32) {
        ((self.left + self.cell * column as u32) as i32, (self.top + self.cell * row as u32) as i32)
    }

    fn side(&self) -> i32 {
        (self.cell * self.count) as i32
    }
}

pub(super) fn size(labels: &[String]) -> (u32, u32) {
    Grid::of(labels).size()
}

pub(super) fn draw(canvas: &Canvas, labels: &[String], counts: &[Vec<u64>]) -> Painted {
    let grid = Grid::of(labels);
    if labels.is_empty() {
        let (width, height) = grid.size();
        let middle = (width as i32 / 2, height as i32 / 2);
        canvas.draw_text("no data", &text(TEXT, 0.6, HPos::Center, VPos::Center), middle)?;
        return Ok(Vec::new());
    }
    let digits = counts.iter().flatten().max().map(|count| number::count(*count)).unwrap_or_default();
    let height = (f64::from(grid.cell - 8) / f64::from(text_width(&digits, 100.0).max(1)) * 100.0).min(TEXT);
    for (row, counts) in counts.iter().enumerate() {
        let total: u64 = counts.iter().sum();
        for (column, &count) in counts.iter().enumerate() {
            let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
            draw_cell(canvas, grid.cell, height, grid.corner(row, column), (count, share))?;
        }
    }
    draw_labels(canvas, &grid, labels)?;
    Ok(Vec::new())
}

/// Draws a cell of width `cell` at (x, y), with its count in text of `height`, and its share of the row if there is room.
fn draw_cell(canvas: &Canvas, cell: u32, height: f64, (x, y): (i32, i32), (count, share): (u64, f64)) -> Result<(), DrawError> {
    let side = cell as i32;
    let corners = [(x + 1, y + 1), (x + side - 1, y + side - 1)];
    canvas.draw(&Rectangle::new(corners, INK.mix(0.05).filled()))?;
    // Shaded to a half at most, so that the count reads on any page colour.
    canvas.draw(&Rectangle::new(corners, colour(0).mix(share * 0.55).filled()))?;
    let (middle, count) = ((x + side / 2, y + side / 2), number::count(count));
    let centred = |height, shade| text(height, shade, HPos::Center, VPos::Center);
    if cell < ROOM_FOR_SHARES {
        return canvas.draw_text(&count, &centred(height, 1.0), middle);
    }
    canvas.draw_text(&count, &centred(height, 1.0), (middle.0, middle.1 - 16))?;
    canvas.draw_text(&format!("{:.1} %", share * 100.0), &centred(24.0, 0.8), (middle.0, middle.1 + 18))
}

fn draw_labels(canvas: &Canvas, grid: &Grid, labels: &[String]) -> Result<(), DrawError> {
    let (gap, half, bottom) = (10, grid.cell as i32 / 2, grid.top as i32 + grid.side());
    for (i, label) in labels.iter().enumerate() {
        let label = shorten(label, LABEL);
        let row = (grid.left as i32 - gap, grid.corner(i, 0).1 + half);
        canvas.draw_text(&label, &text(TEXT, 0.85, HPos::Right, VPos::Center), row)?;
        let column = (grid.corner(0, i).0 + half, bottom + gap);
        if grid.upright {
            let style = text(TEXT, 0.85, HPos::Right, VPos::Center).transform(FontTransform::Rotate270);
            canvas.draw_text(&label, &style, column)?;
        } else {
            canvas.draw_text(&label, &text(TEXT, 0.85, HPos::Center, VPos::Top), column)?;
        }
    }
    let (x, y) = (grid.left as i32 + grid.side() / 2, grid.size().1 as i32 - MARGIN as i32);
    canvas.draw_text("predicted", &text(TEXT, 1.0, HPos::Center, VPos::Bottom), (x, y))?;
    let true_style = text(TEXT, 1.0, HPos::Center, VPos::Top).transform(FontTransform::Rotate270);
    canvas.draw_text("true", &true_style, (MARGIN as i32 / 2, grid.top as i32 + grid.side() / 2))
}
