//! The frame of a plot: legend, axes, grid.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, TRANSPARENT};

use super::axis::{FittedAxis, Undrawable};
use super::canvas::{Canvas, DrawError};
use super::style::{INK, TEXT, colour, mark, shorten, text, text_width};
use crate::report::number;

/// Room for a line of the legend or an axis name.
const LINE: u32 = 50;
const MARGIN: u32 = 28;

/// A frame with axes, which places points on the canvas.
pub(super) struct Panel<'a> {
    chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<FittedAxis, FittedAxis>>,
}

/// How the legend shows a series.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Its mark, as among the points.
    Mark,
    /// Its colour, as in an area.
    Swatch,
}

impl<'a> Panel<'a> {
    /// Draws the legend for `names` (none if all are empty), the grid and both axes. Between the left edge and the
    /// vertical axis there is room for `labels`, or for the axis' own ticks if that is more.
    pub fn draw(canvas: &Canvas<'a>, key: Key, names: &[&str], x: &FittedAxis, y: &FittedAxis, labels: u32) -> Result<Self, DrawError> {
        let legend = legend(canvas, key, names)?;
        let ticks = y.tick_labels().map(|label| text_width(&label, TEXT)).max().unwrap_or(0);
        let name = if y.label.is_empty() { 0 } else { LINE };
        let (_, below) = canvas.split_vertically(legend);
        let mut chart = ChartBuilder::on(&below)
            .margin_top(MARGIN / 2)
            .margin_right(MARGIN * 2)
            .margin_bottom(8)
            .margin_left(8)
            .x_label_area_size(2 * LINE)
            .y_label_area_size(ticks.max(labels) + name + 24)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .bold_line_style(INK.mix(0.14).stroke_width(2))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.mix(0.5).stroke_width(2))
            .label_style(text(TEXT, 0.85, HPos::Center, VPos::Center))
            .axis_desc_style(text(TEXT, 1.0, HPos::Center, VPos::Center))
            .x_desc(&x.label)
            .y_desc(&y.label)
            .draw()?;
        Ok(Panel { chart })
    }

    /// Where a pair of axis positions lies on the canvas.
    pub fn place(&self, x: f64, y: f64) -> (i32, i32) {
        self.chart.backend_coord(&(x, y))
    }

    /// Says that there is nothing to see, lest an empty frame look like a fault.
    pub fn draw_empty(&self, canvas: &Canvas, x: &FittedAxis, y: &FittedAxis) -> Result<(), DrawError> {
        let middle = self.place(f64::midpoint(x.low, x.high), f64::midpoint(y.low, y.high));
        canvas.draw_text("no data", &text(TEXT, 0.6, HPos::Center, VPos::Center), middle)
    }
}

/// Draws the legend in rows from the top and returns their height.
fn legend(canvas: &Canvas, key: Key, names: &[&str]) -> Result<u32, DrawError> {
    if names.iter().all(|name| name.is_empty()) {
        return Ok(0);
    }
    let right = canvas.dim_in_pixel().0 - MARGIN;
    let (mut x, mut y) = (MARGIN, LINE / 2 + 8);
    for (series, name) in names.iter().enumerate() {
        let name = shorten(name, 60);
        let width = text_width(&name, TEXT) + 60;
        if x > MARGIN && x + width > right {
            (x, y) = (MARGIN, y + LINE);
        }
        let at = (x as i32 + 12, y as i32);
        match key {
            Key::Mark => mark(canvas, series, at, 10, 1.0)?,
            Key::Swatch => canvas.draw(&Rectangle::new([(at.0 - 12, at.1 - 12), (at.0 + 12, at.1 + 12)], colour(series).filled()))?,
        }
        canvas.draw_text(&name, &text(TEXT, 1.0, HPos::Left, VPos::Center), (at.0 + 24, at.1))?;
        x += width;
    }
    Ok(y + LINE / 2)
}

/// Counts what could not be drawn.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    not_finite: u64,
    not_positive: u64,
}

impl LeftOut {
    /// The value if it can be drawn; otherwise counts it.
    pub fn keep<T>(&mut self, drawable: Result<T, Undrawable>) -> Option<T> {
        match drawable {
            Ok(value) => return Some(value),
            Err(Undrawable::NotFinite) => self.not_finite += 1,
            Err(Undrawable::NotPositive) => self.not_positive += 1,
        }
        None
    }

    /// A sentence that counts them, if there are any; `what` they are begins it.
    pub fn notes(&self, what: &str) -> Vec<String> {
        let reasons = [(self.not_finite, "not finite"), (self.not_positive, "not above 0 on a logarithmic axis")];
        let reasons: Vec<String> =
            reasons.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{} {why}", number::count(*count))).collect();
        if reasons.is_empty() { Vec::new() } else { vec![format!("{what} left out: {}.", reasons.join(", "))] }
    }
}
