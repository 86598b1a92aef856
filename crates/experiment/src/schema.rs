//! The JSON schema of an experiment file, for editors and other tools.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::config::Experiment;

/// JSON schema (draft 2020-12) of an experiment file, with every kind of generator that this program knows.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Experiment>().to_value();
    // The matrix is expanded before the rest is read, so that it is no part of the type.
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("matrix".to_owned(), matrix());
    }
    schema
}

fn matrix() -> Value {
    json!({
        "description": "Lists of values by dotted key, such as `\"generators.hvae.model.beta\" = [0.0, 0.02]`; every combination is a variant.",
        "type": "object",
        "additionalProperties": { "type": ["array", "object"] },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn experiments() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
    }

    #[test]
    fn the_checked_in_schema_is_current() {
        let path = experiments().join("schema.json");
        let current = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("TRACESMITH_ACCEPT_SCHEMA").is_some_and(|value| !value.is_empty()) {
            return fs::write(path, current).unwrap();
        }
        assert!(
            fs::read_to_string(path).unwrap_or_default() == current,
            "the keys of an experiment have changed: TRACESMITH_ACCEPT_SCHEMA=1 cargo test -p tracesmith-experiment --lib schema"
        );
    }

    /// What a schema says of a value, behind references and choices.
    fn resolved<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
        let referred = schema.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.trim_start_matches('#')));
        let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|choice| schema.get(choice)?.as_array()).flatten();
        let inner = referred.into_iter().chain(choices).flat_map(|schema| resolved(root, schema));
        std::iter::once(schema).chain(inner).collect()
    }

    /// Keys of a table that no schema of it has.
    fn unknown(root: &Value, schemas: &[&Value], table: &toml::Table) -> Vec<String> {
        let mut unknown_keys = Vec::new();
        for (key, value) in table {
            let property = |schema: &&'_ Value| {
                let own = schema.get("properties").and_then(|properties| properties.get(key));
                own.or_else(|| schema.get("additionalProperties").filter(|rest| rest.is_object())).cloned()
            };
            let inner: Vec<Value> = schemas.iter().filter_map(property).collect();
            if inner.is_empty() {
                unknown_keys.push(key.clone());
            }
            if let Some(table) = value.as_table() {
                let resolved: Vec<&Value> = inner.iter().flat_map(|schema| resolved(root, schema)).collect();
                unknown_keys.extend(unknown(root, &resolved, table).into_iter().map(|rest| format!("{key}.{rest}")));
            }
        }
        unknown_keys
    }

    #[test]
    fn every_key_of_the_experiments_is_in_the_schema_and_others_are_not() {
        let root = schema();
        let check = |text: &str| {
            let mut table: toml::Table = toml::from_str(text).unwrap();
            table.remove("matrix");
            unknown(&root, &resolved(&root, &root), &table)
        };
        let files: Vec<PathBuf> = ["", "ablations", "ablations/tree_hvae"]
            .iter()
            .flat_map(|folder| fs::read_dir(experiments().join(folder)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with("gate.toml"))
            .collect();
        assert!(files.len() >= 24, "{files:?}");
        for file in files {
            assert_eq!(check(&fs::read_to_string(&file).unwrap()), Vec::<String>::new(), "{}", file.display());
        }
        assert_eq!(
            check("sedes = [1]\n[data]\ntrace = 3\n[generators.x]\nkind = \"hvae\"\nmodel.latnt = 3"),
            ["data.trace", "generators.x.model.latnt", "sedes"]
        );
    }
}
