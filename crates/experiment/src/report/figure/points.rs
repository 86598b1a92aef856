//! Scatter plots and line plots.

use plotters::element::PathElement;
use plotters::style::Color;

use super::axis::{FittedAxis, position};
use super::canvas::{Canvas, DrawError, Painted};
use super::panel::{Key, LeftOut, Panel};
use super::style::{colour, mark};
use crate::report::{Axis, Points, number};

/// Points of a series that a scatter plot draws: more only make the file large and the cloud opaque.
const MOST_POINTS: usize = 2_000;

/// Marks that tell lines apart without their colour.
const MARKS_PER_LINE: usize = 8;

pub(super) fn scatter(canvas: &Canvas, series: &[Points], x: &Axis, y: &Axis) -> Painted {
    let (placed, mut notes) = positions(series, x, y);
    let panel = frame(canvas, series, &placed, x, y)?;
    for (i, all) in placed.iter().enumerate() {
        let points = thin(all);
        let (radius, opacity) = if points.len() > 300 { (6, 0.45) } else { (8, 0.8) };
        for (x, y) in &points {
            mark(canvas, i, panel.place(*x, *y), radius, opacity)?;
        }
        if points.len() < all.len() {
            let (shown, total) = (number::count(points.len() as u64), number::count(all.len() as u64));
            notes.push(format!("{}: {shown} of {total} points are drawn.", series[i].name));
        }
    }
    Ok(notes)
}

pub(super) fn lines(canvas: &Canvas, series: &[Points], x: &Axis, y: &Axis) -> Painted {
    let (placed, notes) = positions(series, x, y);
    let panel = frame(canvas, series, &placed, x, y)?;
    for (i, points) in placed.iter().enumerate() {
        let path: Vec<_> = points.iter().map(|(x, y)| panel.place(*x, *y)).collect();
        let every = path.len().div_ceil(MARKS_PER_LINE).max(1);
        for at in path.iter().step_by(every) {
            mark(canvas, i, *at, 8, 1.0)?;
        }
        if path.len() > 1 {
            canvas.draw(&PathElement::new(path, colour(i).stroke_width(4)))?;
        }
    }
    Ok(notes)
}

/// Axis positions of all points that can be drawn, by series, and notes on the others.
fn positions(series: &[Points], x: &Axis, y: &Axis) -> (Vec<Vec<(f64, f64)>>, Vec<String>) {
    let mut left_out = LeftOut::default();
    let place = |(at_x, at_y): &(f64, f64)| Ok((position(x.scale, *at_x)?, position(y.scale, *at_y)?));
    let placed = series.iter().map(|series| series.points.iter().filter_map(|point| left_out.keep(place(point))).collect()).collect();
    (placed, left_out.notes("Points"))
}

fn frame<'a>(canvas: &Canvas<'a>, series: &[Points], placed: &[Vec<(f64, f64)>], x: &Axis, y: &Axis) -> Result<Panel<'a>, DrawError> {
    let all = || placed.iter().flatten();
    let x = FittedAxis::around(x, all().map(|point| point.0));
    let y = FittedAxis::around(y, all().map(|point| point.1));
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
    let panel = Panel::draw(canvas, Key::Mark, &names, &x, &y, 0)?;
    if all().next().is_none() {
        panel.draw_empty(canvas, &x, &y)?;
    }
    Ok(panel)
}

/// At most [`MOST_POINTS`] points, evenly spread over the order given.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let kept = points.len().min(MOST_POINTS);
    (0..kept).map(|i| points[i * points.len() / kept]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_cloud_is_thinned_evenly_and_a_small_one_is_kept() {
        let points: Vec<_> = (0..5_000).map(|i| (f64::from(i), 0.0)).collect();
        let thinned = thin(&points);
        assert_eq!((thinned.len(), thinned[0].0, thinned[1].0, thinned[1_999].0), (2_000, 0.0, 2.0, 4_997.0));
        assert_eq!(thin(&points[..10]), &points[..10]);
        assert!(thin(&[]).is_empty());
    }
}
