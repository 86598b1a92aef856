//! The prior of `z_G` that is sampled from: a mixture fitted to the posterior of the training traces.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use tracesmith_trace::categorical;

/// Draws from the posterior of a training trace, with what a request may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// A draw of `z_G`.
    pub z: Vec<f64>,
    /// Class of the trace.
    pub class: usize,
    /// Number of spans.
    pub size: usize,
    /// Label of the root.
    pub root: u32,
}

/// What a trace shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// Class.
    pub class: usize,
    /// Number of spans; `None` leaves it to the model.
    pub size: Option<usize>,
    /// Label of the root; `None` leaves it to the model.
    pub root: Option<u32>,
}

/// A mixture of diagonal Gaussians over `z_G` that remembers how often each component stands for which class, size and root.
///
/// It is the maximum-likelihood mixture of the aggregate posterior (the "aggregate posterior" prior of Tomczak & Welling 2018, compressed
/// to a few components). A component never stands for one trace: there are at least [`LEAST_A_COMPONENT`] traces for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    components: Vec<Component>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    mean: Vec<f64>,
    variance: Vec<f64>,
    /// Share of the traces of every class that the component stands for.
    weights: Vec<f64>,
    /// Share of the sizes among the traces of the component.
    sizes: Shares<usize>,
    /// Share of the root labels.
    roots: Shares<u32>,
}

/// Shares in ascending order of what they are shares of; pairs, because JSON has no numbers for keys.
type Shares<T> = Vec<(T, f64)>;

/// The share of `of`, 0 if there is none.
fn share<T: Ord>(shares: &Shares<T>, of: &T) -> f64 {
    shares.binary_search_by(|(key, _)| key.cmp(of)).map_or(0.0, |position| shares[position].1)
}

/// Smallest number of training traces (or spans, in a mixture over theirs) for each component.
pub const LEAST_A_COMPONENT: usize = 8;
/// No unit of a component is narrower.
const SMALLEST_VARIANCE: f64 = 1e-4;
/// Smaller shares of a point in a component change no sum.
const LEAST_SHARE: f64 = 1e-12;
/// Points that move the Gaussians; bounds the memory of EM, which holds a share a point and component.
const MOST_POINTS: usize = 30_000;
const K_MEANS_ITERATIONS: usize = 20;
const EM_ITERATIONS: usize = 40;
/// Width in ln spans of the kernel for sizes that no training trace has.
const SIZE_KERNEL: f64 = 0.1;

impl Mixture {
    /// Fits `components` Gaussians, or fewer for few points, by EM from a k-means start. Of more than 30,000 points as many drawn at
    /// random move the Gaussians; all of them count for what each stands for.
    ///
    /// # Panics
    /// Without points.
    pub fn fit(points: &[Point], components: usize, classes: usize, rng: &mut ChaCha8Rng) -> Self {
        assert!(!points.is_empty(), "a mixture needs points");
        let drawn: Vec<&Point> = points.sample(rng, MOST_POINTS.min(points.len())).collect();
        let mut gaussians = k_means(&drawn, components.clamp(1, drawn.len()), rng);
        for _ in 0..EM_ITERATIONS {
            let constants = gaussians.constants();
            let responsibilities: Vec<Vec<f64>> = drawn.iter().map(|point| gaussians.responsibilities(&point.z, &constants)).collect();
            gaussians.maximise(&drawn, &responsibilities);
        }
        Self { components: gaussians.describe(points, classes) }
    }

    /// Whether every component has `units` units and `classes` classes, as a model file must.
    pub fn fits(&self, units: usize, classes: usize) -> bool {
        let fits = |c: &Component| {
            let numbers = c.mean.iter().chain(&c.variance).chain(&c.weights);
            let shares = c.sizes.iter().map(|&(_, share)| share).chain(c.roots.iter().map(|&(_, share)| share));
            let sorted = c.sizes.is_sorted_by_key(|&(size, _)| size) && c.roots.is_sorted_by_key(|&(root, _)| root);
            let lengths = sorted && c.mean.len() == units && c.variance.len() == units && c.weights.len() == classes;
            lengths && numbers.copied().chain(shares).all(f64::is_finite) && c.variance.iter().chain(&c.weights).all(|&x| x >= 0.0)
        };
        !self.components.is_empty() && self.components.iter().all(fits)
    }

    /// Number of components.
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether there is no component; never, for a fitted mixture.
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// Share of the training traces of `class` that have this root and size, as far as the components tell: a root and a size that are
    /// common in the same component are taken to be common together.
    pub fn share(&self, class: usize, root: u32, size: usize) -> f64 {
        self.components.iter().map(|c| c.weights[class] * share(&c.roots, &root) * share(&c.sizes, &size)).sum()
    }

    /// A draw of `z_G` for a condition.
    pub fn draw(&self, condition: &Condition, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let weights = self.weights(condition).into_iter().map(|weight| if weight > 1e-9 { weight } else { 0.0 });
        let chosen = categorical(weights, rng);
        let component = &self.components[chosen.unwrap_or(self.components.len() - 1)];
        let unit = |(&mean, &variance): (&f64, &f64)| {
            let noise: f64 = StandardNormal.sample(rng);
            (mean + noise * variance.sqrt()) as f32
        };
        component.mean.iter().zip(&component.variance).map(unit).collect()
    }

    /// Weights of the components given a condition, not normalised; what is asked for and was never seen is ignored.
    fn weights(&self, condition: &Condition) -> Vec<f64> {
        let mut weights: Vec<f64> = self.components.iter().map(|component| component.weights[condition.class]).collect();
        let narrow = |weights: &mut Vec<f64>, factors: Vec<f64>| {
            let narrowed: Vec<f64> = weights.iter().zip(&factors).map(|(weight, factor)| weight * factor).collect();
            if narrowed.iter().sum::<f64>() > 0.0 {
                *weights = narrowed;
            }
        };
        if weights.iter().sum::<f64>() <= 0.0 {
            weights = vec![1.0; self.components.len()];
        }
        if let Some(root) = condition.root {
            narrow(&mut weights, self.components.iter().map(|c| share(&c.roots, &root)).collect());
        }
        if let Some(size) = condition.size {
            let exact: Vec<f64> = self.components.iter().map(|c| share(&c.sizes, &size)).collect();
            let known = exact.iter().any(|&share| share > 0.0);
            narrow(&mut weights, if known { exact } else { self.components.iter().map(|c| c.near(size)).collect() });
        }
        weights
    }
}

impl Component {
    /// Kernel estimate of the share of a size that was never seen.
    fn near(&self, size: usize) -> f64 {
        let kernel = |other: usize| {
            let distance = ((size as f64).ln() - (other as f64).ln()) / SIZE_KERNEL;
            (-0.5 * distance * distance).exp() + 1e-12
        };
        self.sizes.iter().map(|&(other, share)| share * kernel(other)).sum()
    }
}

struct Gaussians {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    variances: Vec<Vec<f64>>,
}

impl Gaussians {
    /// What of the log-density of each component no point changes.
    fn constants(&self) -> Vec<f64> {
        let constant =
            |(weight, variances): (&f64, &Vec<f64>)| weight.ln() - 0.5 * variances.iter().map(|variance| variance.ln()).sum::<f64>();
        self.weights.iter().zip(&self.variances).map(constant).collect()
    }

    fn responsibilities(&self, z: &[f64], constants: &[f64]) -> Vec<f64> {
        let log_density = |k: usize| {
            let terms = z.iter().zip(&self.means[k]).zip(&self.variances[k]);
            constants[k] - 0.5 * terms.map(|((x, mean), variance)| (x - mean).powi(2) / variance).sum::<f64>()
        };
        let logs: Vec<f64> = (0..self.weights.len()).map(log_density).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut shares: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        shares
    }

    fn maximise(&mut self, points: &[&Point], responsibilities: &[Vec<f64>]) {
        for k in 0..self.weights.len() {
            let share = |(point, r): (_, &Vec<f64>)| (point, r[k]);
            let members: Vec<(&Point, f64)> =
                points.iter().copied().zip(responsibilities).map(share).filter(|&(_, share)| share > LEAST_SHARE).collect();
            let total: f64 = members.iter().map(|(_, share)| share).sum();
            // A component that lost all its points keeps its place, with a weight that draws never reach.
            self.weights[k] = (total / points.len() as f64).max(1e-12);
            if total < 1e-9 {
                continue;
            }
            let mut mean = vec![0.0; self.means[k].len()];
            for (point, share) in &members {
                mean.iter_mut().zip(&point.z).for_each(|(mean, x)| *mean += share * x / total);
            }
            let mut variance = vec![0.0; mean.len()];
            for (point, share) in &members {
                let terms = variance.iter_mut().zip(&point.z).zip(&mean);
                terms.for_each(|((variance, x), mean)| *variance += share * (x - mean).powi(2) / total);
            }
            variance.iter_mut().for_each(|variance| *variance = variance.max(SMALLEST_VARIANCE));
            (self.means[k], self.variances[k]) = (mean, variance);
        }
    }

    fn describe(self, points: &[Point], classes: usize) -> Vec<Component> {
        let mut class_totals = vec![0.0; classes];
        points.iter().for_each(|point| class_totals[point.class] += 1.0);
        let mut tallies = vec![Tally { weights: vec![0.0; classes], ..Tally::default() }; self.weights.len()];
        let constants = self.constants();
        for point in points {
            for (tally, share) in tallies.iter_mut().zip(self.responsibilities(&point.z, &constants)) {
                if share >= 1e-6 {
                    tally.weights[point.class] += share / class_totals[point.class];
                    *tally.sizes.entry(point.size).or_insert(0.0) += share;
                    *tally.roots.entry(point.root).or_insert(0.0) += share;
                    tally.total += share;
                }
            }
        }
        let gaussians = self.means.into_iter().zip(self.variances).zip(tallies);
        let stands_for_something = gaussians.filter(|(_, tally)| tally.total > 0.0);
        stands_for_something.map(|((mean, variance), tally)| tally.describe(mean, variance)).collect()
    }
}

/// What a component stands for, summed over points.
#[derive(Debug, Clone, Default)]
struct Tally {
    weights: Vec<f64>,
    sizes: BTreeMap<usize, f64>,
    roots: BTreeMap<u32, f64>,
    total: f64,
}

impl Tally {
    fn describe(self, mean: Vec<f64>, variance: Vec<f64>) -> Component {
        let sizes = self.sizes.into_iter().map(|(size, share)| (size, share / self.total)).collect();
        let roots = self.roots.into_iter().map(|(root, share)| (root, share / self.total)).collect();
        Component { mean, variance, weights: self.weights, sizes, roots }
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// Lloyd's algorithm from a k-means++ start; clusters become Gaussians.
fn k_means(points: &[&Point], k: usize, rng: &mut ChaCha8Rng) -> Gaussians {
    let units = points[0].z.len();
    let mut means = vec![points[rng.random_range(0..points.len())].z.clone()];
    let mut nearest: Vec<f64> = points.iter().map(|point| distance(&point.z, &means[0])).collect();
    while means.len() < k {
        let chosen = categorical(nearest.iter().copied(), rng);
        let mean = points[chosen.unwrap_or(points.len() - 1)].z.clone();
        nearest.iter_mut().zip(points).for_each(|(d, point)| *d = d.min(distance(&point.z, &mean)));
        means.push(mean);
    }
    let mut clusters = vec![0; points.len()];
    for _ in 0..K_MEANS_ITERATIONS {
        for (cluster, point) in clusters.iter_mut().zip(points) {
            let closer = |&a: &usize, &b: &usize| distance(&point.z, &means[a]).total_cmp(&distance(&point.z, &means[b]));
            *cluster = (0..k).min_by(closer).unwrap_or(0);
        }
        for (c, mean) in means.iter_mut().enumerate() {
            let members: Vec<&Point> =
                points.iter().zip(&clusters).filter(|&(_, &cluster)| cluster == c).map(|(&point, _)| point).collect();
            if !members.is_empty() {
                *mean = (0..units).map(|unit| members.iter().map(|point| point.z[unit]).sum::<f64>() / members.len() as f64).collect();
            }
        }
    }
    let hard: Vec<Vec<f64>> = clusters.iter().map(|&c| (0..k).map(|j| if j == c { 1.0 } else { 0.0 }).collect()).collect();
    let mut gaussians = Gaussians { weights: vec![1.0 / k as f64; k], variances: vec![vec![1.0; units]; k], means };
    gaussians.maximise(points, &hard);
    gaussians
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_trace::rng;

    /// Two clouds: class 1, 5 spans, root 0 around −2; class 2, 9 spans, root 1 around +2.
    fn points() -> Vec<Point> {
        let mut rng = rng(1, "points");
        let mut point = |centre: f64, class, size, root| {
            let z = (0..2)
                .map(|_| {
                    let e: f64 = StandardNormal.sample(&mut rng);
                    centre + 0.1 * e
                })
                .collect();
            Point { z, class, size, root }
        };
        (0..200usize).map(|i| if i.is_multiple_of(2) { point(-2.0, 1, 5, 0) } else { point(2.0, 2, 9, 1) }).collect()
    }

    fn share_above_zero(mixture: &Mixture, condition: Condition) -> f64 {
        let mut rng = rng(2, "draws");
        (0..500).filter(|_| mixture.draw(&condition, &mut rng)[0] > 0.0).count() as f64 / 500.0
    }

    #[test]
    fn the_components_find_the_clouds_and_conditions_pick_them() {
        let mixture = Mixture::fit(&points(), 2, 3, &mut rng(0, "em"));
        let free = Condition { class: 1, size: None, root: None };
        assert!(mixture.fits(2, 3));
        assert_eq!(share_above_zero(&mixture, free), 0.0);
        assert_eq!(share_above_zero(&mixture, Condition { class: 2, ..free }), 1.0);
        // A class that was never seen is any class.
        let unknown = Condition { class: 0, ..free };
        assert!((share_above_zero(&mixture, unknown) - 0.5).abs() < 0.1);
        assert_eq!(share_above_zero(&mixture, Condition { root: Some(1), ..unknown }), 1.0);
        assert_eq!(share_above_zero(&mixture, Condition { size: Some(5), ..unknown }), 0.0);
        // Closest to 9 spans in the logarithm.
        assert_eq!(share_above_zero(&mixture, Condition { size: Some(8), ..unknown }), 1.0);
    }

    #[test]
    fn the_share_of_a_root_and_size_is_that_of_its_class() {
        let mut points = points();
        points.iter_mut().step_by(20).for_each(|point| point.size = 7);
        let mixture = Mixture::fit(&points, 2, 3, &mut rng(0, "em"));
        let near = |class, root, size, expected: f64| {
            let share = mixture.share(class, root, size);
            assert!((share - expected).abs() < 1e-6, "{class} {root} {size}: {share}");
        };
        near(1, 0, 5, 0.9);
        near(1, 0, 7, 0.1);
        near(2, 1, 9, 1.0);
        near(2, 0, 5, 0.0);
        near(1, 0, 6, 0.0);
    }

    #[test]
    fn draws_have_the_moments_of_the_points() {
        let mixture = Mixture::fit(&points(), 2, 3, &mut rng(0, "em"));
        let mut rng = rng(3, "draws");
        let draws: Vec<f64> =
            (0..2000).map(|_| f64::from(mixture.draw(&Condition { class: 1, size: None, root: None }, &mut rng)[0])).collect();
        let mean = draws.iter().sum::<f64>() / 2000.0;
        let deviation = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
        assert!((mean + 2.0).abs() < 0.05 && (deviation - 0.1).abs() < 0.03, "{mean} {deviation}");
    }

    #[test]
    fn of_very_many_points_a_draw_moves_the_gaussians_and_all_are_counted() {
        let mut many = points();
        while many.len() <= MOST_POINTS {
            many.extend(points());
        }
        // Too few to be drawn for certain, and not to be forgotten.
        many.push(Point { z: vec![2.0, 2.0], class: 2, size: 77, root: 1 });
        let mixture = Mixture::fit(&many, 2, 3, &mut rng(0, "em"));
        assert_eq!(share_above_zero(&mixture, Condition { class: 0, size: Some(77), root: None }), 1.0);
        assert_eq!(share_above_zero(&mixture, Condition { class: 1, size: None, root: None }), 0.0);
    }

    #[test]
    fn identical_points_are_no_trouble() {
        let same = vec![Point { z: vec![1.0], class: 0, size: 1, root: 0 }; 10];
        let mixture = Mixture::fit(&same, 4, 1, &mut rng(0, "em"));
        let z = mixture.draw(&Condition { class: 0, size: None, root: None }, &mut rng(0, "draw"));
        assert!((z[0] - 1.0).abs() < 0.1);
    }
}
