//! Settings from TOML files, with errors that name the key.

use anyhow::bail;
use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};
use tracesmith_trace::nearest_key;

/// The settings of a file's text; what it leaves out has its default. `of` is what they are settings of.
///
/// Every setting has a default, so the defaults tell all valid keys; `default` must have a value for every optional one.
///
/// # Errors
/// A key that is none, with the nearest one, or a value that is none, with its line.
pub fn settings<T: Serialize + DeserializeOwned>(default: &T, of: &str, text: &str) -> anyhow::Result<T> {
    let valid = keys(&Table::try_from(default)?, "");
    settings_with_keys(&valid, of, text, |text| toml::from_str(text))
}

/// The settings that `parse` makes of a file's text; `valid` are their keys, and `of` is what they are settings of.
///
/// # Errors
/// A key that is none, with the nearest one, or a value that is none, with its line.
pub fn settings_with_keys<T>(
    valid: &[String],
    of: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, toml::de::Error>,
) -> anyhow::Result<T> {
    let given: Table = toml::from_str(text).map_err(|error| located(text, &error))?;
    for key in keys(&given, "") {
        let is_part = |valid: &String| valid == &key || key.starts_with(&format!("{valid}.")) || valid.starts_with(&format!("{key}."));
        if !valid.iter().any(is_part) {
            bail!(
                "unknown key {key:?}; the nearest one of {of} is {:?}",
                nearest_key(&key, valid.iter().map(String::as_str)).unwrap_or_default()
            );
        }
    }
    parse(text).map_err(|error| located(text, &error))
}

/// Dotted keys of all values that are no tables, and of empty tables.
fn keys(table: &Table, prefix: &str) -> Vec<String> {
    let key_of = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) if !inner.is_empty() => keys(inner, &format!("{prefix}{name}.")),
        _ => vec![format!("{prefix}{name}")],
    };
    table.iter().flat_map(key_of).collect()
}

/// What is wrong, and in which line, without the excerpt of the file.
fn located(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
    let message = error.message().replace('\n', ", ");
    line.map_or_else(|| anyhow::anyhow!("{message}"), |line| anyhow::anyhow!("line {line}: {message}"))
}
