//! Linear probes: is a property of a trace there in its latent, for anyone to read?

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::EvaluationError;
use crate::measurement::Measurement;
use tracesmith_trace::statistics::{mean, standard_deviation};

/// Steps of gradient descent on the convex loss.
const STEPS: usize = 600;
const LEARNING_RATE: f64 = 1.0;
/// Weight of the squared norm of the weights, so that separable classes have an optimum.
const PENALTY: f64 = 1e-4;

/// How well a property is read from latents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Probe {
    /// Share of the test traces whose property is read right.
    pub accuracy: f64,
    /// The same for the most frequent property of the training traces.
    pub chance: f64,
}

impl Probe {
    /// The measurements of a probe whose metrics have ids that begin with `stem`, such as `latent.probe_root.`.
    pub fn under(&self, stem: &str) -> Vec<Measurement> {
        let measured = |name: &str, value| Measurement::new(format!("{stem}{name}"), value);
        vec![measured("accuracy", self.accuracy), measured("chance", self.chance)]
    }
}

/// Fits a multinomial logistic regression (Alain & Bengio 2017, "linear classifier probes") on the standardised latents of the training
/// traces and tests it on others. A property that no training trace has is never read right.
///
/// # Errors
/// Different numbers of latents and properties, or nothing to fit or to test on.
pub fn linear_probe(
    training: &[Vec<f64>],
    properties: &[usize],
    test: &[Vec<f64>],
    test_properties: &[usize],
) -> Result<Probe, EvaluationError> {
    for (latents, properties) in [(training, properties), (test, test_properties)] {
        if latents.len() != properties.len() {
            let (expected, found) = (latents.len(), properties.len());
            return Err(EvaluationError::LengthMismatch { what: "properties of the latents", expected, found });
        }
        if latents.is_empty() {
            return Err(EvaluationError::Empty("latents"));
        }
    }
    let known: BTreeSet<usize> = properties.iter().copied().collect();
    let classes: BTreeMap<usize, usize> = known.into_iter().zip(0..).collect();
    let scale = Scale::of(training);
    let rows: Vec<Vec<f64>> = training.iter().map(|latent| scale.apply(latent)).collect();
    let targets: Vec<usize> = properties.iter().map(|property| classes[property]).collect();
    let weights = fit(&rows, &targets, classes.len());
    let names: Vec<usize> = classes.keys().copied().collect();
    let mut counts = vec![0usize; names.len()];
    targets.iter().for_each(|&class| counts[class] += 1);
    let most = names[arg_max(&counts.iter().map(|&count| count as f64).collect::<Vec<_>>())];
    let right = |read: &dyn Fn(&[f64]) -> usize| {
        let hits = test.iter().zip(test_properties).filter(|(latent, property)| read(latent) == **property).count();
        hits as f64 / test.len() as f64
    };
    let read = |latent: &[f64]| names[arg_max(&scores(&weights, &scale.apply(latent)))];
    Ok(Probe { accuracy: right(&read), chance: right(&|_| most) })
}

/// Shift and scale of every unit, and a constant 1 at the end.
struct Scale(Vec<(f64, f64)>);

impl Scale {
    fn of(rows: &[Vec<f64>]) -> Self {
        let unit = |i: usize| {
            let values: Vec<f64> = rows.iter().map(|row| row[i]).collect();
            let spread = standard_deviation(&values).unwrap_or(0.0);
            (mean(&values).unwrap_or(0.0), if spread > 1e-9 { spread } else { 1.0 })
        };
        Self((0..rows[0].len()).map(unit).collect())
    }

    fn apply(&self, row: &[f64]) -> Vec<f64> {
        row.iter().zip(&self.0).map(|(x, (shift, scale))| (x - shift) / scale).chain([1.0]).collect()
    }
}

fn scores(weights: &[Vec<f64>], row: &[f64]) -> Vec<f64> {
    weights.iter().map(|weights| weights.iter().zip(row).map(|(w, x)| w * x).sum()).collect()
}

fn arg_max(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a))).unwrap_or(0)
}

fn fit(rows: &[Vec<f64>], targets: &[usize], classes: usize) -> Vec<Vec<f64>> {
    let (count, width) = (rows.len() as f64, rows[0].len());
    let mut weights = vec![vec![0.0; width]; classes];
    for _ in 0..STEPS {
        let mut gradient = vec![vec![0.0; width]; classes];
        for (row, &target) in rows.iter().zip(targets) {
            let scores = scores(&weights, row);
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let exponentials: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
            let sum: f64 = exponentials.iter().sum();
            for (class, exponential) in exponentials.iter().enumerate() {
                let error = exponential / sum - if class == target { 1.0 } else { 0.0 };
                gradient[class].iter_mut().zip(row).for_each(|(g, x)| *g += error * x / count);
            }
        }
        for (weights, gradient) in weights.iter_mut().zip(&gradient) {
            weights.iter_mut().zip(gradient).for_each(|(w, g)| *w -= LEARNING_RATE * (g + PENALTY * *w));
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latents(shift: f64) -> (Vec<Vec<f64>>, Vec<usize>) {
        (0..120).map(|i| (vec![f64::from(i % 3) * shift, f64::from(i * 7 % 11)], [4, 7, 9][i as usize % 3])).unzip()
    }

    #[test]
    fn a_property_along_a_line_is_read_and_noise_is_not() {
        let (rows, properties) = latents(1.0);
        let probe = linear_probe(&rows, &properties, &rows, &properties).unwrap();
        assert_eq!((probe.accuracy, probe.chance), (1.0, 1.0 / 3.0));
        let (rows, properties) = latents(0.0);
        assert!(linear_probe(&rows, &properties, &rows, &properties).unwrap().accuracy < 0.5);
    }

    #[test]
    fn unseen_properties_are_wrong_and_empty_sets_are_refused() {
        let (rows, properties) = latents(1.0);
        assert_eq!(linear_probe(&rows, &properties, &rows[..2], &[1, 2]).unwrap().accuracy, 0.0);
        assert!(linear_probe(&rows, &properties[1..], &rows, &properties).is_err());
        assert!(linear_probe(&[], &[], &rows, &properties).is_err());
    }
}
