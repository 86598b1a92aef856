//! Which systems of an experiment run on the data of a publication, and what it prints for them.

use std::collections::BTreeMap;

use tracesmith_ingest::{Manifest, Source};

use super::Reference;
use super::file::{DataSet, Figures, Settings};
use crate::data::Run;
use crate::results::{Row, Side};

/// A publication and the systems of an experiment that run on its data.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    reference: &'a Reference,
    /// Systems of the experiment in all.
    systems: usize,
    /// System and hash of its data set, by the publication's name for the data set.
    found: BTreeMap<&'a str, (&'a str, &'a str)>,
}

impl<'a> Bound<'a> {
    /// Looks for the data of the publication among those of the runs.
    pub(crate) fn of(reference: &'a Reference, runs: &'a [Run]) -> Self {
        let found = reference.data.iter().filter_map(|(name, data)| {
            let run = runs.iter().find(|run| is_of(data, &run.origin.dataset, run.origin.sha256.as_deref()))?;
            Some((name.as_str(), (run.name.as_str(), run.hash.as_str())))
        });
        Self { reference, systems: runs.len(), found: found.collect() }
    }

    /// Name of the publication.
    pub(crate) fn name(&self) -> &'a str {
        &self.reference.publication.name
    }

    /// The publication's settings.
    pub(crate) fn settings(&self) -> &'a Settings {
        &self.reference.settings
    }

    /// What is cited.
    pub(crate) fn citation(&self) -> &'a str {
        &self.reference.publication.citation
    }

    /// The publication's data sets.
    pub(crate) fn titles(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.reference.data.values().map(|data| data.title.as_str())
    }

    /// Whether a system runs on data of the publication.
    pub(crate) fn has(&self, system: &str) -> bool {
        self.found.values().any(|(name, _)| *name == system)
    }

    /// The figures that stand beside the results of a variant.
    pub(crate) fn rows(&self, experiment: &str, variant: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        for figures in self.reference.figures.iter().filter(|figures| self.applies(&figures.data)) {
            let place = Row { experiment: experiment.to_owned(), variant: variant.to_owned(), ..self.place(figures) };
            let values = figures.values.iter().map(|(metric, value)| Row { metric: self.named(metric), value: *value, ..place.clone() });
            rows.extend(values);
            for (metric, values) in &figures.by_protocol {
                let at = |(protocol, value): (&String, &f64)| Row {
                    protocol: protocol.clone(),
                    metric: metric.clone(),
                    value: *value,
                    ..place.clone()
                };
                rows.extend(values.iter().map(at));
            }
        }
        rows
    }

    /// What the publication says to a question without a number.
    pub(crate) fn remarks(&self, question: &str) -> Vec<&'a str> {
        let said = self.reference.remarks.iter().filter(|remark| remark.question == question && self.applies(&remark.data));
        said.map(|remark| remark.text.as_str()).collect()
    }

    /// Figures for several data sets are of a classifier that tells exactly those apart.
    fn applies(&self, data: &[String]) -> bool {
        data.iter().all(|name| self.found.contains_key(name.as_str())) && (data.len() == 1 || data.len() == self.systems)
    }

    fn place(&self, figures: &Figures) -> Row {
        let found: Vec<(&str, &str)> = figures.data.iter().map(|name| self.found[name.as_str()]).collect();
        Row {
            question: figures.question.clone(),
            system: if let [(system, _)] = found[..] { system.to_owned() } else { String::new() },
            data: found.iter().map(|(_, hash)| *hash).collect::<Vec<_>>().join("+"),
            generator: figures.generator.clone(),
            size: figures.size.clone(),
            protocol: figures.protocol.clone(),
            side: Side::Reference,
            ..Row::default()
        }
    }

    /// The metric with the experiment's names for the data sets.
    fn named(&self, metric: &str) -> String {
        self.found.iter().fold(metric.to_owned(), |metric, (name, (system, _))| metric.replace(&format!("{{{name}}}"), system))
    }
}

/// By the DOI of a data set of our catalogue, or by the hash of the files.
fn is_of(data: &DataSet, name: &str, sha256: Option<&str>) -> bool {
    let doi = || match Manifest::find(name).ok()?.source {
        Source::Files { doi, .. } => doi,
        Source::Simulated { .. } => None,
    };
    let by_doi = data.names.iter().any(|known| known == name) && doi().is_some_and(|doi| doi == data.doi);
    by_doi || sha256.is_some_and(|hash| data.sha256.iter().any(|known| known == hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Origin;
    use crate::reference::paper;
    use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};

    fn run(name: &str, dataset: &str, sha256: Option<&str>) -> Run {
        let traces = simulate(&SimulationConfig::new(System::TrainTicket, 1, 1)).corpus;
        let origin = Origin {
            dataset: dataset.into(),
            other: String::new(),
            sha256: sha256.map(str::to_owned),
            traces: 1,
            spans: 1,
            cleaning: None,
        };
        Run { name: name.into(), other: traces.empty_like().finish(), traces, origin, hash: format!("hash of {name}") }
    }

    fn rows(runs: &[Run]) -> Vec<Row> {
        Bound::of(paper(), runs).rows("experiment", "")
    }

    #[test]
    fn figures_stand_beside_their_data_whatever_the_system_is_called() {
        let runs = [run("boutique", "eadro-sn", None), run("trains", "eadro-tt", None)];
        let rows = rows(&runs);
        let has = |key: &str| rows.iter().any(|row| row.key() == key && row.side == Side::Reference && row.seed.is_none());
        assert!(has("rq1.trains.hvae.edge_f1") && has("rq2.hvae.copied.real10.class.boutique.precision"));
        assert!(has("anomaly.boutique.flat-vae.real30.weighted_f1") && !rows.iter().any(|row| row.metric.contains('{')));
        assert_eq!(rows.iter().find(|row| row.question == "rq3").unwrap().data, "hash of boutique+hash of trains");
        assert_eq!(Bound::of(paper(), &runs).remarks("rq2").len(), 1);
    }

    #[test]
    fn figures_of_one_data_set_stand_beside_no_other() {
        // Nezha's TrainTicket and a simulator are called tt as well.
        assert_eq!(rows(&[run("tt", "nezha-tt", Some("ab"))]), []);
        assert_eq!(rows(&[run("tt", "trainticket-sim", None), run("sn", "socialnetwork-sim", None)]), []);
        let of_one = rows(&[run("sn", "eadro-sn", None), run("tt", "trainticket-sim", None)]);
        assert!(of_one.iter().all(|row| row.system == "sn") && of_one.iter().any(|row| row.question == "rq4"));
        assert!(of_one.iter().all(|row| !["rq2", "rq3"].contains(&row.question.as_str())), "a classifier needs both");
    }

    #[test]
    fn files_are_known_by_their_hash() {
        let hash = &paper().data["tt"].sha256[0];
        let runs = [run("x", "some/TT.csv", Some(hash))];
        assert!(Bound::of(paper(), &runs).has("x") && !rows(&runs).is_empty());
    }
}
