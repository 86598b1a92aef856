//! The file of thresholds of the verbs that judge.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use toml::Value;
use tracesmith_verdict::Thresholds;

use crate::settings::settings;

/// The thresholds of the file at `path`; the defaults without one.
pub fn read(path: Option<&Path>) -> anyhow::Result<Thresholds> {
    let Some(path) = path else { return Ok(Thresholds::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| path.display().to_string())
}

fn parse(text: &str) -> anyhow::Result<Thresholds> {
    let config = settings(&Thresholds::default(), "the thresholds", text)?;
    require_numbers("", &Value::try_from(&config)?)?;
    Ok(config)
}

/// No threshold is negative, infinite or not a number: a check could not say anything then.
fn require_numbers(key: &str, value: &Value) -> anyhow::Result<()> {
    match value {
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            require_numbers(&key, value)
        }),
        Value::Float(number) if !(number.is_finite() && *number >= 0.0) => bail!("{key} is {number}: it must be a number, 0 or more"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        format!("{:#}", parse(text).unwrap_err())
    }

    #[test]
    fn the_file_of_the_project_spells_out_every_default() {
        let text = include_str!("../../../../experiments/gate.toml");
        assert_eq!(parse(text).unwrap(), Thresholds::default());
        let given: Value = toml::from_str(text).unwrap();
        let defaults = Value::try_from(Thresholds::default()).unwrap();
        for section in ["gate", "drift", "compare"] {
            let keys = |of: &Value| of[section].as_table().unwrap().keys().filter(|key| *key != "slo").cloned().collect::<Vec<_>>();
            let (mut given, mut defaults) = (keys(&given), keys(&defaults));
            given.sort();
            defaults.sort();
            assert_eq!(given, defaults, "{section}");
        }
    }

    #[test]
    fn what_a_file_leaves_out_has_its_default() {
        let config = parse("[gate]\nmin_fidelity = 0.5\n[compare.slo.\"web/GET /\"]\np99_us = 1e5").unwrap();
        assert_eq!((config.gate.min_fidelity, config.gate.min_valid_share), (0.5, 1.0));
        assert_eq!(config.compare.slo["web/GET /"].p99_us, Some(1e5));
    }

    #[test]
    fn wrong_keys_and_numbers_are_named() {
        assert!(
            message("[gate]\nmin_fidelty = 1").contains("\"gate.min_fidelty\"; the nearest one of the thresholds is \"gate.min_fidelity\"")
        );
        assert!(message("[compare.slo.\"a/b\"]\np98_us = 1").contains("p98_us"));
        assert!(message("[drift]\nalpha = nan").contains("drift.alpha is NaN"));
        assert!(message("[compare.slo.\"a/b\"]\np50_us = -1").contains("compare.slo.a/b.p50_us is -1"));
        assert!(message("[gate]\nmin_fidelity = \"high\"").contains("line 2"));
    }
}
