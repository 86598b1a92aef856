//! The thresholds of the gate. `experiments/gate.toml` spells the defaults out.

use serde::{Deserialize, Serialize};

/// Thresholds of the checks M1–M10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Checks that fail the gate if they cannot be measured: `M5` stands for all of M5, `M5.membership` for one of them. Default none.
    pub require: Vec<String>,
    /// M1 with training traces: least overall fidelity as a part of its ceiling. Default 0.9.
    pub min_fidelity_ratio: f64,
    /// M1 without training traces: least overall fidelity. Default 0.8.
    pub min_fidelity: f64,
    /// M2: largest divergence of a feature in bits, over that of training traces where there are any. Default 0.25.
    pub max_divergence: f64,
    /// M2: added to every count, so that what one side lacks gives no infinity. Default 0.5 (Jeffreys' prior).
    pub smoothing: f64,
    /// M3: least share of traces that are one rooted tree whose parent ids all resolve. Default 1.
    pub min_valid_share: f64,
    /// M4: least likeness of the shares of distinct records, the smaller over the larger. Default 0.5.
    pub min_uniqueness: f64,
    /// M5: largest AUC of membership inference; 0.5 is private. Default 0.6.
    pub max_membership_auc: f64,
    /// M5: largest share of the training traces that membership inference finds at 1 % false accusations; 0.01 is private. Default 0.1.
    pub max_found_members: f64,
    /// M5: largest share of synthetic traces closer to training than to held-out ones; 0.5 is private. Default 0.6.
    pub max_closer_to_training: f64,
    /// M5: largest excess of exact duplicates over their natural rate. Default 0.1.
    pub max_duplicate_excess: f64,
    /// M5: largest excess of near duplicates ([`tracesmith_evaluate::memorisation::NEAR`]) over their natural rate. Default 0.1.
    pub max_near_duplicate_excess: f64,
    /// M5: occurrences in the training set below which a shape is rare, the k of k-anonymity. Default 5.
    pub min_shape_count: usize,
    /// M5: largest excess of traces with a rare shape over their share of held-out real traces. Default 0.1.
    pub max_rare_shape_excess: f64,
    /// M6: fewest generated traces a second. Default 10.
    pub min_traces_per_second: f64,
    /// M7: largest mean difference of Cliff's deltas over the operations that a kind of fault touches. Default 0.3.
    pub max_effect_difference: f64,
    /// M7: largest mean difference of the shifts of ln(1 + µs) over the same operations. Default 0.5: a factor of 1.65.
    pub max_log_shift_difference: f64,
    /// M7: Cliff's delta, on either side, from which an operation counts as touched. Default 0.147 (Romano et al. 2006: below, negligible).
    pub min_effect: f64,
    /// M7: traces with the operation that are needed with and without the fault on both sides. Default 30.
    pub min_traces_of_effect: usize,
    /// M8: largest share of drifted features between training and real traces; with more, what the real traces say about a generator is not
    /// its doing. Default 0.5: random parts of one recording have 0, neighbouring hours with other faults up to 0.46.
    pub max_drifted_share: f64,
    /// M9: least share of the measured checks that pass. Default 0.8; a check that fails fails the gate by itself.
    pub min_passed_share: f64,
    /// M10: least share of consumers that read the export. Default 1.
    pub min_readable_share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            require: Vec::new(),
            min_fidelity_ratio: 0.9,
            min_fidelity: 0.8,
            max_divergence: 0.25,
            smoothing: 0.5,
            min_valid_share: 1.0,
            min_uniqueness: 0.5,
            max_membership_auc: 0.6,
            max_found_members: 0.1,
            max_closer_to_training: 0.6,
            max_duplicate_excess: 0.1,
            max_near_duplicate_excess: 0.1,
            min_shape_count: 5,
            max_rare_shape_excess: 0.1,
            min_traces_per_second: 10.0,
            max_effect_difference: 0.3,
            max_log_shift_difference: 0.5,
            min_effect: 0.147,
            min_traces_of_effect: 30,
            max_drifted_share: 0.5,
            min_passed_share: 0.8,
            min_readable_share: 1.0,
        }
    }
}
