//! What to ask a generator for.

use tracesmith_trace::{Conditions, derive_seed};

use crate::{LoadCurve, Scenario};

/// What a scenario asks a generator for. The traces go into one corpus, in the order of the parts, for [`Scenario::apply`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What to draw, each on its own.
    pub parts: Vec<Part>,
    /// What all traces shall be.
    pub conditions: Conditions,
    /// How much more often rare shapes shall be drawn: by the generator, or else [`crate::oversample_rare`].
    pub rare_shapes: f64,
}

/// Traces that begin with one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
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
        let parts = if requests.mix.is_empty() {
            vec![Part { root: None, count, seed }]
        } else {
            let weights: Vec<f64> = requests.mix.values().copied().collect();
            let part = |(root, count): (&String, usize)| Part {
                root: Some(root.clone()),
                count,
                seed: derive_seed(seed, &format!("root/{root}")),
            };
            requests.mix.keys().zip(shares(count, &weights)).map(part).filter(|part| part.count > 0).collect()
        };
        Plan { parts, conditions: requests.all_conditions(), rare_shapes: requests.rare_shapes }
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

    #[test]
    fn a_mix_is_dealt_by_its_weights() {
        assert_eq!(shares(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(shares(7, &[0.0, 5.0, 2.0]), [0, 5, 2]);
        let scenario = Scenario::parse("test", "requests.mix = { \"web/get\" = 3, put = 1, none = 0 }", &[]).unwrap();
        let plan = scenario.plan(8, 1);
        let dealt: Vec<_> = plan.parts.iter().map(|part| (part.root.as_deref(), part.count)).collect();
        assert_eq!(dealt, [(Some("put"), 2), (Some("web/get"), 6)]);
        assert_ne!(plan.parts[0].seed, plan.parts[1].seed);
    }

    #[test]
    fn without_a_mix_the_generator_is_asked_as_without_a_scenario() {
        assert_eq!(Scenario::default().plan(5, 9).parts, [Part { root: None, count: 5, seed: 9 }]);
        assert_eq!(Scenario::default().expected_traces(), None);
        assert_eq!(Scenario::parse("test", "duration_s = 10\nload.rate = 2.5", &[]).unwrap().expected_traces(), Some(25));
    }

    #[test]
    fn all_conditions_of_the_requests_are_asked_for() {
        let scenario =
            Scenario::parse("test", "requests.where = { fault = \"cpu_load\", size = 5 }\nrequests.label = \"abnormal\"", &[]).unwrap();
        assert_eq!(scenario.plan(5, 9).conditions, "fault=cpu_load,label=abnormal,size=5".parse().unwrap());
    }
}
