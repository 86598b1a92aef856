//! What to ask a generator for.

use tracesmith_trace::{Corpus, derive_seed};

use crate::{BaseLabel, LoadCurve, Scenario};

/// Conditions of a scenario on generation. Their traces go into one corpus, in this order, for [`Scenario::apply`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What to draw, each on its own.
    pub conditions: Vec<Condition>,
    /// Their state, if the scenario names one.
    pub label: Option<BaseLabel>,
    /// Their sizes, if the scenario names them.
    pub size: Option<String>,
    /// How much more often rare shapes shall be drawn: a condition of the generator, or else [`crate::oversample_rare`].
    pub rare_shapes: f64,
}

/// Traces that begin with one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The operation, as `operation` or `service/operation`; any if it is missing.
    pub root: Option<String>,
    /// Number of traces.
    pub count: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl Scenario {
    /// Number of traces that the load makes, if the scenario says how many come in a second. At least 1.
    pub fn expected_traces(&self) -> Option<usize> {
        let (Some(duration), Some(_)) = (self.duration_s, self.load.rate) else { return None };
        Some((LoadCurve::new(&self.load, duration).expected().round() as usize).max(1))
    }

    /// What to ask a generator for to get `count` traces.
    pub fn plan(&self, count: usize, seed: u64) -> Plan {
        let requests = &self.requests;
        let conditions = if requests.mix.is_empty() {
            vec![Condition { root: None, count, seed }]
        } else {
            let weights: Vec<f64> = requests.mix.values().copied().collect();
            let condition = |(root, count): (&String, usize)| Condition {
                root: Some(root.clone()),
                count,
                seed: derive_seed(seed, &format!("root/{root}")),
            };
            requests.mix.keys().zip(shares(count, &weights)).map(condition).filter(|condition| condition.count > 0).collect()
        };
        Plan { conditions, label: requests.label, size: requests.size.clone(), rare_shapes: requests.rare_shapes }
    }
}

impl Condition {
    /// Positions of the traces that meet the condition, for a generator that cannot be asked for a root.
    pub fn met_by(&self, corpus: &Corpus) -> Vec<usize> {
        let meets = |position: &usize| {
            let trace = corpus.trace(*position);
            let operation = corpus.operations().name(trace.operations[0]);
            let full = || format!("{}/{operation}", corpus.services().name(trace.services[0]));
            self.root.as_ref().is_none_or(|root| root == operation || *root == full())
        };
        (0..corpus.len()).filter(meets).collect()
    }
}

/// `total` dealt in proportion to `weights` by largest remainder; of equal ones the first.
fn shares(total: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|weight| total as f64 * weight / sum).collect();
    let mut counts: Vec<usize> = exact.iter().map(|exact| exact.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let missing = total.saturating_sub(counts.iter().sum());
    by_remainder.into_iter().take(missing).for_each(|i| counts[i] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Call, corpus_of};

    #[test]
    fn a_mix_is_dealt_by_its_weights() {
        assert_eq!(shares(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(shares(7, &[0.0, 5.0, 2.0]), [0, 5, 2]);
        let scenario = Scenario::parse("test", "requests.mix = { \"web/get\" = 3, put = 1, none = 0 }", &[]).unwrap();
        let plan = scenario.plan(8, 1);
        let dealt: Vec<_> = plan.conditions.iter().map(|condition| (condition.root.as_deref(), condition.count)).collect();
        assert_eq!(dealt, [(Some("put"), 2), (Some("web/get"), 6)]);
        assert_ne!(plan.conditions[0].seed, plan.conditions[1].seed);
    }

    #[test]
    fn without_a_mix_the_generator_is_asked_as_without_a_scenario() {
        assert_eq!(Scenario::default().plan(5, 9).conditions, [Condition { root: None, count: 5, seed: 9 }]);
        assert_eq!(Scenario::default().expected_traces(), None);
        assert_eq!(Scenario::parse("test", "duration_s = 10\nload.rate = 2.5", &[]).unwrap().expected_traces(), Some(25));
    }

    #[test]
    fn a_root_is_met_by_its_operation_with_or_without_the_service() {
        let trace = |name| vec![Call::new(name, None, 0.0, 1.0), Call::new("web/get", Some(0), 0.0, 1.0)];
        let corpus = corpus_of(&[trace("web/get"), trace("db/get"), trace("web/put")]);
        for (root, expected) in [(Some("get"), &[0, 1][..]), (Some("web/get"), &[0]), (Some("no"), &[]), (None, &[0, 1, 2])] {
            let condition = Condition { root: root.map(str::to_owned), count: 1, seed: 0 };
            assert_eq!(condition.met_by(&corpus), expected, "{root:?}");
        }
    }
}
