//! Where a version comes from, in the terms of W3C PROV: entities, the activities that used and generated them, and the agent.

use serde_json::{Map, Value, json};

/// Namespace of the names.
const NAMESPACE: &str = "urn:tracesmith:";

/// Something that a version comes from, or that was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// What it is, for people: a path, a name.
    pub label: String,
    /// Its SHA-256, if it is known.
    pub sha256: Option<String>,
    /// Where it was downloaded.
    pub url: Option<String>,
}

/// The way from raw files to a report, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    /// The files that the training data was read from.
    pub raw: Vec<Origin>,
    /// The training data.
    pub corpus: Option<Origin>,
    /// The fitted generator.
    pub model: Option<Origin>,
    /// What was measured on the version.
    pub reports: Vec<Origin>,
}

/// A PROV-JSON document under construction.
#[derive(Default)]
struct Document {
    entities: Map<String, Value>,
    activities: Map<String, Value>,
    used: Map<String, Value>,
    generated: Map<String, Value>,
    derived: Map<String, Value>,
    associated: Map<String, Value>,
}

impl Lineage {
    /// The lineage as PROV-JSON; `set` is the version itself, `agent` the program.
    pub(crate) fn to_prov(&self, set: &Origin, created: &str, agent: &str) -> Value {
        let mut document = Document::default();
        let raw: Vec<String> =
            self.raw.iter().enumerate().map(|(index, raw)| document.entity(&format!("raw-{}", index + 1), "RawFile", raw)).collect();
        let corpus = self.corpus.as_ref().map(|corpus| document.entity("corpus", "Corpus", corpus));
        let model = self.model.as_ref().map(|model| document.entity("model", "Model", model));
        let set = document.entity("set", "SyntheticTraces", set);
        if let Some(entity) = document.entities.get_mut(&set) {
            entity["prov:generatedAtTime"] = json!({ "$": created, "type": "xsd:dateTime" });
        }
        if let Some(corpus) = &corpus {
            document.activity("ingest", &raw, std::slice::from_ref(corpus));
        }
        if let Some(model) = &model {
            document.activity("fit", corpus.as_slice(), std::slice::from_ref(model));
        }
        document.activity("generate", model.as_slice(), std::slice::from_ref(&set));
        let reports: Vec<String> = self
            .reports
            .iter()
            .enumerate()
            .map(|(index, report)| document.entity(&format!("report-{}", index + 1), "Report", report))
            .collect();
        if !reports.is_empty() {
            let compared: Vec<String> = [set].into_iter().chain(corpus).collect();
            document.activity("evaluate", &compared, &reports);
        }
        document.finish(agent)
    }
}

impl Document {
    fn entity(&mut self, id: &str, kind: &str, origin: &Origin) -> String {
        let mut content = json!({
            "prov:label": origin.label,
            "prov:type": { "$": format!("tracesmith:{kind}"), "type": "prov:QUALIFIED_NAME" },
        });
        if let Some(sha256) = &origin.sha256 {
            content["tracesmith:sha256"] = json!(sha256);
        }
        if let Some(url) = &origin.url {
            content["prov:atLocation"] = json!(url);
        }
        let id = format!("tracesmith:{id}");
        self.entities.insert(id.clone(), content);
        id
    }

    /// An activity of the program that turned `inputs` into `outputs`.
    fn activity(&mut self, name: &str, inputs: &[String], outputs: &[String]) {
        let id = format!("tracesmith:{name}");
        self.activities.insert(id.clone(), json!({ "prov:label": name }));
        self.associated.insert(format!("_:by-{name}"), json!({ "prov:activity": id, "prov:agent": "tracesmith:program" }));
        for input in inputs {
            self.used.insert(format!("_:u{}", self.used.len() + 1), json!({ "prov:activity": id, "prov:entity": input }));
        }
        for output in outputs {
            self.generated.insert(format!("_:g{}", self.generated.len() + 1), json!({ "prov:entity": output, "prov:activity": id }));
            for input in inputs {
                let derivation = json!({ "prov:generatedEntity": output, "prov:usedEntity": input, "prov:activity": id });
                self.derived.insert(format!("_:d{}", self.derived.len() + 1), derivation);
            }
        }
    }

    fn finish(self, agent: &str) -> Value {
        json!({
            "prefix": { "tracesmith": NAMESPACE, "xsd": "http://www.w3.org/2001/XMLSchema#" },
            "entity": self.entities,
            "activity": self.activities,
            "agent": {
                "tracesmith:program": {
                    "prov:label": agent,
                    "prov:type": { "$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME" },
                }
            },
            "used": self.used,
            "wasGeneratedBy": self.generated,
            "wasDerivedFrom": self.derived,
            "wasAssociatedWith": self.associated,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(label: &str) -> Origin {
        Origin { label: label.into(), sha256: Some(format!("hash of {label}")), url: None }
    }

    fn lineage() -> Lineage {
        let raw = Origin { url: Some("https://host/x.zip".into()), ..origin("x.zip") };
        Lineage { raw: vec![raw], corpus: Some(origin("corpus")), model: Some(origin("model")), reports: vec![origin("metrics.json")] }
    }

    /// All (activity, entity) pairs of a relation.
    fn pairs(document: &Value, relation: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().trim_start_matches("tracesmith:").to_owned();
        document[relation].as_object().unwrap().values().map(|pair| (text(&pair["prov:activity"]), text(&pair["prov:entity"]))).collect()
    }

    #[test]
    fn the_way_leads_from_the_raw_file_to_the_report() {
        let document = lineage().to_prov(&origin("set"), "2026-01-01T00:00:00Z", "tracesmith 1");
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let used = [("ingest", "raw-1"), ("fit", "corpus"), ("generate", "model"), ("evaluate", "set"), ("evaluate", "corpus")];
        assert_eq!(pairs(&document, "used"), owned(&used));
        let generated = [("ingest", "corpus"), ("fit", "model"), ("generate", "set"), ("evaluate", "report-1")];
        assert_eq!(pairs(&document, "wasGeneratedBy"), owned(&generated));
        assert_eq!(document["entity"]["tracesmith:raw-1"]["prov:atLocation"], "https://host/x.zip");
        assert_eq!(document["entity"]["tracesmith:model"]["tracesmith:sha256"], "hash of model");
    }

    #[test]
    fn every_relation_is_between_things_of_the_document() {
        for lineage in [lineage(), Lineage::default()] {
            let document = lineage.to_prov(&origin("set"), "2026-01-01T00:00:00Z", "tracesmith 1");
            let known = |kind: &str, id: &Value| document[kind].get(id.as_str().unwrap()).is_some();
            for relation in ["used", "wasGeneratedBy"] {
                for pair in document[relation].as_object().unwrap().values() {
                    assert!(known("activity", &pair["prov:activity"]) && known("entity", &pair["prov:entity"]), "{pair}");
                }
            }
            for derivation in document["wasDerivedFrom"].as_object().unwrap().values() {
                assert!(known("entity", &derivation["prov:generatedEntity"]) && known("entity", &derivation["prov:usedEntity"]));
            }
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let document = Lineage::default().to_prov(&origin("set"), "2026-01-01T00:00:00Z", "tracesmith 1");
        assert_eq!(document["entity"].as_object().unwrap().len(), 1);
        assert_eq!(document["activity"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tracesmith:generate"]);
    }
}
