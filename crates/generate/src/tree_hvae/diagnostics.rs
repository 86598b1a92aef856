//! Whether the latents of a trained network are in use.

use serde::{Deserialize, Serialize};
use tracesmith_model::Device;
use tracesmith_model::tree_hvae::{TreeHvae, TreeHvaeConfig, TreeSample};

use super::encoding::batches;

/// A unit is active if the variance over traces (or spans) of its posterior mean is above this (Burda et al. 2016).
const ACTIVE: f64 = 0.01;

/// The use of the latents after training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnostics {
    /// Units of `z_G` in use.
    pub active_graph_units: usize,
    /// Units of `z_v` in use.
    pub active_span_units: usize,
}

impl Diagnostics {
    pub(super) fn of(model: &TreeHvae, network: &TreeHvaeConfig, samples: &[TreeSample], device: &Device) -> Self {
        let mut graph = Moments::new(network.graph_latent);
        let mut spans = Moments::new(network.span_latent);
        for batch in batches(samples) {
            for latents in model.posterior_means(&batch, device) {
                graph.add(&latents.graph);
                latents.spans.iter().for_each(|span| spans.add(span));
            }
        }
        Self { active_graph_units: graph.active(), active_span_units: spans.active() }
    }

    /// Warns of a latent that carries nothing.
    pub(super) fn warn(&self, network: &TreeHvaeConfig) {
        let latents = [(network.graph_latent, self.active_graph_units, "z_G"), (network.span_latent, self.active_span_units, "z_v")];
        for (units, active, name) in latents {
            if units > 0 && active == 0 {
                tracing::warn!("posterior collapse: no unit of {name} depends on the trace; raise its free bits or leave it out");
            }
        }
    }
}

/// Sums for the variance of every unit.
struct Moments {
    count: f64,
    sums: Vec<(f64, f64)>,
}

impl Moments {
    fn new(units: usize) -> Self {
        Self { count: 0.0, sums: vec![(0.0, 0.0); units] }
    }

    fn add(&mut self, mean: &[f32]) {
        self.count += 1.0;
        for ((sum, squares), &x) in self.sums.iter_mut().zip(mean) {
            *sum += f64::from(x);
            *squares += f64::from(x).powi(2);
        }
    }

    fn active(&self) -> usize {
        let variance = |&(sum, squares): &(f64, f64)| squares / self.count - (sum / self.count).powi(2);
        self.sums.iter().filter(|unit| variance(unit) > ACTIVE).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_active_if_its_mean_varies() {
        let mut moments = Moments::new(2);
        [[0.0, 1.0], [0.5, 1.0], [-0.5, 1.001]].iter().for_each(|mean| moments.add(mean));
        assert_eq!(moments.active(), 1);
    }
}
