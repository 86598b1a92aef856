//! Equal samples of real and synthetic traces, dealt into folds that no copy is torn apart by.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use tracesmith_trace::{Corpus, rng};

use super::features::{Families, FeatureTable};
use super::settings::DiscriminatorSettings;
use crate::error::{EvaluationError, require_comparable};
use crate::ranking::{Interval, Scored, roc_auc_interval};
use crate::sampling::{canonical_order, choose};

/// Folds of the cross-validation.
pub const FOLDS: usize = 5;

/// Traces of each side below which nothing is fitted.
pub const MIN_TRACES: usize = 10;

/// As many real as synthetic traces and the folds of their cross-validation. Any classifier of traces can be scored on it
/// ([`Sample::cross_validated_auc`]), so that all of them see the same traces and the same folds.
///
/// Rows are numbered through: the real traces first, then as many synthetic ones. Rows with the same features are in the same fold: were a
/// trace in the training folds and its copy from the other side in the test fold, the classifier would be taught the wrong answer, and two
/// copies of one corpus would score below 0.5. Only features that more than a tenth of all rows share are dealt out evenly to all folds,
/// each side by itself, because how often a side repeats them is what gives it away.
#[derive(Debug)]
pub struct Sample {
    /// Positions of the chosen traces in the real corpus.
    pub real: Vec<usize>,
    /// Positions of the chosen traces in the synthetic corpus, as many.
    pub synthetic: Vec<usize>,
    /// Rows of each test fold; every row is in one.
    pub folds: Vec<Vec<usize>>,
    pub(super) table: FeatureTable,
}

impl Sample {
    /// Draws the sample and deals the folds; neither depends on the order of the traces.
    ///
    /// # Errors
    /// An empty corpus, or different vocabularies.
    pub fn draw(real: &Corpus, synthetic: &Corpus, settings: &DiscriminatorSettings, seed: u64) -> Result<Self, EvaluationError> {
        require_comparable([("real", real), ("synthetic", synthetic)])?;
        let traces = settings.traces.min(real.len()).min(synthetic.len());
        // One stream for both sides: of two copies of a corpus the same traces are chosen.
        let [real_chosen, synthetic_chosen] =
            [real, synthetic].map(|corpus| choose(&canonical_order(corpus), traces, seed, "discriminator sample"));
        let families = Families { extended: settings.extended, starts: real.has_starts() && synthetic.has_starts() };
        let table = FeatureTable::of([(real, &real_chosen), (synthetic, &synthetic_chosen)], families, settings.columns);
        let folds = deal(&alike(&table.rows), traces, seed);
        Ok(Self { real: real_chosen, synthetic: synthetic_chosen, folds, table })
    }

    /// Whether a row is a synthetic trace.
    pub fn is_synthetic(&self, row: usize) -> bool {
        row >= self.real.len()
    }

    /// Area under the ROC curve of a classifier over the whole sample, each trace scored by the classifier that was fitted without its fold.
    /// `fit_predict` takes the rows to fit on and the rows to score, and gives a score for each of the latter, higher for "synthetic".
    ///
    /// The interval is DeLong's. With fewer than [`MIN_TRACES`] traces a side nothing is fitted, and the result is 0.5 within 0–1.
    ///
    /// # Errors
    /// What `fit_predict` fails with, a wrong number of scores, or a score that is not finite.
    pub fn cross_validated_auc<E: From<EvaluationError>>(
        &self,
        mut fit_predict: impl FnMut(&[usize], &[usize]) -> Result<Vec<f64>, E>,
    ) -> Result<Interval, E> {
        if self.real.len() < MIN_TRACES {
            return Ok(Interval { value: 0.5, low: 0.0, high: 1.0 });
        }
        let mut scored: Vec<Scored> = Vec::new();
        for test in self.folds.iter().filter(|fold| !fold.is_empty()) {
            let fitted: Vec<usize> = self.folds.iter().filter(|fold| *fold != test).flatten().copied().collect();
            let scores = fit_predict(&fitted, test)?;
            if scores.len() != test.len() {
                return Err(EvaluationError::LengthMismatch { what: "scores of a fold", expected: test.len(), found: scores.len() }.into());
            }
            if let Some(position) = scores.iter().position(|score| !score.is_finite()) {
                return Err(EvaluationError::BadValue { what: "score of a trace", position, value: scores[position] }.into());
            }
            scored.extend(scores.into_iter().zip(test).map(|(score, &row)| (score, self.is_synthetic(row))));
        }
        Ok(roc_auc_interval(&scored))
    }
}

/// Rows with equal values, in an order that hangs on nothing but the values.
fn alike(rows: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for (row, values) in rows.iter().enumerate() {
        groups.entry(values.iter().map(|value| value.to_bits()).collect()).or_default().push(row);
    }
    groups.into_values().collect()
}

/// Deals groups of rows, the first `real` of which are real, so that the folds have about as many rows of each side.
fn deal(groups: &[Vec<usize>], real: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut folds = vec![Vec::new(); FOLDS];
    let mut filled = [[0usize; 2]; FOLDS];
    let largest_whole = 2 * real / (2 * FOLDS);
    let (mut whole, common): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.len() <= largest_whole);
    for (first, group) in common.into_iter().enumerate() {
        for side in [0, 1] {
            for (i, &row) in group.iter().filter(|&&row| usize::from(row >= real) == side).enumerate() {
                let fold = (first + i) % FOLDS;
                folds[fold].push(row);
                filled[fold][side] += 1;
            }
        }
    }
    whole.shuffle(&mut rng(seed, "discriminator folds"));
    whole.sort_by_key(|group| Reverse(group.len()));
    for group in whole {
        let synthetic = group.iter().filter(|&&row| row >= real).count();
        let of = [group.len() - synthetic, synthetic];
        let load = |fold: &usize| (filled[*fold][0] * of[0] + filled[*fold][1] * of[1], filled[*fold][0] + filled[*fold][1]);
        if let Some(fold) = (0..FOLDS).min_by_key(load) {
            folds[fold].extend(group);
            filled[fold] = [filled[fold][0] + of[0], filled[fold][1] + of[1]];
        }
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{copies, random_corpus};
    use proptest::prelude::*;

    fn draw(real: &Corpus, synthetic: &Corpus, seed: u64) -> Sample {
        Sample::draw(real, synthetic, &DiscriminatorSettings::default(), seed).unwrap()
    }

    #[test]
    fn copies_of_a_trace_are_in_one_fold_and_sides_are_even() {
        let corpus = random_corpus(1, 60);
        let sample = draw(&corpus, &corpus, 3);
        for fold in &sample.folds {
            for &row in fold {
                let twin = (row + 60) % 120;
                assert!(fold.contains(&twin), "row {row} without its copy {twin}");
            }
            assert_eq!(fold.iter().filter(|&&row| sample.is_synthetic(row)).count() * 2, fold.len());
        }
    }

    #[test]
    fn a_row_that_one_side_repeats_is_dealt_to_all_folds() {
        let repeated = copies(50, &[(0, 0, 5.0)], &[]);
        let sample = draw(&random_corpus(1, 50), &repeated, 0);
        for fold in &sample.folds {
            assert_eq!(fold.iter().filter(|&&row| sample.is_synthetic(row)).count(), 10);
        }
    }

    #[test]
    fn a_classifier_that_knows_or_guesses_scores_as_it_should() {
        let sample = draw(&random_corpus(1, 30), &random_corpus(2, 40), 0);
        let auc = |score: fn(&Sample, usize) -> f64| {
            let predict = |_: &[usize], test: &[usize]| Ok::<_, EvaluationError>(test.iter().map(|&row| score(&sample, row)).collect());
            sample.cross_validated_auc(predict).unwrap()
        };
        assert_eq!(auc(|sample, row| f64::from(u8::from(sample.is_synthetic(row)))).value, 1.0);
        assert_eq!(auc(|_, _| 0.3).value, 0.5);
    }

    #[test]
    fn wrong_scores_are_errors_and_too_few_traces_are_never_fitted() {
        let sample = draw(&random_corpus(1, 30), &random_corpus(2, 30), 0);
        let short = sample.cross_validated_auc(|_, _| Ok::<_, EvaluationError>(vec![0.0]));
        assert!(matches!(short, Err(EvaluationError::LengthMismatch { found: 1, .. })));
        let nan = sample.cross_validated_auc(|_, test| Ok::<_, EvaluationError>(vec![f64::NAN; test.len()]));
        assert!(matches!(nan, Err(EvaluationError::BadValue { position: 0, .. })));
        let few = draw(&random_corpus(1, MIN_TRACES - 1), &random_corpus(2, 30), 0);
        let unasked = few.cross_validated_auc(|_, _| Err(EvaluationError::Empty("never asked")));
        assert_eq!(unasked, Ok(Interval { value: 0.5, low: 0.0, high: 1.0 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_row_is_tested_once_and_both_sides_are_left_to_fit_on(seed: u64, traces in MIN_TRACES..60) {
            let sample = draw(&random_corpus(seed, traces), &random_corpus(seed ^ 1, traces + 5), seed);
            let mut all = sample.folds.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..2 * traces).collect::<Vec<_>>());
            for fold in &sample.folds {
                let synthetic = fold.iter().filter(|&&row| sample.is_synthetic(row)).count();
                prop_assert!(synthetic < traces && fold.len() - synthetic < traces);
            }
        }
    }
}
