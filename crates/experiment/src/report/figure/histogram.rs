//! Histograms of several samples over common bins.

use plotters::element::{PathElement, Polygon};
use plotters::style::Color;

use super::axis::{FittedAxis, position};
use super::canvas::{Canvas, DrawError, Painted};
use super::panel::{Key, LeftOut, Panel};
use super::style::colour;
use crate::report::{Axis, Sample, Scale};

/// Whole numbers over a wider range than this share bins.
const MOST_WHOLE_BINS: f64 = 60.0;

pub(super) fn draw(canvas: &Canvas, samples: &[Sample], x: &Axis) -> Painted {
    let mut left_out = LeftOut::default();
    let placed: Vec<Vec<f64>> =
        samples.iter().map(|sample| sample.values.iter().filter_map(|value| left_out.keep(position(x.scale, *value))).collect()).collect();
    let edges = bin_edges(&placed, x.scale);
    let shares: Vec<Vec<f64>> = placed.iter().map(|values| percentages(values, &edges)).collect();
    draw_bins(canvas, samples, x, &edges, &shares)?;
    Ok(left_out.notes("Values"))
}

fn draw_bins(canvas: &Canvas, samples: &[Sample], x: &Axis, edges: &[f64], shares: &[Vec<f64>]) -> Result<(), DrawError> {
    let highest = shares.iter().flatten().copied().fold(0.0, f64::max);
    let x = FittedAxis::spanning(x, edges[0], edges[edges.len() - 1]);
    let y = FittedAxis::spanning(&Axis::linear("share of values (%)"), 0.0, if highest > 0.0 { highest * 1.06 } else { 100.0 });
    let names: Vec<&str> = samples.iter().map(|sample| sample.name.as_str()).collect();
    let panel = Panel::draw(canvas, Key::Swatch, &names, &x, &y, 0)?;
    for (i, shares) in shares.iter().enumerate().filter(|(_, shares)| shares.iter().any(|share| *share > 0.0)) {
        let outline: Vec<_> = outline(edges, shares).into_iter().map(|(x, y)| panel.place(x, y)).collect();
        canvas.draw(&Polygon::new(outline.clone(), colour(i).mix(0.22).filled()))?;
        canvas.draw(&PathElement::new(outline, colour(i).stroke_width(4)))?;
    }
    if highest == 0.0 {
        panel.draw_empty(canvas, &x, &y)?;
    }
    Ok(())
}

/// Edges of the bins, in axis positions: a bin a whole number where that is all there is, else equal bins by the
/// square root of the largest sample.
fn bin_edges(placed: &[Vec<f64>], scale: Scale) -> Vec<f64> {
    let all = || placed.iter().flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return vec![0.0, 1.0];
    }
    let whole = scale == Scale::Linear && high - low <= MOST_WHOLE_BINS && low.abs() < 1e9 && all().all(|value| value.fract() == 0.0);
    if whole {
        return (0..=(high - low) as u32 + 1).map(|i| low - 0.5 + f64::from(i)).collect();
    }
    let axis = FittedAxis::spanning(&Axis { label: String::new(), scale: Scale::Linear }, low, high);
    let largest = placed.iter().map(Vec::len).max().unwrap_or(0);
    let bins = (largest as f64).sqrt().ceil().clamp(8.0, 48.0);
    (0..=bins as u32).map(|i| axis.low + (axis.high - axis.low) * f64::from(i) / bins).collect()
}

/// Share of `values` in each bin, in percent; bins hold their lower edge, the last one both.
fn percentages(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len() - 1;
    let mut counts = vec![0u64; bins];
    for value in values {
        let bin = edges.partition_point(|edge| edge <= value).saturating_sub(1);
        counts[bin.min(bins - 1)] += 1;
    }
    counts.iter().map(|count| *count as f64 * 100.0 / values.len().max(1) as f64).collect()
}

/// The upper outline of the bins, from the base line and back to it.
fn outline(edges: &[f64], shares: &[f64]) -> Vec<(f64, f64)> {
    let mut outline = vec![(edges[0], 0.0)];
    for (bin, share) in edges.windows(2).zip(shares) {
        outline.extend([(bin[0], *share), (bin[1], *share)]);
    }
    outline.push((edges[edges.len() - 1], 0.0));
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_sample_add_up_to_a_hundred_and_both_ends_are_counted() {
        let values = vec![1.5, 2.5, 3.25, 9.0];
        let edges = bin_edges(std::slice::from_ref(&values), Scale::Linear);
        let shares = percentages(&values, &edges);
        assert_eq!((edges[0], edges[edges.len() - 1], shares.iter().sum::<f64>()), (1.5, 9.0, 100.0));
        assert_eq!((shares[0], shares[7]), (25.0, 25.0));
    }

    #[test]
    fn whole_numbers_have_a_bin_each() {
        let values = vec![3.0, 5.0, 5.0];
        let edges = bin_edges(std::slice::from_ref(&values), Scale::Linear);
        assert_eq!(edges, [2.5, 3.5, 4.5, 5.5]);
        let shares: Vec<_> = percentages(&values, &edges).iter().map(|share| share.round()).collect();
        assert_eq!(shares, [33.0, 0.0, 67.0]);
    }
}
