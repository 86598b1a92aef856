//! The file of figures of a publication.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What a publication prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    pub publication: Publication,
    /// The data sets that its figures were measured on, by a short name.
    pub data: BTreeMap<String, DataSet>,
    pub settings: Settings,
    pub remarks: Vec<Remark>,
    pub figures: Vec<Figures>,
}

/// The publication itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publication {
    /// What stands behind the name of a generator in tables.
    pub name: String,
    pub citation: String,
}

/// A data set, known by its DOI and its names in our catalogue, or by the SHA-256 of its files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSet {
    pub title: String,
    pub doi: String,
    pub names: Vec<String>,
    pub sha256: Vec<String>,
}

/// How the figures were obtained, under the keys of an experiment file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub experiment: BTreeMap<String, toml::Value>,
    /// By kind of generator.
    pub generators: BTreeMap<String, BTreeMap<String, toml::Value>>,
}

/// A figure that is no number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    pub question: String,
    pub data: Vec<String>,
    pub text: String,
}

/// Figures of one generator on one data set, or on all those that a classifier was to tell apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    pub question: String,
    pub data: Vec<String>,
    pub generator: String,
    #[serde(default)]
    pub size: String,
    #[serde(default)]
    pub protocol: String,
    /// Values by metric.
    #[serde(default)]
    pub values: BTreeMap<String, f64>,
    /// Values of a metric by protocol.
    #[serde(default)]
    pub by_protocol: BTreeMap<String, BTreeMap<String, f64>>,
}

static PAPER: LazyLock<Reference> =
    LazyLock::new(|| toml::from_str(include_str!("../../reference/paper.toml")).expect("the file is a part of the program and is tested"));

/// The figures of the paper that this project reproduces.
pub(crate) fn paper() -> &'static Reference {
    &PAPER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics;

    #[test]
    fn every_figure_is_of_a_known_metric_and_of_known_data() {
        for figures in &paper().figures {
            assert!(figures.data.iter().all(|data| paper().data.contains_key(data)), "{figures:?}");
            for (metric, value) in &figures.values {
                assert!(metrics::metric(&metric.replace(['{', '}'], "")).is_some(), "{metric}");
                assert!(metric.ends_with("_us") || (0.0..=1.0).contains(value), "{metric} {value}");
            }
            for (metric, values) in &figures.by_protocol {
                assert!(metrics::metric(metric).is_some() && values.values().all(|value| (0.0..=1.0).contains(value)), "{metric}");
            }
        }
        assert_eq!(paper().figures.len(), 18);
    }

    #[test]
    fn data_are_known_by_the_doi_that_our_catalogue_has() {
        for data in paper().data.values() {
            for name in &data.names {
                let manifest = tracesmith_ingest::Manifest::find(name).unwrap();
                let tracesmith_ingest::Source::Files { doi, .. } = manifest.source else { panic!("{name} is simulated") };
                assert_eq!(doi.as_ref(), Some(&data.doi), "{name}");
            }
            assert!(data.sha256.iter().all(|hash| hash.len() == 64), "{}", data.title);
        }
    }
}
