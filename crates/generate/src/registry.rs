//! The kinds of generators that there are: a line each.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use thiserror::Error;
use tracesmith_model::Device;

use crate::config::GeneratorConfig;
use crate::error::StoreError;
use crate::external::External;
use crate::fitted::FittedGenerator;
use crate::flat_vae::FlatVaeGenerator;
use crate::generator::{Capabilities, Generator};
use crate::hvae::HvaeGenerator;
use crate::markov_tree::MarkovTree;
use crate::random_sampling::RandomSampling;
use crate::sampling_settings::SamplingSettings;
use crate::store::StoredModel;
use crate::tree_hvae::TreeHvaeGenerator;

/// The kinds that this program has; a new one is a line here.
static BUILT_IN: [Kind; 6] = [
    Kind::of::<RandomSampling>(),
    Kind::of::<MarkovTree>(),
    Kind::of::<FlatVaeGenerator>(),
    Kind::of::<HvaeGenerator>(),
    Kind::of::<TreeHvaeGenerator>(),
    Kind::of::<External>(),
];

/// The kinds that programs brought along.
static REGISTERED: Mutex<Vec<&'static Kind>> = Mutex::new(Vec::new());

/// A kind of generator: what is known of it without an instance.
#[derive(Debug)]
pub struct Kind {
    /// Its name, e.g. `hvae`.
    pub name: &'static str,
    /// What it is, in a sentence without a full stop.
    pub summary: &'static str,
    default: fn() -> GeneratorConfig,
    from_value: fn(Value) -> serde_json::Result<GeneratorConfig>,
    from_toml: fn(&str) -> Result<GeneratorConfig, toml::de::Error>,
    load: fn(StoredModel) -> Result<Box<dyn FittedGenerator>, StoreError>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Why a kind cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is a generator named `{0}` already: give the new kind another name")]
pub struct NameTaken(&'static str);

impl Kind {
    const fn of<G: Generator>() -> Self {
        Self {
            name: G::KIND,
            summary: G::SUMMARY,
            default: || GeneratorConfig::new(G::default()),
            from_value: |value| parse::<G, _>(value),
            from_toml: |text| toml::from_str::<G>(text).map(GeneratorConfig::new),
            load: G::load,
            schema: G::json_schema,
        }
    }

    /// Its settings where nothing is chosen.
    pub fn default_config(&self) -> GeneratorConfig {
        (self.default)()
    }

    /// What it can do with its default settings.
    pub fn capabilities(&self) -> Capabilities {
        self.default_config().capabilities()
    }

    /// Its settings in TOML, without its name.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn from_toml(&self, text: &str) -> Result<GeneratorConfig, toml::de::Error> {
        (self.from_toml)(text)
    }

    /// Dotted keys of all of its settings, also of those that are off by default.
    pub fn keys(&self) -> Vec<String> {
        let mut generator = SchemaSettings::default().with(|settings| settings.inline_subschemas = true).into_generator();
        let mut keys = Vec::new();
        collect_keys((self.schema)(&mut generator).as_value(), "", &mut keys);
        keys
    }

    /// JSON schema of its settings with its name, as in a configuration file.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let mut schema = (self.schema)(generator);
        schema.insert("description".into(), self.summary.into());
        let properties = schema.ensure_object().entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            let mut all = Map::from_iter([("kind".to_owned(), json!({ "const": self.name }))]);
            all.append(properties);
            *properties = all;
        }
        schema.insert("required".into(), json!(["kind"]));
        schema
    }
}

fn parse<'de, G: Generator + DeserializeOwned, D: Deserializer<'de>>(value: D) -> Result<GeneratorConfig, D::Error> {
    G::deserialize(value).map(GeneratorConfig::new)
}

/// Dotted keys of the values that a schema without references describes; those of an optional table are a choice among several schemas.
fn collect_keys(schema: &Value, prefix: &str, keys: &mut Vec<String>) {
    let choices = ["anyOf", "oneOf"].into_iter().filter_map(|choice| schema.get(choice)?.as_array()).flatten();
    let tables = std::iter::once(schema).chain(choices).filter_map(|schema| schema.get("properties")?.as_object());
    let before = keys.len();
    for (name, value) in tables.flatten() {
        collect_keys(value, &format!("{prefix}{name}."), keys);
    }
    if keys.len() == before && !prefix.is_empty() {
        keys.push(prefix.trim_end_matches('.').to_owned());
    }
}

/// Every kind of generator: those of this program in the order in which tables show them, then those that were registered.
pub fn kinds() -> Vec<&'static Kind> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    BUILT_IN.iter().chain(registered.iter().copied()).collect()
}

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().into_iter().find(|kind| kind.name == name)
}

/// Makes a kind of generator known for the rest of this process, as if it were one of this program.
///
/// # Errors
/// [`NameTaken`] if there is a kind of that name.
pub fn register<G: Generator>() -> Result<(), NameTaken> {
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if BUILT_IN.iter().chain(registered.iter().copied()).any(|kind| kind.name == G::KIND) {
        return Err(NameTaken(G::KIND));
    }
    registered.push(Box::leak(Box::new(Kind::of::<G>())));
    Ok(())
}

/// Loads a fitted generator. `adjust` may change how traces are drawn, e.g. the temperature; it is not called for generators that have
/// no such settings.
///
/// # Errors
/// [`StoreError`] if the folder holds no model, a damaged one, one of an unknown kind, or weights that do not fit its vocabulary.
pub fn load(folder: &Path, device: &Device, adjust: impl FnOnce(&mut SamplingSettings)) -> Result<Box<dyn FittedGenerator>, StoreError> {
    let mut model = StoredModel::open(folder, device)?;
    let Some(kind) = kind(model.kind()) else {
        return Err(model.invalid(format!("unknown generator `{}`: this program knows {}", model.kind(), names())));
    };
    // Models of earlier versions lack settings that came later.
    let mut sampling = kind.default_config().sampling().overlaid(model.sampling());
    if !sampling.is_empty() {
        adjust(&mut sampling);
        model.set_sampling(sampling);
    }
    (kind.load)(model)
}

fn names() -> String {
    kinds().iter().map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ")
}

impl<'de> Deserialize<'de> for GeneratorConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut content = Map::<String, Value>::deserialize(deserializer)?;
        let name = match content.shift_remove("kind") {
            Some(Value::String(name)) => name,
            Some(other) => return Err(D::Error::custom(format!("`kind` is {other}: it must be one of {}", names()))),
            None => return Err(D::Error::missing_field("kind")),
        };
        // In the words of serde, so that whoever adds the nearest name to an unknown one does so here.
        let kind = kind(&name).ok_or_else(|| D::Error::custom(format!("unknown variant `{name}`, expected one of {}", names())))?;
        (kind.from_value)(Value::Object(content)).map_err(D::Error::custom)
    }
}

impl JsonSchema for GeneratorConfig {
    fn schema_name() -> Cow<'static, str> {
        "GeneratorConfig".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let all: Vec<Schema> = kinds().iter().map(|kind| kind.schema(generator)).collect();
        let mut schema = Schema::default();
        schema.insert("oneOf".into(), json!(all));
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_survives_json_and_names_its_kind() {
        for kind in kinds() {
            let config = kind.default_config();
            let json = serde_json::to_string(&config).unwrap();
            assert!(json.starts_with(&format!("{{\"kind\":\"{}\"", kind.name)), "{json}");
            assert_eq!(serde_json::from_str::<GeneratorConfig>(&json).unwrap(), config);
        }
    }

    #[test]
    fn unknown_keys_and_kinds_are_refused() {
        let error = |json: &str| serde_json::from_str::<GeneratorConfig>(json).unwrap_err().to_string();
        assert!(error(r#"{"kind":"hvae","model":{"latnt":3}}"#).contains("latnt"));
        assert!(error(r#"{"kind":"hvea"}"#).starts_with("unknown variant `hvea`, expected one of `random-sampling`, `markov-tree`"));
        assert!(error(r#"{"kind":3}"#).contains("`kind` is 3"));
        assert!(error("{}").contains("kind"));
    }

    #[test]
    fn keys_are_dotted_and_those_that_are_off_by_default_are_among_them() {
        let keys = kind("tree-hvae").unwrap().keys();
        for key in ["codec.knots", "model.graph_latent", "train.steps", "train.privacy.epsilon", "sampling.min_p"] {
            assert!(keys.iter().any(|known| known == key), "{key}: {keys:?}");
        }
        assert!(!keys.iter().any(|key| key == "train.privacy" || key == "model"));
        assert_eq!(kind("random-sampling").unwrap().keys(), ["names"]);
    }

    #[test]
    fn a_name_is_given_once() {
        assert_eq!(register::<MarkovTree>(), Err(NameTaken("markov-tree")));
    }

    #[test]
    fn the_schema_of_a_kind_names_it_and_all_of_its_settings() {
        let schema = serde_json::to_value(schemars::schema_for!(GeneratorConfig)).unwrap();
        let of_kinds = schema["oneOf"].as_array().unwrap();
        assert_eq!(of_kinds.len(), kinds().len());
        for (kind, schema) in kinds().iter().zip(of_kinds) {
            assert_eq!(schema["properties"]["kind"]["const"], kind.name);
            let settings = serde_json::to_value(kind.default_config()).unwrap();
            for key in settings.as_object().unwrap().keys() {
                assert!(schema["properties"].get(key).is_some(), "{}: {key}", kind.name);
            }
        }
    }
}
