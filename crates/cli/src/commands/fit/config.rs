//! Settings of a generator from a TOML file.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};
use tracesmith_generate::{Generator, GeneratorConfig};

/// The generator of the kind of `default` with the settings of the file at `path`.
pub fn read(default: GeneratorConfig, path: &Path) -> anyhow::Result<GeneratorConfig> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(default, &text).with_context(|| path.display().to_string())
}

fn parse(default: GeneratorConfig, text: &str) -> anyhow::Result<GeneratorConfig> {
    let kind = default.kind();
    Ok(match default {
        GeneratorConfig::RandomSampling(default) => GeneratorConfig::RandomSampling(settings(&default, kind, text)?),
        GeneratorConfig::FlatVae(default) => GeneratorConfig::FlatVae(settings(&default, kind, text)?),
        GeneratorConfig::Hvae(default) => GeneratorConfig::Hvae(settings(&default, kind, text)?),
    })
}

/// Every setting has a default, so the defaults tell all valid keys.
fn settings<T: Serialize + DeserializeOwned>(default: &T, kind: &str, text: &str) -> anyhow::Result<T> {
    let given: Table = toml::from_str(text).map_err(|error| located(text, &error))?;
    let valid = keys(&Table::try_from(default)?, "");
    for key in keys(&given, "") {
        let is_part = |valid: &String| valid == &key || key.starts_with(&format!("{valid}.")) || valid.starts_with(&format!("{key}."));
        if !valid.iter().any(is_part) {
            bail!("unknown key {key:?}; the nearest one of {kind} is {:?}", nearest(&key, &valid));
        }
    }
    toml::from_str(text).map_err(|error| located(text, &error))
}

/// Dotted keys of all values that are no tables, and of empty tables.
fn keys(table: &Table, prefix: &str) -> Vec<String> {
    let key_of = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) if !inner.is_empty() => keys(inner, &format!("{prefix}{name}.")),
        _ => vec![format!("{prefix}{name}")],
    };
    table.iter().flat_map(key_of).collect()
}

/// A key without its table is most likely meant to be the one of that name in a table.
fn nearest<'a>(key: &str, valid: &'a [String]) -> &'a str {
    fn last(key: &str) -> &str {
        key.rsplit('.').next().unwrap_or(key)
    }
    let similarity = |valid: &String| (strsim::jaro_winkler(last(valid), last(key)), strsim::jaro_winkler(valid, key));
    let best = valid.iter().max_by(|a, b| {
        let (a, b) = (similarity(a), similarity(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    best.map_or("", String::as_str)
}

/// What is wrong, and in which line, without the excerpt of the file.
fn located(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
    let message = error.message().replace('\n', ", ");
    line.map_or_else(|| anyhow::anyhow!("{message}"), |line| anyhow::anyhow!("line {line}: {message}"))
}

#[cfg(test)]
mod tests {
    use tracesmith_generate::{HvaeGenerator, RandomSampling};

    use super::*;

    fn hvae() -> GeneratorConfig {
        GeneratorConfig::Hvae(HvaeGenerator::default())
    }

    fn message(default: GeneratorConfig, text: &str) -> String {
        format!("{:#}", parse(default, text).unwrap_err())
    }

    #[test]
    fn settings_of_the_file_replace_the_defaults() {
        let GeneratorConfig::Hvae(hvae) = parse(hvae(), "[train]\nepochs = 3\n[model]\nskip = false").unwrap() else {
            panic!("another kind")
        };
        assert_eq!((hvae.train.epochs, hvae.model.skip, hvae.model.latent), (3, false, HvaeGenerator::default().model.latent));
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        for (text, key, nearest) in [
            ("[model]\nlatnet = 3", "model.latnet", "model.latent"),
            ("epochs = 3", "epochs", "train.epochs"),
            ("[trian]\nbatch = 3", "trian.batch", "train.batch"),
            ("[modle]", "modle", "model"),
        ] {
            let message = message(hvae(), text);
            assert!(message.contains(&format!("{key:?}")) && message.contains(&format!("hvae is \"{nearest}")), "{text}: {message}");
        }
        assert!(message(GeneratorConfig::RandomSampling(RandomSampling::default()), "nmaes = 1").contains("\"names\""));
    }

    #[test]
    fn a_value_of_another_type_is_named_with_its_line() {
        let message = message(hvae(), "[model]\nskip = true\nlatent = \"many\"");
        assert!(message.contains("line 3") && message.contains("many"), "{message}");
    }
}
