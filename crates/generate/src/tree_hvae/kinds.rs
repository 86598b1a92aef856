//! Kinds of training traces: rare ones can be drawn more often.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use tracesmith_model::mixture::{Condition, Mixture};
use tracesmith_trace::{Class, Label};

/// A root and a size: what a trace can be asked for, and nearly its shape.
type Kind = (u32, usize);

/// The kinds of traces that training has, with their weights, class by class. One of the frequency `f` among the traces of its class weighs
/// `f^(1 − rare_shapes)`.
pub(super) struct Kinds(Vec<Vec<(Kind, f64)>>);

impl Kinds {
    /// Of the root and the size of every training trace, and of the sizes of those of every label.
    pub(super) fn new(traces: &[Kind], rare_shapes: f64, prior: Option<&Mixture>, labels: &[(Label, Vec<usize>)]) -> Self {
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        traces.iter().for_each(|&kind| *counts.entry(kind).or_default() += 1);
        let of_class = |class: usize| {
            let of_class = labels.iter().filter(|(label, _)| label.class().index() == class);
            let sizes: Vec<usize> = of_class.flat_map(|(_, sizes)| sizes).copied().collect();
            let known: BTreeSet<usize> = sizes.iter().copied().collect();
            let weigh = |(&(root, size), &count): (&Kind, &usize)| {
                let frequency = prior.map_or(count as f64 / traces.len() as f64, |prior| prior.share(class, root, size));
                // The mixture takes root and size for independent within a component; there is one trace at least.
                ((root, size), frequency.max(1.0 / sizes.len() as f64).powf(1.0 - rare_shapes))
            };
            counts.iter().filter(|((_, size), _)| known.contains(size)).map(weigh).collect()
        };
        Self((0..Class::COUNT).map(of_class).collect())
    }

    /// A kind for a trace of `class`, of `size` spans if that is said; `None` if training has no such trace.
    pub(super) fn draw(&self, class: usize, size: Option<usize>, rng: &mut ChaCha8Rng) -> Option<Condition> {
        let fitting: Vec<&(Kind, f64)> = self.0[class].iter().filter(|((_, spans), _)| size.is_none_or(|size| size == *spans)).collect();
        let &&((root, size), _) = fitting.choose_weighted(rng, |(_, weight)| *weight).ok()?;
        Some(Condition { class, size: Some(size), root: Some(root) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_trace::{Fault, rng};

    /// Of 2,000 draws for normal traces, the shares with 3, 5 and 9 spans. Training has 90 traces of root 0 with 3 spans and 9 of root 1 with
    /// 5; one more with 9 is abnormal.
    fn shares(rare_shapes: f64, size: Option<usize>) -> [f64; 3] {
        let traces = [vec![(0, 3); 90], vec![(1, 5); 9], vec![(1, 9)]].concat();
        let fault = Fault { service: "s".into(), kind: "cpu_load".into() };
        let labels = [(Label::Normal, traces[..99].iter().map(|&(_, size)| size).collect()), (Label::Abnormal(fault), vec![9])];
        let kinds = Kinds::new(&traces, rare_shapes, None, &labels);
        let mut rng = rng(0, "kinds");
        let class = Label::Normal.class().index();
        let drawn: Vec<usize> = (0..2000).filter_map(|_| kinds.draw(class, size, &mut rng)?.size).collect();
        [3, 5, 9].map(|size| drawn.iter().filter(|&&drawn| drawn == size).count() as f64 / 2000.0)
    }

    #[test]
    fn rare_kinds_of_the_class_are_drawn_as_often_as_asked() {
        let near = |[common, rare, foreign]: [f64; 3], expected: f64| {
            assert!((rare - expected).abs() < 0.04 && common + rare == 1.0 && foreign == 0.0, "{common} {rare} {foreign}: {expected}");
        };
        near(shares(0.0, None), 0.09);
        near(shares(0.5, None), 0.24);
        near(shares(1.0, None), 0.5);
        assert_eq!(shares(1.0, Some(5)), [0.0, 1.0, 0.0]);
        assert_eq!(shares(1.0, Some(4)), [0.0; 3], "training has no such trace");
    }
}
