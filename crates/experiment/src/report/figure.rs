//! Figures as SVG.
//!
//! Text, axes and grid are drawn in [`INK`], which becomes `currentColor`: inside the page a figure follows the
//! page's light or dark colours; as a file of its own it stands on a white card.

mod axis;
mod bars;
mod canvas;
mod confusion;
mod histogram;
mod panel;
mod parallel;
mod points;
mod style;
mod waterfalls;

use maud::{PreEscaped, html};
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;

use self::canvas::DrawError;
use self::style::INK;
use super::{Figure, Plot, Report, ReportError, check};

/// Drawing units to a pixel at full size: the backend rounds to whole units, so more of them place points better.
const UNITS: f64 = 1.75;

/// Width below which a figure scrolls rather than shrinks, as a share of its full size: text stays readable.
const SMALLEST: f64 = 0.47;

/// A drawn figure.
pub(super) struct Drawing<'a> {
    pub figure: &'a Figure,
    /// What could not be drawn, one sentence each.
    pub notes: Vec<String>,
    size: (u32, u32),
    shapes: String,
}

/// Draws every figure, in order.
pub(super) fn draw_all(report: &Report) -> Result<Vec<Drawing<'_>>, ReportError> {
    check::figures(report).map(draw).collect()
}

fn draw(figure: &Figure) -> Result<Drawing<'_>, ReportError> {
    let size = match &figure.plot {
        Plot::Scatter { .. } | Plot::Lines { .. } | Plot::Histogram { .. } | Plot::Parallel { .. } => (1280, 820),
        Plot::Waterfalls { columns } => waterfalls::size(columns),
        Plot::Confusion { labels, .. } => confusion::size(labels),
        Plot::Bars { categories, series, .. } => bars::size(categories.len(), series),
    };
    let (shapes, notes) = paint(&figure.plot, size).map_err(|source| ReportError::Draw { figure: figure.id.clone(), source })?;
    Ok(Drawing { figure, notes, size, shapes })
}

fn paint(plot: &Plot, size: (u32, u32)) -> Result<(String, Vec<String>), DrawError> {
    let mut svg = String::new();
    let canvas = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let notes = match plot {
        Plot::Scatter { series, x, y } => points::scatter(&canvas, series, x, y),
        Plot::Lines { series, x, y } => points::lines(&canvas, series, x, y),
        Plot::Histogram { samples, x } => histogram::draw(&canvas, samples, x),
        Plot::Confusion { labels, counts } => confusion::draw(&canvas, labels, counts),
        Plot::Bars { categories, series, label, format } => bars::draw(&canvas, categories, series, label, *format),
        Plot::Parallel { axes, profiles } => parallel::draw(&canvas, axes, profiles),
        Plot::Waterfalls { columns } => waterfalls::draw(&canvas, columns),
    }?;
    canvas.present()?;
    drop(canvas);
    Ok((shapes(&svg), notes))
}

/// What is inside the backend's `<svg>` element, with ink that takes the colour of its surroundings.
fn shapes(svg: &str) -> String {
    let inside = svg.split_once(">\n").map_or("", |(_, rest)| rest).trim_end();
    let ink = format!("=\"#{:02X}{:02X}{:02X}\"", INK.0, INK.1, INK.2);
    inside.strip_suffix("</svg>").unwrap_or(inside).replace(&ink, "=\"currentColor\"")
}

fn pixels(units: u32) -> f64 {
    (f64::from(units) / UNITS).round()
}

impl Drawing<'_> {
    /// Path below the report's folder, with `/`.
    pub fn file(&self) -> String {
        format!("figures/{}.svg", self.figure.id)
    }

    /// An `<svg>` element for a page, named by the element with the id `label`.
    pub fn inline(&self, label: &str) -> PreEscaped<String> {
        let (width, height) = self.size;
        let style = format!("width:{}px;min-width:{}px", pixels(width), (pixels(width) * SMALLEST).round());
        html! {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-labelledby=(label) style=(style) {
                (PreEscaped(&self.shapes))
            }
        }
    }

    /// An SVG document.
    pub fn standalone(&self) -> String {
        let (width, height) = self.size;
        let svg = html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(pixels(width)) height=(pixels(height))
                viewBox={ "0 0 " (width) " " (height) } role="img" color="#1f2328" {
                title { (self.figure.caption) }
                rect width="100%" height="100%" fill="#ffffff" {}
                (PreEscaped(&self.shapes))
            }
        };
        svg.into_string() + "\n"
    }
}
