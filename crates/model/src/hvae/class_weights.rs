//! Weights of rare names.

use crate::{Graph, Sizes};

/// Weights of services and operations in the cross-entropies; `None` for equal weights.
#[derive(Debug, Clone, Default)]
pub struct ClassWeights {
    pub(super) services: Option<Vec<f32>>,
    pub(super) operations: Option<Vec<f32>>,
}

impl ClassWeights {
    /// Inverse frequencies, scaled to a median of 1 and cut at `cap`.
    pub(super) fn inverse_frequency(graphs: &[Graph], sizes: &Sizes, cap: f64) -> Self {
        let weights = |classes: usize, ids: &dyn Fn(&Graph) -> &[u32]| {
            let mut counts = vec![0usize; classes];
            graphs.iter().for_each(|g| ids(g).iter().for_each(|&id| counts[id as usize] += 1));
            let inverse: Vec<f64> = counts.iter().map(|&count| 1.0 / count.max(1) as f64).collect();
            let mut sorted = inverse.clone();
            sorted.sort_by(f64::total_cmp);
            let median = sorted.get(classes / 2).copied().unwrap_or(1.0);
            inverse.iter().map(|weight| (weight / median).min(cap) as f32).collect()
        };
        Self { services: Some(weights(sizes.services, &|g| &g.services)), operations: Some(weights(sizes.operations, &|g| &g.operations)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_weights_are_capped_multiples_of_the_median() {
        let graph =
            Graph { services: vec![0, 0, 0, 0, 1, 1, 2], operations: vec![0, 1], durations: vec![0.0; 2], edges: vec![(0, 1)], class: 0 };
        let sizes = Sizes { services: 3, operations: 2, max_spans: 7 };
        let weights = ClassWeights::inverse_frequency(&[graph], &sizes, 1.5);
        assert_eq!(weights.services.unwrap(), [0.5, 1.0, 1.5]);
    }
}
