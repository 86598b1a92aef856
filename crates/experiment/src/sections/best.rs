//! Which generator is the best one by a metric, and which cannot be told from it.

use tracesmith_evaluate::{Direction, Metric};

use crate::report::{Mark, Summary};
use crate::results::Selection;

/// The rule of [`marks`], for readers.
pub(super) const RULE: &str = "The best generator of each metric is bold. Marked ≈ is what cannot be told from it: with three seeds or more, if \
    the 95 % interval (Student's t) of the difference, seed by seed, contains 0; with fewer, if the 95 % intervals overlap. Where there is \
    neither, nothing is marked.";

/// Fewest seeds that two generators must share to be compared seed by seed.
const LEAST_SEEDS: usize = 3;

/// 97.5 % quantiles of Student's t for 2, 3, … degrees of freedom; that of the last one serves for more, which errs on the side of a tie.
const STUDENT_T: [f64; 9] = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/// A mark for each candidate: rows of one metric, one a seed.
pub(super) fn marks(metric: Option<&Metric>, candidates: &[Selection<'_>]) -> Vec<Mark> {
    let none = vec![Mark::None; candidates.len()];
    let Some(metric) = metric.filter(|metric| metric.direction != Direction::Neither) else { return none };
    let means: Vec<Option<f64>> = candidates.iter().map(Selection::mean).collect();
    let measured: Vec<(usize, f64)> = means.iter().enumerate().filter_map(|(i, mean)| Some((i, (*mean)?))).collect();
    let best = measured.iter().copied().reduce(|best, next| if metric.is_better(next.1, best.1) { next } else { best });
    let Some((best, value)) = best.filter(|_| measured.len() > 1) else { return none };
    let mark = |i: usize| match means[i] {
        None => Mark::None,
        Some(mean) if !metric.is_better(value, mean) => Mark::Best,
        Some(_) if is_tied(metric, &candidates[best], &candidates[i]) => Mark::Tied,
        Some(_) => Mark::None,
    };
    (0..candidates.len()).map(mark).collect()
}

fn is_tied(metric: &Metric, best: &Selection<'_>, other: &Selection<'_>) -> bool {
    let differences = paired(metric, best, other);
    if differences.len() >= LEAST_SEEDS {
        return Summary::of(&differences).is_some_and(|summary| summary.mean.abs() <= half_width(&summary));
    }
    match (best.interval(), other.interval()) {
        (Some([low, high]), Some([other_low, other_high])) => low <= other_high && other_low <= high,
        _ => false,
    }
}

/// By how much the best one is better, for every seed that both have.
fn paired(metric: &Metric, best: &Selection<'_>, other: &Selection<'_>) -> Vec<f64> {
    let others = other.by_seed();
    let merit = |value: f64| match metric.direction {
        Direction::Lower => -value.max(metric.ideal.unwrap_or(0.0)),
        Direction::Nearer => -(value - metric.ideal.unwrap_or(0.0)).abs(),
        Direction::Higher | Direction::Neither => value,
    };
    let of_seed = |(seed, value): (u64, f64)| {
        let (_, other) = others.iter().find(|(known, _)| *known == seed)?;
        Some(merit(value) - merit(*other))
    };
    best.by_seed().into_iter().filter_map(of_seed).collect()
}

/// Half of the 95 % interval of a mean.
fn half_width(summary: &Summary) -> f64 {
    let t = STUDENT_T[(summary.n - LEAST_SEEDS).min(STUDENT_T.len() - 1)];
    t * summary.sd.unwrap_or(0.0) / (summary.n as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Results, Row};

    fn measured(generator: &str, values: &[f64], interval: Option<[f64; 2]>) -> Vec<Row> {
        let row = |(seed, &value): (usize, &f64)| Row {
            generator: generator.into(),
            seed: Some(seed as u64),
            value,
            low: interval.map(|ends| ends[0]),
            high: interval.map(|ends| ends[1]),
            ..Row::default()
        };
        values.iter().enumerate().map(row).collect()
    }

    fn marks_of(metric: Metric, candidates: &[(&[f64], Option<[f64; 2]>)]) -> Vec<Mark> {
        let tables: Vec<Results> = candidates.iter().map(|(values, interval)| Results::new(measured("g", values, *interval))).collect();
        marks(Some(&metric), &tables.iter().map(Results::select).collect::<Vec<_>>())
    }

    const AUC: Metric = Metric::auc("auc", "AUC");
    const SCORE: Metric = Metric::new("score", "score");

    #[test]
    fn with_three_seeds_the_difference_seed_by_seed_decides() {
        // The second is worse by 0.1 in every seed; the third differs now this way, now that.
        let found = marks_of(SCORE, &[(&[0.9, 0.5, 0.7], None), (&[0.8, 0.4, 0.61], None), (&[0.6, 0.8, 0.6], None)]);
        assert_eq!(found, [Mark::Best, Mark::None, Mark::Tied]);
    }

    #[test]
    fn with_one_seed_overlapping_intervals_decide_and_without_them_nothing_is_said() {
        let within = |value: &'static [f64], low, high| (value, Some([low, high]));
        let found = marks_of(AUC, &[within(&[0.9], 0.85, 0.95), within(&[0.6], 0.5, 0.7), within(&[0.7], 0.65, 0.75)]);
        assert_eq!(found, [Mark::None, Mark::Best, Mark::Tied], "the best AUC is the one nearest to 0.5");
        assert_eq!(marks_of(SCORE, &[(&[0.9], None), (&[0.89], None)]), [Mark::Best, Mark::None]);
    }

    #[test]
    fn equal_values_are_both_the_best_and_lone_or_descriptive_ones_are_not_judged() {
        assert_eq!(marks_of(SCORE, &[(&[1.0], None), (&[1.0], None), (&[], None)]), [Mark::Best, Mark::Best, Mark::None]);
        assert_eq!(marks_of(SCORE, &[(&[1.0], None), (&[], None)]), [Mark::None; 2]);
        assert_eq!(marks_of(Metric::description("n", "n"), &[(&[1.0], None), (&[2.0], None)]), [Mark::None; 2]);
        assert_eq!(marks(None, &[Results::default().select()]), [Mark::None]);
    }
}
