//! Horizontal bars, grouped by category.

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{FittedAxis, position};
use super::canvas::{Canvas, DrawError, Painted};
use super::panel::{Key, LeftOut, Panel};
use super::style::{INK, TEXT, colour, shorten, text, text_width};
use crate::report::{Axis, BarSeries, NumberFormat, Scale, Summary};

const WIDTH: u32 = 1280;
/// Height of a bar, and the space between two categories, in drawing units.
const BAR: u32 = 40;
const SPACE: u32 = 28;
/// Characters of a category that are shown.
const CATEGORY: usize = 28;

pub(super) fn size(categories: usize, series: &[BarSeries]) -> (u32, u32) {
    let bars = BAR * series.len().max(1) as u32 + SPACE;
    // The legend may take several lines; the rest is for the axis.
    let legend: u32 = series.iter().map(|series| text_width(&shorten(&series.name, 60), TEXT) + 60).sum();
    (WIDTH, bars * categories.max(2) as u32 + 180 + 50 * (legend / (WIDTH - 200)))
}

/// A bar that can be drawn, in axis units.
struct Bar {
    category: usize,
    series: usize,
    mean: f64,
    sd: f64,
    label: String,
}

pub(super) fn draw(canvas: &Canvas, categories: &[String], series: &[BarSeries], label: &str, format: NumberFormat) -> Painted {
    let mut left_out = LeftOut::default();
    let bars = bars(series, format, &mut left_out);
    let names: Vec<String> = categories.iter().map(|category| shorten(category, CATEGORY)).collect();
    let room = names.iter().map(|name| text_width(name, TEXT)).max().unwrap_or(0);
    let x = value_axis(&bars, label, room);
    let mut y = FittedAxis::spanning(&Axis::linear(""), 0.0, categories.len().max(1) as f64);
    y.ticks.clear();
    let keys: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
    let panel = Panel::draw(canvas, Key::Swatch, &keys, &x, &y, room)?;
    draw_categories(canvas, &panel, &names, x.low)?;
    let slots = Slots { categories: categories.len(), series: series.len() };
    for bar in &bars {
        draw_bar(canvas, &panel, bar, &slots)?;
    }
    if x.low < 0.0 {
        canvas.draw(&PathElement::new([panel.place(0.0, y.low), panel.place(0.0, y.high)], INK.mix(0.5).stroke_width(2)))?;
    }
    if bars.is_empty() {
        panel.draw_empty(canvas, &x, &y)?;
    }
    Ok(left_out.notes("Bars"))
}

fn bars(series: &[BarSeries], format: NumberFormat, left_out: &mut LeftOut) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (i, series) in series.iter().enumerate() {
        for (category, summary) in series.values.iter().enumerate().filter_map(|(category, value)| Some((category, value.as_ref()?))) {
            if let Some(mean) = left_out.keep(position(Scale::Linear, summary.mean * format.factor())) {
                let Summary { sd, .. } = summary;
                let sd = sd.and_then(|sd| position(Scale::Linear, sd * format.factor()).ok()).unwrap_or(0.0);
                bars.push(Bar { category, series: i, mean, sd, label: format.write(summary, None).line() });
            }
        }
    }
    bars
}

/// From 0 over all bars and whiskers, with room for the longest number at the end of the longest bar.
fn value_axis(bars: &[Bar], label: &str, names: u32) -> FittedAxis {
    let low = bars.iter().map(|bar| bar.mean - bar.sd).fold(0.0, f64::min);
    let high = bars.iter().map(|bar| bar.mean + bar.sd).fold(0.0, f64::max);
    let number = bars.iter().map(|bar| text_width(&bar.label, TEXT)).max().unwrap_or(0) + 16;
    let width = f64::from(WIDTH.saturating_sub(names + 100).max(2 * number));
    let high = if high > low { low + (high - low) * width / (width - f64::from(number)) } else { 1.0 };
    FittedAxis::spanning(&Axis::linear(label), low, high)
}

/// Where bars lie on the vertical axis, on which a category is 1 high and the first is on top.
struct Slots {
    categories: usize,
    series: usize,
}

impl Slots {
    /// Lower and upper edge of a bar.
    fn edges(&self, bar: &Bar) -> (f64, f64) {
        let group = f64::from(BAR) * self.series as f64;
        let unit = group + f64::from(SPACE);
        let top = (self.categories - bar.category) as f64 - (f64::from(SPACE) / 2.0 + f64::from(BAR) * bar.series as f64) / unit;
        (top - f64::from(BAR) * 0.88 / unit, top)
    }
}

fn draw_bar(canvas: &Canvas, panel: &Panel, bar: &Bar, slots: &Slots) -> Result<(), DrawError> {
    let (low, high) = slots.edges(bar);
    let corners = [panel.place(bar.mean.min(0.0), high), panel.place(bar.mean.max(0.0), low)];
    canvas.draw(&Rectangle::new(corners, colour(bar.series).filled()))?;
    let middle = (corners[0].1 + corners[1].1) / 2;
    let (left, right) = (panel.place(bar.mean - bar.sd, low).0, panel.place(bar.mean + bar.sd, low).0);
    if right > left {
        let whisker = INK.mix(0.8).stroke_width(3);
        for path in
            [[(left, middle), (right, middle)], [(left, middle - 7), (left, middle + 7)], [(right, middle - 7), (right, middle + 7)]]
        {
            canvas.draw(&PathElement::new(path, whisker))?;
        }
    }
    let end = right.max(corners[1].0) + 10;
    canvas.draw_text(&bar.label, &text(27.0, 0.9, HPos::Left, VPos::Center), (end, middle))
}

fn draw_categories(canvas: &Canvas, panel: &Panel, names: &[String], left: f64) -> Result<(), DrawError> {
    for (i, name) in names.iter().enumerate() {
        let (x, y) = panel.place(left, (names.len() - i) as f64 - 0.5);
        canvas.draw_text(name, &text(TEXT, 1.0, HPos::Right, VPos::Center), (x - 14, y))?;
    }
    Ok(())
}
