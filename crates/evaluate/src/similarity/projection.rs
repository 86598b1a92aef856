//! The two principal components of spans.

use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use super::matrix::SpanMatrix;
use crate::error::EvaluationError;
use crate::measurement::{Measure, Measurement, listed};
use crate::sampling::choose;

/// Points of each side that are kept for the scatter plot at most.
pub const MAX_POINTS: usize = 1_000;

/// Spans in the plane of their first two principal components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Projection {
    /// Share of the variance along each component; 0 where the spans have no second (or first) direction.
    pub explained_variance: [f64; 2],
    /// Distance of the centroids of the two sides, in units of the pooled standard deviation (the root mean square over both components,
    /// each side about its own centroid). `None` if the spans of either side all lie in one point.
    pub centroid_distance: Option<f64>,
    /// Some of the real spans, for a scatter plot.
    pub real: Vec<[f64; 2]>,
    /// Some of the synthetic spans.
    pub synthetic: Vec<[f64; 2]>,
}

/// Projects standardised spans; the sign of a component is that of its largest loading.
pub(super) fn project(matrix: &SpanMatrix, seed: u64) -> Result<Projection, EvaluationError> {
    let (points, explained_variance) = components(&matrix.values)?;
    let (real, synthetic) = points.view().split_at(Axis(0), matrix.real);
    Ok(Projection {
        explained_variance,
        centroid_distance: centroid_distance(real, synthetic),
        real: choose(&rows(real), MAX_POINTS, seed, "scatter"),
        synthetic: choose(&rows(synthetic), MAX_POINTS, seed, "scatter"),
    })
}

fn rows(points: ArrayView2<'_, f64>) -> Vec<[f64; 2]> {
    points.rows().into_iter().map(|row| [row[0], row[1]]).collect()
}

/// Coordinates and explained variance of the first two components of centred `values`, zeros where there are fewer.
///
/// Decomposes the covariance, which is as small as the number of columns. The iterative solver of `linfa-reduction` takes half a minute for
/// one-hot columns of 140 names, whose largest eigenvalues lie close together.
fn components(values: &Array2<f64>) -> Result<(Array2<f64>, [f64; 2]), EvaluationError> {
    let mut points = Array2::zeros((values.nrows(), 2));
    let mut explained = [0.0; 2];
    if values.ncols() == 0 {
        return Ok((points, explained));
    }
    let covariance = values.t().dot(values) / values.nrows() as f64;
    let variance = covariance.diag().sum();
    let (eigenvalues, eigenvectors) = covariance
        .eigh_into()
        .map_err(|error| EvaluationError::Numerics { what: "principal component analysis", message: error.to_string() })?
        .sort_eig_desc();
    for (component, (&eigenvalue, loadings)) in eigenvalues.iter().zip(eigenvectors.columns()).take(2).enumerate() {
        let largest =
            loadings.iter().copied().fold(0.0, |largest: f64, loading| if loading.abs() > largest.abs() { loading } else { largest });
        points.column_mut(component).assign(&(values.dot(&loadings) * largest.signum()));
        explained[component] = (eigenvalue / variance).clamp(0.0, 1.0);
    }
    Ok((points, explained))
}

fn centroid_distance(real: ArrayView2<'_, f64>, synthetic: ArrayView2<'_, f64>) -> Option<f64> {
    let (a, b) = (real.mean_axis(Axis(0))?, synthetic.mean_axis(Axis(0))?);
    let squares = |points: ArrayView2<'_, f64>, centre: &ndarray::Array1<f64>| (&points - centre).mapv(|v| v * v).sum();
    let freedom = 2.0 * (real.nrows() + synthetic.nrows()).checked_sub(2).filter(|&freedom| freedom > 0)? as f64;
    let deviation = ((squares(real, &a) + squares(synthetic, &b)) / freedom).sqrt();
    (deviation > 1e-9).then(|| (&a - &b).mapv(|v| v * v).sum().sqrt() / deviation)
}

impl Measure for Projection {
    fn measurements(&self) -> Vec<Measurement> {
        let [first, second] = self.explained_variance;
        let mut found = listed([("similarity.pca.explained_variance_1", first), ("similarity.pca.explained_variance_2", second)]);
        found.extend(self.centroid_distance.map(|distance| Measurement::new("similarity.pca.centroid_distance", distance)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn points_on_a_cross_have_its_axes_as_components() {
        let values = array![[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
        let (points, explained) = components(&values).unwrap();
        assert!((explained[0] - 0.8).abs() < 1e-6 && (explained[1] - 0.2).abs() < 1e-6, "{explained:?}");
        assert!((&points - &values).iter().all(|difference| difference.abs() < 1e-6), "{points}");
    }

    #[test]
    fn one_column_has_one_component_and_no_column_none() {
        let (points, explained) = components(&array![[1.0], [-1.0]]).unwrap();
        assert!((explained[0] - 1.0).abs() < 1e-9 && explained[1] == 0.0);
        assert_eq!(points.column(1), array![0.0, 0.0]);
        assert_eq!(components(&Array2::zeros((3, 0))).unwrap().1, [0.0, 0.0]);
    }

    #[test]
    fn the_distance_is_in_units_of_the_spread_within_the_sides() {
        let (real, synthetic) = (array![[-1.0, 0.0], [1.0, 0.0]], array![[4.0, 0.0], [6.0, 0.0]]);
        // Squares 4 over 2·(4 − 2) degrees of freedom: the deviation is 1.
        assert_eq!(centroid_distance(real.view(), synthetic.view()), Some(5.0));
        assert_eq!(centroid_distance(real.view().split_at(Axis(0), 1).0, synthetic.view().split_at(Axis(0), 1).0), None);
    }
}
