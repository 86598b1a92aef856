//! Names that say nothing, so that traces or a model can be shared without those of the system.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::{AttributeSets, Attributes, Corpus, CorpusBuilder, Fault, Label, Shape, Trace, Vocabulary, in_preorder};

/// Bytes that a salt must have.
///
/// Names of services and operations are easy to guess (`GET`, `cart`): whoever knows the salt can try them all, so that the salt must be as
/// hard to find as a key.
pub const MIN_SALT_BYTES: usize = 16;

/// Hexadecimal digits of a pseudonym: among 1,000 names the chance that two share theirs is 2·10⁻⁹.
const DIGITS: usize = 12;

/// Attributes that say how a call is made and name nothing of the system; all others (routes, methods of an RPC, tables) are names too.
const NAMELESS_ATTRIBUTES: [&str; 11] = [
    "db.system",
    "db.system.name",
    "http.method",
    "http.request.method",
    "http.scheme",
    "messaging.system",
    "rpc.grpc.status_code",
    "rpc.response.status_code",
    "rpc.system",
    "rpc.system.name",
    "url.scheme",
];

/// Why names cannot be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PseudonymError {
    /// The salt could be guessed.
    #[error("a salt of {0} bytes could be guessed: give {MIN_SALT_BYTES} random bytes at least (e.g. `openssl rand -hex 16`)")]
    ShortSalt(usize),
    /// Two names would become one.
    #[error("the names {first:?} and {second:?} both become {pseudonym}: take another salt")]
    Collision {
        /// One name.
        first: String,
        /// The other one.
        second: String,
        /// What both become.
        pseudonym: String,
    },
    /// The mapping does not know a pseudonym.
    #[error("{0:?} is no pseudonym of this mapping: it belongs to another salt or another data set")]
    Unknown(String),
}

/// Which pseudonym stands for which name. Whoever has it can undo the replacement: it must be kept apart from what is shared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymMapping {
    /// Service by its pseudonym; also the targets of faults, which may be no service of any trace.
    pub services: BTreeMap<String, String>,
    /// Operation by its pseudonym.
    pub operations: BTreeMap<String, String>,
}

impl Corpus {
    /// The same traces with `svc-…` and `op-…` in place of the names of services (and targets of faults) and operations, and what stands for
    /// what.
    ///
    /// A pseudonym is the beginning of the HMAC-SHA256 of the name under `salt`: equal in every corpus of the same salt, unrelated under
    /// another one. The name of the corpus, trace ids, times, statuses and kinds of faults stay as they are. Attributes that are names
    /// themselves are left out, for good; spans of a tree are put in the preorder of their new names.
    ///
    /// # Errors
    /// A salt of fewer than [`MIN_SALT_BYTES`] bytes, or two names with the same pseudonym.
    pub fn pseudonymised(&self, salt: &[u8]) -> Result<(Self, PseudonymMapping), PseudonymError> {
        if salt.len() < MIN_SALT_BYTES {
            return Err(PseudonymError::ShortSalt(salt.len()));
        }
        let targets = self.labels().iter().filter_map(target);
        let services = pseudonyms("svc", self.services().names().iter().map(String::as_str).chain(targets), salt, DIGITS)?;
        let operations = pseudonyms("op", self.operations().names().iter().map(String::as_str), salt, DIGITS)?;
        let corpus = self.renaming(&services, &operations)?;
        let reversed = |names: BTreeMap<String, String>| names.into_iter().map(|(name, pseudonym)| (pseudonym, name)).collect();
        Ok((corpus, PseudonymMapping { services: reversed(services), operations: reversed(operations) }))
    }

    /// The same traces with the names that `mapping` has for their pseudonyms.
    ///
    /// # Errors
    /// A name that is no pseudonym of the mapping.
    pub fn with_names_of(&self, mapping: &PseudonymMapping) -> Result<Self, PseudonymError> {
        self.renaming(&mapping.services, &mapping.operations)
    }

    /// The traces with every name replaced by that of `services` or `operations`.
    fn renaming(&self, services: &BTreeMap<String, String>, operations: &BTreeMap<String, String>) -> Result<Self, PseudonymError> {
        let (new_services, service_ids) = renamed_vocabulary(self.services(), services)?;
        let (new_operations, operation_ids) = renamed_vocabulary(self.operations(), operations)?;
        let nameless: Vec<Attributes> = self.attribute_sets().iter().map(without_names).collect();
        let attribute_sets = AttributeSets::new(&nameless);
        let attribute_ids: Vec<u32> = nameless.iter().map(|set| attribute_sets.id(set).unwrap_or(0)).collect();
        let mut builder =
            CorpusBuilder::new(self.name(), new_services, new_operations, self.has_starts()).with_attribute_sets(attribute_sets);
        for trace in self.traces() {
            let mut renamed = trace.to_owned();
            for span in &mut renamed.spans {
                (span.service, span.operation) = (service_ids[span.service as usize], operation_ids[span.operation as usize]);
                span.attributes = attribute_ids[span.attributes as usize];
            }
            if let Label::Abnormal(Fault { service, .. }) = &mut renamed.label {
                *service = new_name(services, service)?.to_owned();
            }
            // The preorder of siblings follows their ids, which are now others.
            if Shape::of(trace).is_tree() {
                (renamed.spans, renamed.edges) = in_preorder(&renamed.spans, &trace.parents(), self.has_starts());
            }
            push(&mut builder, renamed);
        }
        Ok(builder.finish())
    }
}

fn push(builder: &mut CorpusBuilder, trace: Trace) {
    builder.push(trace).expect("a trace of a corpus stays valid under other names");
}

fn without_names(attributes: &Attributes) -> Attributes {
    let mut nameless = Attributes::default();
    for (key, value) in attributes.iter().filter(|(key, _)| NAMELESS_ATTRIBUTES.contains(key)) {
        nameless.insert(key, value).expect("an attribute that was kept before");
    }
    nameless
}

fn target(label: &Label) -> Option<&str> {
    match label {
        Label::Abnormal(fault) => Some(&fault.service),
        Label::Unknown | Label::Normal => None,
    }
}

fn new_name<'a>(names: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, PseudonymError> {
    names.get(name).map(String::as_str).ok_or_else(|| PseudonymError::Unknown(name.to_owned()))
}

/// The vocabulary of the new names, and the new id of every old one.
fn renamed_vocabulary(old: &Vocabulary, names: &BTreeMap<String, String>) -> Result<(Vocabulary, Vec<u32>), PseudonymError> {
    let new_names = old.names().iter().map(|name| new_name(names, name)).collect::<Result<Vec<_>, _>>()?;
    let new = Vocabulary::new(new_names.iter().copied());
    let ids = new_names.iter().map(|name| new.id(name).ok_or_else(|| PseudonymError::Unknown((*name).to_owned())));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok((new, ids))
}

/// The pseudonym of every name, if no two are alike.
fn pseudonyms<'a>(
    prefix: &str,
    names: impl Iterator<Item = &'a str>,
    salt: &[u8],
    digits: usize,
) -> Result<BTreeMap<String, String>, PseudonymError> {
    let (mut pseudonyms, mut taken) = (BTreeMap::new(), BTreeMap::new());
    for name in names {
        let pseudonym = format!("{prefix}-{}", &keyed_digest(salt, prefix, name)[..digits]);
        match taken.insert(pseudonym.clone(), name) {
            Some(first) if first != name => {
                return Err(PseudonymError::Collision { first: first.to_owned(), second: name.to_owned(), pseudonym });
            }
            _ => pseudonyms.insert(name.to_owned(), pseudonym),
        };
    }
    Ok(pseudonyms)
}

/// HMAC-SHA256 of a name and of what it names, in hexadecimal digits: a service and an operation of one name are not to be linked.
fn keyed_digest(salt: &[u8], prefix: &str, name: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes a key of any length");
    hex::encode(mac.chain_update(prefix).chain_update([0]).chain_update(name).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edge, Span, SpanKind, Status, ValidityCounts};

    const SALT: &[u8] = b"sixteen bytes or more";

    fn corpus() -> Corpus {
        let mut builder = CorpusBuilder::new("shop", Vocabulary::new(["cart", "front", "pay"]), Vocabulary::new(["GET", "cart"]), false);
        let span = |(service, operation, duration_us)| Span {
            service,
            operation,
            duration_us,
            status: Status::of_http(503),
            kind: SpanKind::Server,
            ..Span::default()
        };
        let edge = |(parent, child)| Edge { parent, child };
        let fault = |service: &str| Label::Abnormal(Fault { service: service.into(), kind: "delay".into() });
        for (id, label) in [("1", Label::Normal), ("2", fault("pay")), ("3", fault("pay-7d9f")), ("4", Label::Unknown)] {
            let spans = [(1, 0, 9.0), (0, 1, 2.0), (2, 0, 5.0), (0, 1, 1.0)].map(span).into();
            let edges = [(0, 1), (0, 2), (2, 3)].map(edge).into();
            builder.push(Trace { id: id.into(), start_ns: 7, label, spans, edges }).unwrap();
        }
        builder.finish()
    }

    /// Name of the service, name of the operation and duration of every span, and those of its parent, sorted.
    fn content(corpus: &Corpus, names: &PseudonymMapping) -> Vec<Vec<String>> {
        let name = |trace: crate::TraceRef<'_>, span: usize| {
            let service = &names.services[corpus.services().name(trace.services[span])];
            format!("{service}/{} {}", names.operations[corpus.operations().name(trace.operations[span])], trace.durations_us[span])
        };
        let described = |trace: crate::TraceRef<'_>| {
            let parents = trace.parents();
            let line = |span: usize| format!("{} below {:?}", name(trace, span), parents[span].map(|parent| name(trace, parent)));
            let mut lines: Vec<String> = (0..trace.span_count()).map(line).collect();
            lines.sort();
            lines
        };
        corpus.traces().map(described).collect()
    }

    #[test]
    fn nothing_but_the_names_changes() {
        let original = corpus();
        let (shared, mapping) = original.pseudonymised(SALT).unwrap();
        let itself = |vocabulary: &Vocabulary| vocabulary.names().iter().map(|name| (name.clone(), name.clone())).collect();
        let plain = PseudonymMapping { services: itself(original.services()), operations: itself(original.operations()) };
        assert_eq!(content(&shared, &mapping), content(&original, &plain));
        assert_eq!(ValidityCounts::of(&shared), ValidityCounts::of(&original));
        for (ours, theirs) in shared.traces().zip(original.traces()) {
            assert_eq!((ours.id, ours.start_ns, ours.statuses, ours.kinds), (theirs.id, theirs.start_ns, theirs.statuses, theirs.kinds));
        }
        let text = serde_json::to_string(&shared).unwrap();
        for name in ["cart", "front", "pay", "GET"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
    }

    #[test]
    fn attributes_that_are_names_are_left_out() {
        let mut attributes = Attributes::default();
        attributes.insert("http.route", "/cart/{id}").unwrap();
        let only_names = attributes.clone();
        attributes.insert("http.method", "PUT").unwrap();
        let original = corpus();
        let sets = AttributeSets::new([&attributes, &only_names]);
        let ids = [&attributes, &only_names].map(|set| sets.id(set).unwrap());
        let mut builder = original.empty_like().with_attribute_sets(sets);
        let mut trace = original.trace(0).to_owned();
        (trace.spans[0].attributes, trace.spans[1].attributes) = (ids[0], ids[1]);
        builder.push(trace).unwrap();
        let shared = builder.finish().pseudonymised(SALT).unwrap().0;
        let kept: Vec<_> =
            shared.trace(0).attributes.iter().map(|&id| shared.attribute_sets().get(id).iter().collect::<Vec<_>>()).collect();
        assert_eq!((kept.concat(), kept[0].len()), (vec![("http.method", "PUT")], 1));
        assert!(NAMELESS_ATTRIBUTES.iter().all(|key| Attributes::keeps(key)));
    }

    #[test]
    fn targets_of_faults_are_replaced_like_services_even_if_no_span_has_them() {
        let (shared, mapping) = corpus().pseudonymised(SALT).unwrap();
        let Label::Abnormal(Fault { service, kind }) = &shared.labels()[1] else { panic!("{:?}", shared.labels()) };
        assert_eq!((mapping.services[service].as_str(), kind.as_str()), ("pay", "delay"));
        assert!(shared.services().id(service).is_some());
        let pod = target(&shared.labels()[2]).unwrap();
        assert_eq!((mapping.services[pod].as_str(), shared.services().id(pod)), ("pay-7d9f", None));
        assert_eq!([&shared.labels()[0], &shared.labels()[3]], [&Label::Normal, &Label::Unknown]);
    }

    #[test]
    fn a_name_has_one_pseudonym_under_one_salt_and_another_under_another() {
        let (original, other) = (corpus(), b"another salt of some length");
        let part = original.select(&[2, 0]);
        let (first, again) = (original.pseudonymised(SALT).unwrap(), part.pseudonymised(SALT).unwrap());
        assert_eq!(first.0.services(), again.0.services());
        let names = |corpus: &Corpus| [corpus.services().names(), corpus.operations().names()].concat();
        let renamed = names(&original.pseudonymised(other).unwrap().0);
        assert!(names(&first.0).iter().all(|name| !renamed.contains(name)));
        // A service and an operation of the same name have nothing in common.
        let digits = |names: &BTreeMap<String, String>| {
            names.iter().find(|(_, name)| *name == "cart").unwrap().0.split_once('-').unwrap().1.to_owned()
        };
        assert_ne!(digits(&first.1.services), digits(&first.1.operations));
    }

    #[test]
    fn a_pseudonym_is_the_hmac_that_openssl_computes() {
        // printf 'svc\0cart' | openssl dgst -sha256 -hmac 'sixteen bytes or more'
        assert_eq!(pseudonyms("svc", ["cart"].into_iter(), SALT, DIGITS).unwrap()["cart"], "svc-a61e8976c077");
    }

    #[test]
    fn the_mapping_brings_the_names_back_and_can_be_kept_in_a_file() {
        let (shared, mapping) = corpus().pseudonymised(SALT).unwrap();
        let read: PseudonymMapping = serde_json::from_str(&serde_json::to_string(&mapping).unwrap()).unwrap();
        assert_eq!(shared.with_names_of(&read), Ok(corpus()));
        let foreign = corpus().pseudonymised(b"another salt of some length").unwrap().0.with_names_of(&mapping);
        assert!(matches!(foreign, Err(PseudonymError::Unknown(_))));
    }

    #[test]
    fn collisions_and_salts_that_can_be_guessed_are_errors() {
        let names: Vec<String> = (0..17).map(|i| i.to_string()).collect();
        // Seventeen names cannot have one hexadecimal digit each.
        let collision = pseudonyms("svc", names.iter().map(String::as_str), SALT, 1).unwrap_err();
        let PseudonymError::Collision { first, second, .. } = &collision else { panic!("{collision}") };
        assert_ne!(first, second);
        assert_eq!(corpus().pseudonymised(b"short"), Err(PseudonymError::ShortSalt(5)));
    }
}
