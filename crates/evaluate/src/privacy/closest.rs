//! Distance to the closest record: do synthetic traces lie closer to what the generator was fitted on than to what it never saw?

use serde::Serialize;
use tracesmith_trace::Signature;

use super::records::{Nearest, Records};
use tracesmith_trace::statistics::quantile;

/// Distances of synthetic traces to real ones of the same signature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClosestRecord {
    /// Share of synthetic traces that are closer to training than to held-out traces; 0.5 = private, 1 = copied.
    pub closer_to_training: f64,
    /// 5th percentile of the distance to the closest training trace (Euclidean, of ln(1 + µs)).
    pub p5: f64,
    /// Number of synthetic traces that count: those whose signature both the training and the held-out traces have.
    pub traces: usize,
}

/// What one synthetic trace says: the nearest of `training` and of `held_out` records of its signature, and how many there are of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbourhood {
    training: (Nearest, usize),
    held_out: (Nearest, usize),
}

impl Neighbourhood {
    /// Distances to the nearest training and to the nearest held-out record.
    pub(super) fn distances(&self) -> (f64, f64) {
        (self.training.0.distance, self.held_out.0.distance)
    }
}

/// `None` unless both sides have the signature.
pub(super) fn neighbourhood(training: &Records, held_out: &Records, signature: &Signature, record: &[f64]) -> Option<Neighbourhood> {
    let side = |records: &Records| Some((records.nearest(signature, record)?, records.count(signature)));
    Some(Neighbourhood { training: side(training)?, held_out: side(held_out)? })
}

/// Sums up; `None` of nothing.
///
/// The more training traces there are, the closer is the closest of them to anything. Of a trace that was copied from neither side, each of
/// the t + h records of its signature is equally likely the nearest, so that it is a training record with the odds t : h. Nearest training
/// records are therefore weighted by h / (t + h) and held-out ones by t / (t + h). That gives 0.5 for private traces, whatever the sizes, and
/// leaves no record out: a sample of the training traces would lack the originals of most copies. Of several nearest records each has its
/// part, which makes a tie between equal sides count one half.
pub(super) fn closest_record(found: &[Neighbourhood]) -> Option<ClosestRecord> {
    let (mut of_training, mut of_held_out) = (0.0, 0.0);
    for Neighbourhood { training: (training, t), held_out: (held_out, h) } in found {
        let near_training = if training.distance <= held_out.distance { training.ties as f64 } else { 0.0 };
        let near_held_out = if held_out.distance <= training.distance { held_out.ties as f64 } else { 0.0 };
        let (near, all) = (near_training + near_held_out, (t + h) as f64);
        of_training += near_training / near * (*h as f64 / all);
        of_held_out += near_held_out / near * (*t as f64 / all);
    }
    let distances: Vec<f64> = found.iter().map(|neighbourhood| neighbourhood.training.0.distance).collect();
    let p5 = quantile(&distances, 0.05)?;
    Some(ClosestRecord { closer_to_training: of_training / (of_training + of_held_out), p5, traces: found.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbours(training: (f64, usize, usize), held_out: (f64, usize, usize)) -> Neighbourhood {
        let side = |(distance, ties, count)| (Nearest { distance, ties }, count);
        Neighbourhood { training: side(training), held_out: side(held_out) }
    }

    #[test]
    fn sides_of_equal_size_give_the_plain_share_and_half_a_tie() {
        let found = [neighbours((1.0, 1, 4), (2.0, 1, 4)), neighbours((3.0, 1, 4), (2.0, 1, 4)), neighbours((0.5, 1, 4), (0.5, 1, 4))];
        let result = closest_record(&found[..2]).unwrap();
        assert_eq!((result.closer_to_training, result.traces), (0.5, 2));
        // The 5th percentile of 1 and 3.
        assert!((result.p5 - 1.1).abs() < 1e-12);
        assert_eq!(closest_record(&[found[0], found[2]]).unwrap().closer_to_training, 0.75);
        assert_eq!(closest_record(&[]), None);
    }

    #[test]
    fn more_training_records_are_made_up_for() {
        // Of four times as many training records four times as many are the nearest.
        let near_training = || neighbours((1.0, 1, 8), (2.0, 1, 2));
        let found = [near_training(), near_training(), near_training(), near_training(), neighbours((2.0, 1, 8), (1.0, 1, 2))];
        assert!((closest_record(&found).unwrap().closer_to_training - 0.5).abs() < 1e-12);
        // Without any difference in time all records are the nearest.
        let equal = closest_record(&[neighbours((0.0, 8, 8), (0.0, 2, 2))]).unwrap();
        assert!((equal.closer_to_training - 0.5).abs() < 1e-12);
        assert_eq!(closest_record(&[near_training()]).unwrap().closer_to_training, 1.0);
    }
}
