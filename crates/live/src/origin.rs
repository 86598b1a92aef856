//! What every exported resource says about where its traces come from.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};
use tracesmith_formats::otlp::{AnyValue, ExportTraceServiceRequest, KeyValue};

/// Where traces come from, so that nobody takes them for measurements of a running system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Id of the data set: `tracesmith.dataset.id`.
    pub dataset: String,
    /// Its version: `tracesmith.dataset.version`.
    pub version: String,
    /// Name of the scenario: `tracesmith.scenario`.
    pub scenario: String,
    /// Seed: `tracesmith.seed`, as text, because OTLP's numbers have a sign.
    pub seed: u64,
}

impl Origin {
    /// The attributes, `tracesmith.synthetic` = true first.
    fn attributes(&self) -> [KeyValue; 5] {
        let attribute = |key: &str, value| KeyValue { key: key.to_owned(), value: Some(value) };
        let text = |text: &str| AnyValue { string_value: Some(text.to_owned()), ..AnyValue::default() };
        [
            attribute("tracesmith.synthetic", AnyValue { bool_value: Some(true), ..AnyValue::default() }),
            attribute("tracesmith.dataset.id", text(&self.dataset)),
            attribute("tracesmith.dataset.version", text(&self.version)),
            attribute("tracesmith.scenario", text(&self.scenario)),
            attribute("tracesmith.seed", text(&self.seed.to_string())),
        ]
    }

    /// Adds the attributes to every resource of a request, in place of any that have their names.
    pub(crate) fn mark(&self, request: &mut ExportTraceServiceRequest) {
        let own = self.attributes();
        for spans in &mut request.resource_spans {
            let attributes = &mut spans.resource.get_or_insert_default().attributes;
            attributes.retain(|attribute| own.iter().all(|own| own.key != attribute.key));
            attributes.extend(own.iter().cloned());
        }
    }
}

/// A version for data that has none: the first 12 hexadecimal digits of the SHA-256 of a file.
///
/// # Errors
/// If the file cannot be read.
pub fn content_version(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use tracesmith_formats::otlp::{Resource, ResourceSpans};

    use super::*;

    #[test]
    fn every_resource_says_that_it_is_synthetic_and_where_from() {
        let forged =
            KeyValue { key: "tracesmith.synthetic".into(), value: Some(AnyValue { bool_value: Some(false), ..AnyValue::default() }) };
        let named = KeyValue { key: "service.name".into(), value: None };
        let resource = Resource { attributes: vec![forged, named.clone()] };
        let with_resource = ResourceSpans { resource: Some(resource), ..ResourceSpans::default() };
        let mut request = ExportTraceServiceRequest { resource_spans: vec![with_resource, ResourceSpans::default()] };
        Origin { dataset: "shop".into(), version: "1".into(), scenario: "calm".into(), seed: u64::MAX }.mark(&mut request);
        let attributes = |i: usize| &request.resource_spans[i].resource.as_ref().unwrap().attributes;
        assert_eq!(attributes(0)[0], named);
        assert_eq!(attributes(0)[1..], attributes(1)[..]);
        let keys: Vec<_> = attributes(1).iter().map(|attribute| attribute.key.trim_start_matches("tracesmith.")).collect();
        assert_eq!(keys, ["synthetic", "dataset.id", "dataset.version", "scenario", "seed"]);
        let value = |i: usize| attributes(1)[i].value.clone().unwrap();
        assert_eq!(value(0).bool_value, Some(true));
        assert_eq!(value(4).string_value.unwrap(), "18446744073709551615");
    }

    #[test]
    fn the_version_of_a_file_is_the_beginning_of_its_hash() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        assert_eq!(content_version(file.path()).unwrap(), "ba7816bf8f01");
        assert!(content_version(Path::new("no such file")).is_err());
    }
}
