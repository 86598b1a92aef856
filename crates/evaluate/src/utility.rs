//! RQ2: what a classifier that was trained on synthetic traces is worth on real ones.

use serde::Serialize;

use crate::error::EvaluationError;
use crate::measurement::{Measure, Measurement, listed};
use crate::metric::{Metric, Unit};
use crate::ranking::{Scored, average_precision};
use crate::statistics::share;

/// What [`classification_report`] measures. The ceiling is a classifier that was trained on real traces.
pub const METRICS: &[Metric] = &[
    Metric::new("accuracy", "accuracy").share().headline(40).column("accuracy").axis("accuracy"),
    Metric::new("weighted_f1", "weighted F1").share().headline(41),
    Metric::new("pr_auc", "PR-AUC").note("average precision of the positive class"),
    Metric::new("false_alarm_rate", "false-alarm rate").share().lower(),
    Metric::new("loss", "loss").lower(),
    Metric::new("weighted_precision", "precision").share(),
    Metric::new("weighted_recall", "recall").share(),
    Metric::new("class.*.precision", "* precision").share(),
    Metric::new("class.*.recall", "* recall (accuracy on the class)").share(),
    Metric::new("class.*.f1", "* F1").share(),
    Metric::new("class.*.average_precision", "* average precision").detail(),
    Metric::description("class.*.support", "* traces to test on").unit(Unit::Count),
];

/// How far the probabilities of a sample may be from adding up to 1 (they come from a single-precision softmax).
const SUM_TOLERANCE: f64 = 1e-3;

/// Scores of one class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    /// Name of the class.
    pub class: String,
    /// Number of samples of the class.
    pub support: usize,
    /// Share of the predictions of the class that are right; 0 if it is never predicted.
    pub precision: f64,
    /// Share of the samples of the class that are found; 0 if it has none.
    pub recall: f64,
    /// Harmonic mean of the two; 0 if both are 0.
    pub f1: f64,
    /// Average precision of the class's probability; 0 if the class has no sample.
    pub average_precision: f64,
}

/// Everything RQ2 reports about one classifier on one test set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassificationReport {
    /// Number of samples.
    pub samples: usize,
    /// Mean cross entropy in nats, probabilities clipped at the machine epsilon.
    pub loss: f64,
    /// Share of samples whose most probable class (the first of equals) is the true one.
    pub accuracy: f64,
    /// Precision of the classes, weighted by their support.
    pub weighted_precision: f64,
    /// Recall of the classes, weighted by their support; the same as the accuracy.
    pub weighted_recall: f64,
    /// F1 of the classes, weighted by their support.
    pub weighted_f1: f64,
    /// Average precision of the positive class.
    pub pr_auc: f64,
    /// Share of the samples of other classes that are taken for the positive class; 0 if there are none.
    pub false_alarm_rate: f64,
    /// Name of the positive class.
    pub positive: String,
    /// Scores of every class.
    pub classes: Vec<ClassScores>,
    /// Numbers of samples by true class (rows) and predicted class (columns).
    pub confusion: Vec<Vec<usize>>,
}

/// Judges predicted class probabilities (one row a sample, one column a class) against the true class indices.
///
/// # Errors
/// No samples, lists of different lengths, a class index outside `classes`, or a row that is not a probability distribution.
pub fn classification_report(
    classes: &[&str],
    probabilities: &[Vec<f64>],
    truth: &[usize],
    positive: usize,
) -> Result<ClassificationReport, EvaluationError> {
    check(classes.len(), probabilities, truth, positive)?;
    let mut confusion = vec![vec![0; classes.len()]; classes.len()];
    for (row, &class) in probabilities.iter().zip(truth) {
        confusion[class][most_probable(row)] += 1;
    }
    let scores: Vec<_> = (0..classes.len()).map(|class| class_scores(classes[class], class, &confusion, probabilities, truth)).collect();
    let right: usize = (0..classes.len()).map(|class| confusion[class][class]).sum();
    let samples = truth.len();
    let weighted =
        |score: fn(&ClassScores) -> f64| scores.iter().map(|class| score(class) * class.support as f64).sum::<f64>() / samples as f64;
    let false_alarms = (0..classes.len()).filter(|&class| class != positive).map(|class| confusion[class][positive]).sum();
    Ok(ClassificationReport {
        samples,
        loss: probabilities.iter().zip(truth).map(|(row, &class)| -row[class].clamp(f64::EPSILON, 1.0).ln()).sum::<f64>() / samples as f64,
        accuracy: share(right, samples, 0.0),
        weighted_precision: weighted(|class| class.precision),
        weighted_recall: weighted(|class| class.recall),
        weighted_f1: weighted(|class| class.f1),
        pr_auc: scores[positive].average_precision,
        false_alarm_rate: share(false_alarms, samples - scores[positive].support, 0.0),
        positive: classes[positive].to_owned(),
        classes: scores,
        confusion,
    })
}

fn check(classes: usize, probabilities: &[Vec<f64>], truth: &[usize], positive: usize) -> Result<(), EvaluationError> {
    if truth.is_empty() {
        return Err(EvaluationError::Empty("classified samples"));
    }
    if probabilities.len() != truth.len() {
        return Err(EvaluationError::LengthMismatch { what: "rows of probabilities", expected: truth.len(), found: probabilities.len() });
    }
    if let Some(&class) = truth.iter().chain([&positive]).find(|&&class| class >= classes) {
        return Err(EvaluationError::UnknownClass { class, classes });
    }
    for (position, row) in probabilities.iter().enumerate() {
        if row.len() != classes {
            return Err(EvaluationError::LengthMismatch { what: "probabilities of a sample", expected: classes, found: row.len() });
        }
        if let Some(&value) = row.iter().find(|p| !(0.0..=1.0 + SUM_TOLERANCE).contains(*p)) {
            return Err(EvaluationError::BadValue { what: "class probability", position, value });
        }
        let sum: f64 = row.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(EvaluationError::BadValue { what: "sum of class probabilities", position, value: sum });
        }
    }
    Ok(())
}

/// The first of the largest probabilities.
fn most_probable(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

fn class_scores(name: &str, class: usize, confusion: &[Vec<usize>], probabilities: &[Vec<f64>], truth: &[usize]) -> ClassScores {
    let hits = confusion[class][class];
    let support: usize = confusion[class].iter().sum();
    let predicted: usize = confusion.iter().map(|row| row[class]).sum();
    let ranked: Vec<Scored> = probabilities.iter().zip(truth).map(|(row, &of)| (row[class], of == class)).collect();
    ClassScores {
        class: name.to_owned(),
        support,
        precision: share(hits, predicted, 0.0),
        recall: share(hits, support, 0.0),
        f1: share(2 * hits, support + predicted, 0.0),
        average_precision: average_precision(&ranked),
    }
}

impl Measure for ClassificationReport {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = listed([
            ("loss", self.loss),
            ("accuracy", self.accuracy),
            ("weighted_precision", self.weighted_precision),
            ("weighted_recall", self.weighted_recall),
            ("weighted_f1", self.weighted_f1),
            ("pr_auc", self.pr_auc),
            ("false_alarm_rate", self.false_alarm_rate),
        ]);
        for scores in &self.classes {
            let of_class = [
                ("precision", scores.precision),
                ("recall", scores.recall),
                ("f1", scores.f1),
                ("average_precision", scores.average_precision),
                ("support", scores.support as f64),
            ];
            found.extend(of_class.map(|(name, value)| Measurement::new(format!("class.{}.{name}", scores.class), value)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_confusion_matrix_gives_the_scores_worked_out_by_hand() {
        let probabilities = [vec![0.9, 0.1], vec![0.4, 0.6], vec![0.2, 0.8], vec![0.5, 0.5]];
        let report = classification_report(&["normal", "abnormal"], &probabilities, &[0, 0, 1, 1], 1).unwrap();
        assert_eq!(report.confusion, [[1, 1], [1, 1]]);
        assert_eq!([report.accuracy, report.weighted_f1, report.false_alarm_rate], [0.5; 3]);
        // Ranked by P(abnormal): yes, no, yes, no.
        assert!((report.pr_auc - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
        let loss = -(0.9f64.ln() + 0.4f64.ln() + 0.8f64.ln() + 0.5f64.ln()) / 4.0;
        assert!((report.loss - loss).abs() < 1e-15);
    }

    #[test]
    fn a_detector_of_rare_faults_is_judged_by_hand() {
        // Eight normal traces, one of which is taken for a fault, and two faults, one of which is missed.
        let abnormal = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.7, 0.9, 0.45];
        let probabilities = abnormal.map(|p| vec![1.0 - p, p]);
        let report = classification_report(&["normal", "abnormal"], &probabilities, &[0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 1).unwrap();
        assert_eq!((report.confusion, report.false_alarm_rate), (vec![vec![7, 1], vec![1, 1]], 1.0 / 8.0));
        // Normal: 7 of 8 predictions and 7 of 8 samples; abnormal: 1 of 2 and 1 of 2.
        for weighted in [report.weighted_precision, report.weighted_recall, report.weighted_f1] {
            assert!((weighted - (0.8 * 7.0 / 8.0 + 0.2 * 0.5)).abs() < 1e-15, "{weighted}");
        }
        // Ranked fault, false alarm, missed fault: 1/2 · 1 + 1/2 · 2/3.
        assert!((report.pr_auc - 5.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn an_absent_class_and_a_certain_error_stay_finite() {
        let report = classification_report(&["a", "b"], &[vec![0.0, 1.0]], &[0], 0).unwrap();
        assert_eq!(report.loss, -f64::EPSILON.ln());
        assert!(report.measurements().iter().all(|found| found.value.is_finite()));
        assert_eq!((report.false_alarm_rate, report.classes[1].recall, report.classes[1].average_precision), (0.0, 0.0, 0.0));
    }

    #[test]
    fn what_is_not_a_distribution_over_known_classes_is_an_error() {
        let report = |probabilities: &[Vec<f64>], truth: &[usize]| classification_report(&["a", "b"], probabilities, truth, 1).unwrap_err();
        assert_eq!(report(&[], &[]), EvaluationError::Empty("classified samples"));
        assert!(matches!(report(&[], &[0]), EvaluationError::LengthMismatch { .. }));
        assert!(matches!(report(&[vec![1.0]], &[0]), EvaluationError::LengthMismatch { .. }));
        assert!(matches!(report(&[vec![0.5, 0.5]], &[2]), EvaluationError::UnknownClass { class: 2, .. }));
        assert!(matches!(report(&[vec![f64::NAN, 0.5]], &[0]), EvaluationError::BadValue { .. }));
        assert!(matches!(report(&[vec![0.5, 0.4]], &[0]), EvaluationError::BadValue { .. }));
    }
}
