//! From a TOML file to experiments: overrides, the matrix, and errors that name the key.

use std::path::Path;

use toml::{Table, Value};
use tracesmith_trace::with_nearest;

use crate::{Experiment, ExperimentError, ExperimentFile};

/// One run of an experiment file: a choice of every key in `[matrix]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// `key=value` of the matrix, by the last part of the key; empty without a matrix.
    pub name: String,
    /// The experiment with these values.
    pub experiment: Experiment,
}

/// Reads an experiment file, applies `overrides` (`key=value` with dotted keys) and expands `[matrix]` into all combinations.
///
/// # Errors
/// [`ExperimentError`] names the file, the key, and the nearest valid key where one is unknown.
pub fn read(path: &Path, overrides: &[String]) -> Result<Vec<Variant>, ExperimentError> {
    expand(&ExperimentFile::read(path)?, overrides)
}

/// [`read`] for a file that was read already.
pub(crate) fn expand(ExperimentFile { path, text }: &ExperimentFile, overrides: &[String]) -> Result<Vec<Variant>, ExperimentError> {
    let mut table: Table = toml::from_str(text).map_err(|error| syntax(path, &error))?;
    for text in overrides {
        let (key, value) = text.split_once('=').ok_or_else(|| ExperimentError::Override(text.clone()))?;
        set(&mut table, path, key.trim(), parse_value(value.trim()))?;
    }
    let matrix = match table.remove("matrix") {
        None => Table::new(),
        Some(Value::Table(matrix)) => matrix,
        Some(_) => return Err(key_error(path, "matrix", "must be a table of lists".into())),
    };
    let mut variants = vec![(String::new(), table)];
    for (key, values) in flatten(matrix) {
        let Value::Array(values) = values else {
            return Err(key_error(path, &format!("matrix.{key}"), "must be a list of values".into()));
        };
        let mut expanded = Vec::new();
        for (name, table) in &variants {
            for value in &values {
                let mut table = table.clone();
                set(&mut table, path, &key, value.clone())?;
                expanded.push((join(name, &key, value), table));
            }
        }
        variants = expanded;
    }
    if variants.is_empty() {
        return Err(key_error(path, "matrix", "a list of it is empty".into()));
    }
    variants.into_iter().map(|(name, table)| Ok(Variant { name, experiment: parse(path, table)? })).collect()
}

fn syntax(path: &Path, error: &toml::de::Error) -> ExperimentError {
    let message = error.to_string().trim_end().replace('\n', "\n  ");
    ExperimentError::Syntax { path: path.to_owned(), message }
}

fn key_error(path: &Path, key: &str, message: String) -> ExperimentError {
    ExperimentError::Key { path: path.to_owned(), key: key.to_owned(), message }
}

/// Nested tables of the matrix as dotted keys; a quoted dotted key stays as it is.
fn flatten(matrix: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (key, value) in matrix {
        match value {
            Value::Table(inner) => flat.extend(flatten(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value))),
            value => flat.push((key, value)),
        }
    }
    flat
}

fn join(name: &str, key: &str, value: &Value) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if name.is_empty() { format!("{last}={value}") } else { format!("{name}, {last}={value}") }
}

/// A TOML value, or the text itself where it is none.
fn parse_value(text: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| text.into())
}

fn set(table: &mut Table, path: &Path, key: &str, value: Value) -> Result<(), ExperimentError> {
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().filter(|last| !last.is_empty()).ok_or_else(|| key_error(path, key, "is no key".into()))?;
    let mut inner = table;
    for part in parts {
        let entry = inner.entry(part.to_owned()).or_insert_with(|| Table::new().into());
        inner = entry.as_table_mut().ok_or_else(|| key_error(path, key, format!("`{part}` is a value, not a table")))?;
    }
    inner.insert(last.to_owned(), value);
    Ok(())
}

fn parse(path: &Path, table: Table) -> Result<Experiment, ExperimentError> {
    let experiment: Experiment = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let message = error.inner().to_string();
        let place = error.path().to_string();
        let place = if place == "." { "experiment".to_owned() } else { place };
        key_error(path, &place, with_nearest(message.lines().next().unwrap_or(&message)))
    })?;
    experiment.check().map_err(|(key, message)| key_error(path, &key, message))?;
    Ok(experiment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "
        [systems.sn]
        dataset = \"socialnetwork-sim\"
        [systems.tt]
        dataset = \"trainticket-sim\"
        [generators.hvae]
        kind = \"hvae\"
    ";

    fn read_text(text: &str, overrides: &[&str]) -> Result<Vec<Variant>, ExperimentError> {
        let file = ExperimentFile { path: "test.toml".into(), text: text.to_owned() };
        expand(&file, &overrides.iter().map(|&o| o.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn overrides_take_toml_values_and_plain_words() {
        let variants = read_text(BASE, &["data.traces=50", "systems.sn.dataset=some/*.csv", "seeds=[1, 2]"]).unwrap();
        let experiment = &variants[0].experiment;
        assert_eq!((experiment.data.traces, &experiment.seeds[..]), (50, &[1, 2][..]));
        assert_eq!(experiment.systems["sn"].dataset, "some/*.csv");
    }

    #[test]
    fn a_matrix_is_expanded_into_all_combinations() {
        let text = format!("{BASE}\n[matrix]\n\"generators.hvae.model.beta\" = [0.0, 0.02]\ndata.traces = [20, 30]");
        let names: Vec<String> = read_text(&text, &[]).unwrap().into_iter().map(|v| v.name).collect();
        assert_eq!(names.len(), 4);
        assert!(names.iter().any(|name| name.contains("beta=0.02") && name.contains("traces=30")), "{names:?}");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_valid_one() {
        let cases = [
            ("seed = [1]\n", "unknown key `seed`; did you mean `seeds`?"),
            ("[data]\ntrace = 3\n", "data.trace: unknown key `trace`; did you mean `traces`?"),
            ("[generators.x]\nkind = \"hvae\"\n[generators.x.model]\nlatnt = 3\n", "unknown key `latnt`; did you mean `latent`?"),
            ("[generators.x]\nkind = \"hvea\"\n", "unknown value `hvea`; did you mean `hvae`?"),
        ];
        for (text, expected) in cases {
            let error = read_text(&format!("{text}{BASE}"), &[]).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("test.toml"), "{error}");
        }
    }

    #[test]
    fn values_out_of_range_and_broken_overrides_are_refused() {
        for (text, overrides) in
            [("", "data.held_out=1.5"), ("", "seeds=[]"), ("", "utility.sizes=[\"fixed:0\"]"), ("", "nonsense"), ("", "data.traces.x=1")]
        {
            assert!(read_text(&format!("{text}{BASE}\n[data]\ntraces = 50"), &[overrides]).is_err(), "{overrides}");
        }
        assert!(matches!(read_text("not toml", &[]), Err(ExperimentError::Syntax { .. })));
        let error = read_text(BASE, &["systems.tt.dataset=socialnetwork-sim"]).unwrap_err().to_string();
        assert!(error.contains("systems.tt.dataset: reads the same files as systems.sn"), "{error}");
    }
}
