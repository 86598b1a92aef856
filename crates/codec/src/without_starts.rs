//! Times where only durations are known: a leaf has its duration, and an inner span what its slot's rule leaves of it after its children.

use serde::{Deserialize, Serialize};

use crate::{
    CodecConfig, CodecError, Times,
    layout::Layout,
    slot::{Observation, Reference, Slots, cheapest, median},
    table::{Table, asinh_scaled},
};

/// What the error of plain durations is multiplied with before it is compared with that of rules that look at the children.
const HANDICAP: f64 = 1.3;

/// Added to both durations of a ratio, so that durations of 0 have one.
const RATIO_OFFSET_US: f64 = 1.0;

/// Ratios multiply along a chain: no product of them is larger than this, about eleven days in µs.
const LONGEST_PRODUCT_US: f64 = 1e12;

/// How an inner span's duration comes from those of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rule {
    /// Their sum and a gap.
    Sequential,
    /// The longest and a gap.
    Parallel,
    /// The longest times a factor; the gap is its logarithm.
    Ratio,
    /// Not at all; the gap is the duration.
    #[default]
    Free,
}

impl Reference for Rule {
    type Gaps = [f64; 4];

    fn gap(self, gaps: &[f64; 4]) -> f64 {
        gaps[self as usize]
    }
}

/// Durations of a span's children in µs.
#[derive(Debug, Clone, Copy, Default)]
struct Children {
    sum: f64,
    longest: f64,
}

impl Children {
    fn add(&mut self, duration: f64) {
        *self = Self { sum: self.sum + duration, longest: self.longest.max(duration) };
    }

    fn gaps(self, duration: f64) -> [f64; 4] {
        let ratio = (duration + RATIO_OFFSET_US) / (self.longest + RATIO_OFFSET_US);
        [duration - self.sum, duration - self.longest, ratio.ln(), duration]
    }

    fn duration(self, rule: Rule, gap: f64) -> f64 {
        match rule {
            Rule::Sequential => self.sum + gap,
            Rule::Parallel => self.longest + gap,
            Rule::Ratio => {
                let product = (self.longest + RATIO_OFFSET_US) * gap.exp() - RATIO_OFFSET_US;
                product.min(LONGEST_PRODUCT_US.max(self.longest))
            }
            Rule::Free => gap,
        }
    }

    /// Of every span.
    fn of(layout: &Layout, durations: &[f64]) -> Vec<Self> {
        let mut children = vec![Self::default(); layout.len()];
        for (parent, &duration) in layout.parents.iter().zip(durations) {
            if let Some(parent) = parent {
                children[*parent].add(duration);
            }
        }
        children
    }
}

/// Slots of all durations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WithoutStarts {
    leaf_tails: Slots<()>,
    inner_tails: Slots<Rule>,
}

impl WithoutStarts {
    pub(crate) fn fit<'a>(traces: impl Iterator<Item = (&'a Layout, Vec<f64>)>, config: &CodecConfig) -> Self {
        let (mut leaves, mut inner) = (Vec::new(), Vec::new());
        for (layout, durations) in traces {
            for (span, children) in Children::of(layout, &durations).into_iter().enumerate() {
                let (context, duration) = (layout.context(span), durations[span]);
                if layout.is_leaf[span] {
                    leaves.push(Observation { context, gaps: duration });
                } else {
                    inner.push(Observation { context, gaps: children.gaps(duration) });
                }
            }
        }
        let composed = config.times == Times::Gaps;
        Self {
            leaf_tails: Slots::fit(leaves, config, |_| ()),
            inner_tails: Slots::fit(inner, config, |group| if composed { best_rule(group) } else { Rule::Free }),
        }
    }

    pub(crate) fn check(&self, labels: usize) -> Result<(), CodecError> {
        self.leaf_tails.check(labels)?;
        self.inner_tails.check(labels)
    }

    /// Table and gap of every span's duration.
    pub(crate) fn gaps(&self, layout: &Layout, durations: &[f64]) -> Vec<(&Table, f64)> {
        let gap = |(span, children): (usize, Children)| {
            let context = layout.context(span);
            if layout.is_leaf[span] {
                return (self.leaf_tails.find(context).1, durations[span]);
            }
            let (rule, table) = self.inner_tails.find(context);
            (table, rule.gap(&children.gaps(durations[span])))
        };
        Children::of(layout, durations).into_iter().enumerate().map(gap).collect()
    }

    /// Durations from quantiles; none is shorter than `floors` says of its span and the longest child.
    pub(crate) fn compose(&self, layout: &Layout, tails: &[f32], floors: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let mut children = vec![Children::default(); layout.len()];
        let mut durations = vec![0.0; layout.len()];
        // In reverse preorder children come before their parents.
        for span in (0..layout.len()).rev() {
            let context = layout.context(span);
            let duration = if layout.is_leaf[span] {
                self.leaf_tails.find(context).1.value(tails[span])
            } else {
                let (rule, table) = self.inner_tails.find(context);
                children[span].duration(rule, table.value(tails[span]))
            };
            durations[span] = duration.max(floors(span, children[span].longest));
            if let Some(parent) = layout.parents[span] {
                children[parent].add(durations[span]);
            }
        }
        durations
    }
}

/// The rule that with its median gap predicts durations best, by the mean error on the asinh scale. Gaps of different rules are not
/// comparable themselves: those of a sum may be negative, and those of a ratio have no unit.
fn best_rule(group: &[Observation<[f64; 4]>]) -> Rule {
    let error = |rule: Rule| {
        let middle = median(group.iter().map(|observation| rule.gap(&observation.gaps)).collect());
        mean_distance(group.iter().map(|observation| {
            let gaps = &observation.gaps;
            let duration = Rule::Free.gap(gaps);
            let predicted = match rule {
                Rule::Sequential | Rule::Parallel => duration - rule.gap(gaps) + middle,
                Rule::Ratio => (duration + RATIO_OFFSET_US) * (middle - rule.gap(gaps)).exp() - RATIO_OFFSET_US,
                Rule::Free => middle,
            };
            (asinh_scaled(duration), asinh_scaled(predicted))
        }))
    };
    use Rule::{Free, Parallel, Ratio, Sequential};
    cheapest([(Sequential, error(Sequential)), (Parallel, error(Parallel)), (Ratio, error(Ratio)), (Free, HANDICAP * error(Free))])
}

/// Mean of |a − b|; 0 of nothing.
fn mean_distance(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, count) = pairs.fold((0.0, 0usize), |(sum, count), (a, b)| (sum + (a - b).abs(), count + 1));
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Context;

    /// The rule of parents with children `(a, b)` and the duration `parent(a, b)`.
    fn rule(parent: impl Fn(f64, f64) -> f64) -> Rule {
        let observe = |i: u32| {
            let (a, b) = (f64::from(i * 7919 % 1000) + 10.0, f64::from(i * 104_729 % 3000) + 10.0);
            let mut children = Children::default();
            [a, b].into_iter().for_each(|duration| children.add(duration));
            let context = Context { parent: None, previous: None, own: 0 };
            Observation { context, gaps: children.gaps(parent(a, b) + f64::from(i % 3)) }
        };
        best_rule(&(0..200).map(observe).collect::<Vec<_>>())
    }

    #[test]
    fn each_rule_is_found_in_data_that_follow_it() {
        assert_eq!(rule(|a, b| a + b + 50.0), Rule::Sequential);
        assert_eq!(rule(|a, b| a.max(b) + 50.0), Rule::Parallel);
        assert_eq!(rule(|a, b| 3.0 * a.max(b)), Rule::Ratio);
        assert_eq!(rule(|_, _| 400.0), Rule::Free);
    }

    #[test]
    fn gaps_give_the_duration_back_under_every_rule() {
        for (sum, longest, duration) in [(30.0, 20.0, 45.5), (0.0, 0.0, 0.0), (30.0, 20.0, 0.0)] {
            let children = Children { sum, longest };
            for rule in [Rule::Sequential, Rule::Parallel, Rule::Ratio, Rule::Free] {
                let again = children.duration(rule, rule.gap(&children.gaps(duration)));
                assert!((again - duration).abs() < 1e-9, "{rule:?}: {again}");
            }
        }
    }

    #[test]
    fn ratios_along_a_chain_stay_finite() {
        let mut duration = 1.0;
        for _ in 0..1000 {
            duration = Children { sum: duration, longest: duration }.duration(Rule::Ratio, 5.0);
        }
        assert_eq!(duration, LONGEST_PRODUCT_US);
    }
}
