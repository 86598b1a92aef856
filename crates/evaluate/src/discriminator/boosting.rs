//! Gradient-boosted trees on the features of traces.

use forust_ml::gradientbooster::ImportanceMethod;
use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};

use super::features::FeatureTable;
use crate::error::EvaluationError;

const TREES: usize = 100;
const LEARNING_RATE: f32 = 0.1;
const DEPTH: usize = 4;
const BINS: u16 = 64;
/// Sum of the hessians p(1 − p) that a leaf has at least: 5 traces while nothing is known about them.
const MIN_LEAF_WEIGHT: f32 = 1.25;

/// What a fitted classifier found out.
pub(super) struct Boosted {
    /// Log-odds of being synthetic, one a scored row.
    pub(super) scores: Vec<f64>,
    /// Loss that the splits on each column took away.
    pub(super) gains: Vec<f64>,
}

/// Fits on some rows of the table and scores others. Does not depend on the number of threads.
pub(super) fn fit_predict(
    table: &FeatureTable,
    fitted: &[usize],
    scored: &[usize],
    is_synthetic: impl Fn(usize) -> bool,
) -> Result<Boosted, EvaluationError> {
    let columns = table.features.len();
    let answers: Vec<f64> = fitted.iter().map(|&row| f64::from(u8::from(is_synthetic(row)))).collect();
    // Both sides weigh the same, so that a fold with a few more rows of one side does not shift the scores of all its traces.
    let synthetic: f64 = answers.iter().sum();
    let total = answers.len() as f64;
    let weights: Vec<f64> = answers.iter().map(|&answer| total / 2.0 / if answer == 1.0 { synthetic } else { total - synthetic }).collect();
    let mut booster = GradientBooster::default()
        .set_objective_type(ObjectiveType::LogLoss)
        .set_iterations(TREES)
        .set_learning_rate(LEARNING_RATE)
        .set_max_depth(DEPTH)
        .set_nbins(BINS)
        .set_min_leaf_weight(MIN_LEAF_WEIGHT)
        .set_parallel(true);
    booster
        .fit(&Matrix::new(&column_major(table, fitted), fitted.len(), columns), &answers, &weights, None)
        .map_err(|error| EvaluationError::Numerics { what: "boosting", message: error.to_string() })?;
    let gains = booster.calculate_feature_importance(ImportanceMethod::TotalGain, false);
    Ok(Boosted {
        scores: booster.predict(&Matrix::new(&column_major(table, scored), scored.len(), columns), true),
        gains: (0..columns).map(|column| gains.get(&column).map_or(0.0, |&gain| f64::from(gain.max(0.0)))).collect(),
    })
}

fn column_major(table: &FeatureTable, rows: &[usize]) -> Vec<f64> {
    (0..table.features.len()).flat_map(|column| rows.iter().map(move |&row| table.rows[row][column])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::features::Feature;
    use super::*;

    fn table(rows: Vec<Vec<f64>>) -> FeatureTable {
        FeatureTable { features: vec![Feature::Whole("telling"), Feature::Whole("constant")], rows }
    }

    #[test]
    fn a_telling_column_gets_all_the_gain_and_ranks_unseen_rows() {
        let table = table((0..200).map(|row| vec![f64::from(row / 5 % 10) + 20.0 * f64::from(u8::from(row >= 100)), 1.0]).collect());
        let (fitted, scored): (Vec<usize>, Vec<usize>) = (0..200).partition(|row| row % 5 != 0);
        let boosted = fit_predict(&table, &fitted, &scored, |row| row >= 100).unwrap();
        assert!(boosted.gains[0] > 0.0 && boosted.gains[1] == 0.0, "{:?}", boosted.gains);
        assert!(scored.iter().zip(&boosted.scores).all(|(&row, &score)| (score > 0.0) == (row >= 100)));
    }

    #[test]
    fn a_missing_value_can_be_what_tells() {
        let table = table((0..200).map(|row| vec![if row >= 100 && row % 4 > 0 { f64::NAN } else { f64::from(row % 7) }, 1.0]).collect());
        let rows: Vec<usize> = (0..200).collect();
        let boosted = fit_predict(&table, &rows, &[101, 104], |row| row >= 100).unwrap();
        assert!(boosted.scores[0] > 0.5 && boosted.scores[1] < 0.0, "{:?}", boosted.scores);
    }

    #[test]
    fn a_column_without_any_value_among_the_fitted_rows_is_no_problem() {
        let table = table((0..100).map(|row| vec![f64::from(row), if row < 98 { f64::NAN } else { 3.0 }]).collect());
        let fitted: Vec<usize> = (0..98).collect();
        let boosted = fit_predict(&table, &fitted, &[1, 99], |row| row >= 50).unwrap();
        assert!(boosted.scores[0] < 0.0 && boosted.scores[1] > 0.0 && boosted.gains[1] == 0.0, "{:?}", boosted.scores);
    }

    #[test]
    fn rows_that_are_the_same_on_both_sides_leave_the_even_odds() {
        let table = table((0..100).map(|row| vec![f64::from(row % 50), 1.0]).collect());
        let rows: Vec<usize> = (0..100).collect();
        let boosted = fit_predict(&table, &rows, &rows, |row| row >= 50).unwrap();
        assert!(boosted.scores.iter().all(|score| score.abs() < 1e-6) && boosted.gains.iter().sum::<f64>() < 1e-6);
    }
}
