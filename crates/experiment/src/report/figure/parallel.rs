//! Parallel coordinates: one line a candidate over measures from 0 to 1.

use plotters::element::PathElement;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::axis::{FittedAxis, position};
use super::canvas::{Canvas, DrawError, Painted};
use super::panel::{Key, LeftOut, Panel};
use super::style::{INK, colour, mark, shorten, text};
use crate::report::{Axis, Profile, Scale};

/// Height of the names of the measures, and characters of one of their two lines.
const NAME: f64 = 22.0;
const CHARACTERS: usize = 12;
/// Pieces of a dashed line between two measures; every second one is drawn.
const DASHES: usize = 15;

pub(super) fn draw(canvas: &Canvas, axes: &[String], profiles: &[Profile]) -> Painted {
    let mut left_out = LeftOut::default();
    let mut x = FittedAxis::spanning(&Axis::linear(""), -0.4, axes.len().max(1) as f64 - 0.6);
    x.ticks.clear();
    let y = FittedAxis::spanning(&Axis::linear("1 = best"), 0.0, 1.04);
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    let panel = Panel::draw(canvas, Key::Mark, &names, &x, &y, 0)?;
    draw_axes(canvas, &panel, axes)?;
    let mut drawn = 0;
    for (series, profile) in profiles.iter().enumerate() {
        let values = profile.values.iter().map(|value| value.and_then(|value| left_out.keep(position(Scale::Linear, value))));
        let places: Vec<Option<(i32, i32)>> =
            values.enumerate().map(|(i, value)| Some(panel.place(i as f64, value?.clamp(0.0, 1.0)))).collect();
        drawn += places.iter().flatten().count();
        draw_profile(canvas, series, &places, profile.reference)?;
    }
    if drawn == 0 {
        panel.draw_empty(canvas, &x, &y)?;
    }
    Ok(left_out.notes("Values"))
}

fn draw_axes(canvas: &Canvas, panel: &Panel, axes: &[String]) -> Result<(), DrawError> {
    for (i, name) in axes.iter().enumerate() {
        let (bottom, top) = (panel.place(i as f64, 0.0), panel.place(i as f64, 1.0));
        canvas.draw(&PathElement::new([bottom, top], INK.mix(0.4).stroke_width(2)))?;
        let (first, second) = name.split_once(' ').unwrap_or((name, ""));
        for (line, part) in (0..).zip([first, second]) {
            let at = (bottom.0, bottom.1 + 14 + line * 30);
            canvas.draw_text(&shorten(part, CHARACTERS), &text(NAME, 0.95, HPos::Center, VPos::Top), at)?;
        }
    }
    Ok(())
}

/// Marks, and lines between neighbouring measures that both have a value.
fn draw_profile(canvas: &Canvas, series: usize, places: &[Option<(i32, i32)>], dashed: bool) -> Result<(), DrawError> {
    let style: ShapeStyle = colour(series).stroke_width(4);
    for pair in places.windows(2) {
        if let [Some(from), Some(to)] = pair {
            let pieces = if dashed { dashes(*from, *to) } else { vec![[*from, *to]] };
            for piece in pieces {
                canvas.draw(&PathElement::new(piece, style))?;
            }
        }
    }
    places.iter().flatten().try_for_each(|&at| mark(canvas, series, at, 9, 1.0))
}

fn dashes(from: (i32, i32), to: (i32, i32)) -> Vec<[(i32, i32); 2]> {
    let between = |part: usize| {
        let share = part as f64 / DASHES as f64;
        let at = |from: i32, to: i32| (f64::from(from) + f64::from(to - from) * share).round() as i32;
        (at(from.0, to.0), at(from.1, to.1))
    };
    (0..DASHES).step_by(2).map(|part| [between(part), between(part + 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_begin_and_end_at_the_marks() {
        let pieces = dashes((0, 0), (150, 30));
        assert_eq!(pieces.len(), 8);
        assert_eq!((pieces[0], pieces[7]), ([(0, 0), (10, 2)], [(140, 28), (150, 30)]));
    }
}
