//! The stages whose results are kept, and the code that each of them runs.

use std::collections::BTreeMap;

use super::code_versions;

/// A stage of a run whose result is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A fitted generator, which is a folder.
    Fit,
    /// Traces drawn from one.
    Sample,
    /// Traces encoded and decoded.
    Reconstruct,
    /// Synthetic traces against real ones.
    Compare,
    /// Real traces against real ones.
    Ceiling,
    /// What the latents of a generator are good for.
    Latent,
    /// The attack on membership by the likelihood.
    Likelihood,
    /// The graph classifier that tells synthetic from real traces.
    Discriminate,
    /// The graph classifier that tells systems apart.
    Classify,
    /// The graph classifier of abnormal traces.
    Detect,
}

/// Code that draws and fits; see `code_version.toml`.
const GENERATES: &[&str] = &["libraries", "trace", "codec", "model", "generate"];
/// Code that asks a fitted generator and measures its answers.
const ASKS: &[&str] = &["libraries", "trace", "codec", "model", "generate", "evaluate", "experiment"];
/// Code that compares traces. They are inputs themselves, so that it does not matter what drew them.
const MEASURES: &[&str] = &["libraries", "trace", "evaluate", "experiment"];
/// Code that trains a classifier on traces and scores it.
const CLASSIFIES: &[&str] = &["libraries", "trace", "codec", "model", "evaluate", "experiment"];

impl Stage {
    /// All stages.
    pub(crate) const ALL: [Self; 10] = [
        Self::Fit,
        Self::Sample,
        Self::Reconstruct,
        Self::Compare,
        Self::Ceiling,
        Self::Latent,
        Self::Likelihood,
        Self::Discriminate,
        Self::Classify,
        Self::Detect,
    ];

    /// Name, with which the names of its entries begin.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Sample => "sample",
            Self::Reconstruct => "reconstruct",
            Self::Compare => "compare",
            Self::Ceiling => "ceiling",
            Self::Latent => "latent",
            Self::Likelihood => "likelihood",
            Self::Discriminate => "discriminate",
            Self::Classify => "classify",
            Self::Detect => "detect",
        }
    }

    /// Names of the code that its result depends on.
    fn code(self) -> &'static [&'static str] {
        match self {
            Self::Fit | Self::Sample => GENERATES,
            Self::Reconstruct | Self::Latent | Self::Likelihood => ASKS,
            Self::Compare | Self::Ceiling => MEASURES,
            Self::Discriminate | Self::Classify | Self::Detect => CLASSIFIES,
        }
    }

    /// Versions of the code that its result depends on.
    pub(crate) fn code_versions(self) -> BTreeMap<String, u32> {
        let known = code_versions();
        self.code().iter().map(|&name| (name.to_owned(), known.get(name).copied().unwrap_or(0))).collect()
    }

    /// Whether networks run in it: another kind of device then gives another result.
    pub(crate) fn uses_device(self) -> bool {
        !matches!(self, Self::Compare | Self::Ceiling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_rests_on_code_with_a_version_and_all_such_code_is_of_some_stage() {
        for stage in Stage::ALL {
            assert!(stage.code_versions().values().all(|version| *version > 0), "{stage:?}: {:?}", stage.code_versions());
        }
        for name in code_versions().keys() {
            assert!(Stage::ALL.iter().any(|stage| stage.code().contains(&name.as_str())), "{name}");
        }
    }
}
