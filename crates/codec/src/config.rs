//! Settings of a codec.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CodecError;

/// How times are represented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CodecConfig {
    /// Knots that a quantile table has at most, besides eight near its ends; at least 2.
    pub knots: usize,
    /// Observations below which a slot has no table of its own, at least 1. Tables of fewer than four times as many observations are
    /// smoothed, so that no knot is a single training value.
    pub min_slot: usize,
    /// Whether slots have tables of their own. `false` (an ablation) leaves one table for each of: heads of roots, of first children and of
    /// later children, tails of leaves and of inner spans.
    pub tables: bool,
    /// What the two quantiles of a span are.
    pub times: Times,
}

/// What the two quantiles of a span are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Times {
    /// Gaps to other spans, which decoding composes bottom-up.
    #[default]
    Gaps,
    /// An ablation: the start after the parent's, and the duration.
    Durations,
}

impl Default for CodecConfig {
    fn default() -> Self {
        Self { knots: 192, min_slot: 50, tables: true, times: Times::Gaps }
    }
}

impl CodecConfig {
    pub(crate) fn check(&self) -> Result<(), CodecError> {
        for (key, value, least) in [("knots", self.knots, 2), ("min_slot", self.min_slot, 1)] {
            if value < least {
                return Err(CodecError::BadSetting { key, value, least });
            }
        }
        Ok(())
    }

    /// Observations below which a table is smoothed.
    pub(crate) fn smooth_below(&self) -> usize {
        self.min_slot.saturating_mul(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_table_are_refused_by_name() {
        let error = CodecConfig { knots: 1, ..CodecConfig::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "knots = 1: it must be at least 2");
        assert!(CodecConfig { min_slot: 0, ..CodecConfig::default() }.check().is_err());
        assert!(serde_json::from_str::<CodecConfig>(r#"{"knot": 3}"#).is_err());
        let config: CodecConfig = serde_json::from_str(r#"{"times": "durations"}"#).unwrap();
        assert_eq!(config, CodecConfig { times: Times::Durations, ..CodecConfig::default() });
    }
}
