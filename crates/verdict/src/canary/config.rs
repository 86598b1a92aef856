//! From where on a canary is held or rolled back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Thresholds. A difference counts only if it is both this large and unlikely to be chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CanaryConfig {
    /// Level of significance, over all operations together. Default 0.01.
    pub alpha: f64,
    /// Traces that either side needs; with fewer the canary is held. Default 30.
    pub min_traces: usize,
    /// Traces with an operation that both sides need for its latency to be compared. Default 30.
    pub min_observations: usize,
    /// Cliff's delta of the traces' mean durations of an operation from which a slower operation holds the canary. Default 0.147 (Romano et al. 2006: small).
    pub hold_effect: f64,
    /// Cliff's delta from which it rolls the canary back. Default 0.33 (medium).
    pub rollback_effect: f64,
    /// Increase of the share of failed spans above which the canary is held. Default 0.005.
    pub hold_error_rate: f64,
    /// Increase above which it is rolled back. Default 0.02.
    pub rollback_error_rate: f64,
    /// Jensen–Shannon distance of the shapes of traces above which the canary is held. Default 0.25.
    pub hold_shapes: f64,
    /// Objectives by `service/operation`. Default none.
    pub slo: BTreeMap<String, Objectives>,
}

impl Default for CanaryConfig {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            min_traces: 30,
            min_observations: 30,
            hold_effect: 0.147,
            rollback_effect: 0.33,
            hold_error_rate: 0.005,
            rollback_error_rate: 0.02,
            hold_shapes: 0.25,
            slo: BTreeMap::new(),
        }
    }
}

/// Service-level objectives of an operation; what is left out is no objective.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Objectives {
    /// Largest median duration in µs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<f64>,
    /// Largest 95th percentile in µs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_us: Option<f64>,
    /// Largest 99th percentile in µs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_us: Option<f64>,
    /// Largest share of failed spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
}
