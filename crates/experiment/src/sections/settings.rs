//! Settings by dotted key, as an experiment file has them.

use serde::Serialize;
use serde_json::Value;

/// Every setting of `config` that is not nothing, with its dotted key.
pub(super) fn flattened(config: &impl Serialize) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    // What is written to the provenance can be written here.
    if let Ok(value) = serde_json::to_value(config) {
        collect(String::new(), value, &mut flat);
    }
    flat
}

fn collect(key: String, value: Value, flat: &mut Vec<(String, Value)>) {
    match value {
        Value::Null => {}
        Value::Object(entries) => {
            for (name, value) in entries {
                collect(if key.is_empty() { name } else { format!("{key}.{name}") }, value, flat);
            }
        }
        value => flat.push((key, value)),
    }
}

/// A setting as an experiment file writes it, without the quotation marks of words.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Experiment;

    #[test]
    fn settings_have_the_keys_of_the_file() {
        let text =
            "seeds = [1, 2]\nsystems = { a = { dataset = \"x.csv\" } }\ngenerators = { h = { kind = \"hvae\", train = { epochs = 3 } } }";
        let experiment: Experiment = toml::from_str(text).unwrap();
        let flat = flattened(&experiment);
        let of = |key: &str| flat.iter().find(|(known, _)| known == key).map(|(_, value)| written(value));
        assert_eq!(of("generators.h.train.epochs").as_deref(), Some("3"));
        assert_eq!((of("seeds").as_deref(), of("systems.a.dataset").as_deref()), (Some("[1, 2]"), Some("x.csv")));
        assert_eq!(of("systems.a.other"), None, "what is not set is not there");
    }
}
