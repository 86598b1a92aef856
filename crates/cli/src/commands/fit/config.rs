//! Settings of a generator from a TOML file.

use std::{fs, path::Path};

use anyhow::Context;
use tracesmith_generate::{GeneratorConfig, kind};

use crate::settings::settings_with_keys;

/// The generator of this kind with the settings of the file at `path`.
pub fn read(name: &str, path: &Path) -> anyhow::Result<GeneratorConfig> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(name, &text).with_context(|| path.display().to_string())
}

fn parse(name: &str, text: &str) -> anyhow::Result<GeneratorConfig> {
    let kind = kind(name).with_context(|| format!("there is no generator {name}"))?;
    settings_with_keys(&kind.keys(), name, text, |text| kind.from_toml(text))
}

#[cfg(test)]
mod tests {
    use tracesmith_generate::{Generator, HvaeGenerator, TreeHvaeGenerator};

    use super::*;

    fn settings<G: Generator>(text: &str) -> G {
        parse(G::KIND, text).unwrap().get::<G>().unwrap().clone()
    }

    fn message(kind: &str, text: &str) -> String {
        format!("{:#}", parse(kind, text).unwrap_err())
    }

    #[test]
    fn settings_of_the_file_replace_the_defaults() {
        let hvae: HvaeGenerator = settings("[train]\nepochs = 3\n[model]\nskip = false");
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
            let message = message("hvae", text);
            assert!(message.contains(&format!("{key:?}")) && message.contains(&format!("hvae is \"{nearest}")), "{text}: {message}");
        }
        assert!(message("random-sampling", "nmaes = 1").contains("\"names\""));
    }

    #[test]
    fn a_table_that_is_off_by_default_can_be_given() {
        let given: TreeHvaeGenerator = settings("[train.privacy]\nepsilon = 3.0");
        assert_eq!(given.train.privacy.and_then(|privacy| privacy.epsilon), Some(3.0));
        assert!(message("tree-hvae", "[train.privacy]\nepsilonn = 3.0").contains("tree-hvae is \"train.privacy.epsilon\""));
    }

    #[test]
    fn a_value_of_another_type_is_named_with_its_line() {
        let message = message("hvae", "[model]\nskip = true\nlatent = \"many\"");
        assert!(message.contains("line 3") && message.contains("many"), "{message}");
    }
}
