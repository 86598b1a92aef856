//! Settings of a generator from a TOML file.

use std::{fs, path::Path};

use anyhow::Context;
use tracesmith_generate::{Generator, GeneratorConfig};
use tracesmith_model::train::PrivacyConfig;

use crate::settings::settings;

/// The generator of the kind of `default` with the settings of the file at `path`.
pub fn read(default: GeneratorConfig, path: &Path) -> anyhow::Result<GeneratorConfig> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(default, &text).with_context(|| path.display().to_string())
}

fn parse(default: GeneratorConfig, text: &str) -> anyhow::Result<GeneratorConfig> {
    let kind = default.kind();
    Ok(match default {
        GeneratorConfig::RandomSampling(default) => GeneratorConfig::RandomSampling(settings(&default, kind, text)?),
        GeneratorConfig::MarkovTree(default) => GeneratorConfig::MarkovTree(settings(&default, kind, text)?),
        GeneratorConfig::FlatVae(mut default) => {
            default.train.privacy = Some(every_setting());
            GeneratorConfig::FlatVae(settings(&default, kind, text)?)
        }
        GeneratorConfig::Hvae(mut default) => {
            default.train.privacy = Some(every_setting());
            GeneratorConfig::Hvae(settings(&default, kind, text)?)
        }
        GeneratorConfig::TreeHvae(mut default) => {
            default.train.privacy = Some(every_setting());
            GeneratorConfig::TreeHvae(settings(&default, kind, text)?)
        }
    })
}

/// Privacy is off by default; its keys are valid all the same.
fn every_setting() -> PrivacyConfig {
    PrivacyConfig { clip: 1.0, noise_multiplier: Some(1.0), epsilon: Some(1.0), delta: Some(1.0) }
}

#[cfg(test)]
mod tests {
    use tracesmith_generate::{HvaeGenerator, RandomSampling, TreeHvaeGenerator};

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
    fn a_table_that_is_off_by_default_can_be_given() {
        let tree = || GeneratorConfig::TreeHvae(TreeHvaeGenerator::default());
        let GeneratorConfig::TreeHvae(given) = parse(tree(), "[train.privacy]\nepsilon = 3.0").unwrap() else {
            panic!("another kind of generator");
        };
        assert_eq!(given.train.privacy.and_then(|privacy| privacy.epsilon), Some(3.0));
        assert!(message(tree(), "[train.privacy]\nepsilonn = 3.0").contains("tree-hvae is \"train.privacy.epsilon\""));
    }

    #[test]
    fn a_value_of_another_type_is_named_with_its_line() {
        let message = message(hvae(), "[model]\nskip = true\nlatent = \"many\"");
        assert!(message.contains("line 3") && message.contains("many"), "{message}");
    }
}
