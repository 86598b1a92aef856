//! Colours, text and marks.

use plotters::element::{Circle, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::canvas::{Canvas, DrawError};

/// Stands for the colour of the text around the figure.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);

/// Height of text, in drawing units.
pub(super) const TEXT: f64 = 30.0;

/// Seven colours that people with any colour vision tell apart, without the yellow and black that vanish on white or
/// dark pages (Okabe and Ito, "Color Universal Design", 2008; the seventh is a neutral grey).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x80, 0x80, 0x80),
];

/// The colour of a series.
pub(super) fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

/// Text of `height` units in `shade` (0 to 1) of ink, placed by the given side.
pub(super) fn text(height: f64, shade: f64, h: HPos, v: VPos) -> TextStyle<'static> {
    // The SVG backend divides by 1.24.
    let font = ("sans-serif", height * 1.24).into_font();
    TextStyle { color: INK.mix(shade).to_backend_color(), ..TextStyle::from(font) }.pos(Pos::new(h, v))
}

/// Estimated width of `text` in a proportional font: nothing here can know the reader's.
pub(super) fn text_width(text: &str, height: f64) -> u32 {
    (text.chars().count() as f64 * height * 0.6).ceil() as u32
}

/// `text` shortened to `chars` characters in the middle: names of services and faults differ at their ends.
pub(super) fn shorten(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let (all, end): (Vec<char>, usize) = (text.chars().collect(), chars / 3);
    let start: String = all[..chars.saturating_sub(end + 1)].iter().collect();
    let end: String = all[all.len() - end..].iter().collect();
    format!("{start}…{end}")
}

/// Draws the mark of a series: its shape and colour together are unique among the first 28.
pub(super) fn mark(canvas: &Canvas, series: usize, (x, y): (i32, i32), radius: i32, opacity: f64) -> Result<(), DrawError> {
    let style: ShapeStyle = colour(series).mix(opacity).filled();
    match series % 4 {
        0 => canvas.draw(&Circle::new((x, y), radius, style)),
        1 => canvas.draw(&Polygon::new(vec![(x, y - radius - 1), (x + radius + 1, y + radius), (x - radius - 1, y + radius)], style)),
        2 => canvas.draw(&Rectangle::new([(x - radius + 1, y - radius + 1), (x + radius - 1, y + radius - 1)], style)),
        _ => canvas.draw(&Polygon::new(vec![(x, y - radius - 2), (x + radius + 2, y), (x, y + radius + 2), (x - radius - 2, y)], style)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(shorten("ts-order-service-fault-12", 12), "ts-orde…t-12");
        assert_eq!(shorten("µservice", 8), "µservice");
    }
}
