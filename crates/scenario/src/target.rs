//! Which calls an intervention is about.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use tracesmith_trace::{Corpus, nearest_names};

use crate::config::AUTO;
use crate::{Effect, ScenarioError};

/// Names that a message lists.
const LISTED: usize = 3;

/// Service and operation of a call.
type Names = (u32, u32);

/// The pairs of service and operation that a target matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(HashSet<Names>);

impl Target {
    /// The calls of `corpus` that `pattern` matches: by service, or by `service/operation`.
    ///
    /// # Errors
    /// [`ScenarioError::UnknownTarget`] if no name of the vocabularies matches. A target may well have no call in the corpus.
    pub fn of(pattern: &str, corpus: &Corpus, key: &str) -> Result<Self, ScenarioError> {
        let called: BTreeSet<Names> = corpus.span_services().iter().copied().zip(corpus.span_operations().iter().copied()).collect();
        let named = |names: &Names| matches(pattern, corpus.services().name(names.0)) || matches(pattern, &full_name(corpus, *names));
        let matched: HashSet<Names> = called.iter().copied().filter(named).collect();
        if matched.is_empty() && !is_known(pattern, corpus) {
            let known: BTreeSet<String> =
                called.iter().flat_map(|&names| [corpus.services().name(names.0).to_owned(), full_name(corpus, names)]).collect();
            let nearest = nearest_names(pattern, known.iter().map(String::as_str), LISTED).join(", ");
            return Err(ScenarioError::UnknownTarget { key: key.to_owned(), target: pattern.to_owned(), nearest });
        }
        Ok(Self(matched))
    }

    /// Whether calls of this service and operation are meant.
    pub fn includes(&self, service: u32, operation: u32) -> bool {
        self.0.contains(&(service, operation))
    }

    /// Ids of the services that are meant.
    pub fn services(&self) -> BTreeSet<u32> {
        self.0.iter().map(|names| names.0).collect()
    }
}

fn full_name(corpus: &Corpus, (service, operation): Names) -> String {
    format!("{}/{}", corpus.services().name(service), corpus.operations().name(operation))
}

/// Whether the vocabularies have a service, or a service and an operation, that match, called or not.
fn is_known(pattern: &str, corpus: &Corpus) -> bool {
    let operation = |service: &str| corpus.operations().names().iter().any(|operation| matches(pattern, &format!("{service}/{operation}")));
    corpus.services().names().iter().any(|service| matches(pattern, service) || operation(service))
}

/// The target that `auto` stands for: the operation with most calls that begins no trace; for a service that is gone, the service with most
/// calls that begins no trace. Of two with as many calls, the first by name.
pub fn automatic(effect: &Effect, corpus: &Corpus, key: &str) -> Result<String, ScenarioError> {
    let whole_service = matches!(effect, Effect::Gone(_));
    let name = |names: Names| if whole_service { corpus.services().name(names.0).to_owned() } else { full_name(corpus, names) };
    let (mut calls, mut roots) = (BTreeMap::<Names, usize>::new(), BTreeSet::new());
    for trace in corpus.traces() {
        for (span, parent) in trace.parents().into_iter().enumerate() {
            let names = (trace.services[span], if whole_service { 0 } else { trace.operations[span] });
            match parent {
                Some(_) => *calls.entry(names).or_default() += 1,
                None => drop(roots.insert(names)),
            }
        }
    }
    let candidates = calls.into_iter().filter(|(names, _)| !roots.contains(names));
    let most = candidates.map(|(names, count)| (std::cmp::Reverse(count), name(names))).min();
    let what = if whole_service { "service that begins no trace" } else { "operation that begins no trace" };
    most.map(|(_, name)| name).ok_or_else(|| ScenarioError::NoTarget { key: key.to_owned(), what })
}

/// Whether a target is left to the corpus.
pub fn is_automatic(pattern: &str) -> bool {
    pattern == AUTO
}

/// Whether `text` is `pattern`, in which `*` stands for any text. Goes back to the last `*` only, so it takes no more than the product of both
/// lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut last_star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            last_star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star, taken)) = last_star {
            last_star = Some((star, taken + 1));
            p = star + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Call, corpus_of};
    use crate::{Gone, Slow};

    fn corpus() -> Corpus {
        let call = |operation, parent| Call::new(operation, parent, 0.0, 1.0);
        corpus_of(&[
            vec![call("web/get", None), call("cart/list", Some(0)), call("cart/list", Some(0)), call("web/render", Some(0))],
            vec![call("cart/list", None), call("db/query", Some(0)), call("db/query", Some(0)), call("db/open", Some(0))],
            vec![call("web/get", None), call("auth/check", Some(0)), call("db/query", Some(1))],
        ])
    }

    fn hits(pattern: &str) -> Vec<String> {
        let corpus = corpus();
        let target = Target::of(pattern, &corpus, "target").unwrap();
        let mut hits: Vec<String> = target.0.into_iter().map(|names| full_name(&corpus, names)).collect();
        hits.sort();
        hits
    }

    #[test]
    fn a_target_is_a_service_or_a_service_with_an_operation() {
        assert_eq!(hits("db"), ["db/open", "db/query"]);
        assert_eq!(hits("db/query"), ["db/query"]);
        assert_eq!(hits("*/*e*"), ["auth/check", "db/open", "db/query", "web/get", "web/render"]);
        assert_eq!(hits("*").len(), 6);
    }

    #[test]
    fn a_name_of_the_vocabulary_without_a_call_is_no_error_and_any_other_is() {
        assert_eq!(hits("auth/query"), [""; 0]);
        let error = Target::of("db/qeury", &corpus(), "interventions.0.target").unwrap_err().to_string();
        assert!(error.starts_with("interventions.0.target = \"db/qeury\" matches no service"), "{error}");
        assert!(error.contains("similar names: db/query"), "{error}");
    }

    #[test]
    fn auto_is_what_is_called_most_and_begins_no_trace() {
        let auto = |effect| automatic(&effect, &corpus(), "target");
        assert_eq!(auto(Effect::Slow(Slow::default())).unwrap(), "db/query");
        assert_eq!(auto(Effect::Gone(Gone::default())).unwrap(), "db");
        let roots_only = corpus_of(&[vec![Call::new("web/get", None, 0.0, 1.0)]]);
        let error = automatic(&Effect::Slow(Slow::default()), &roots_only, "target").unwrap_err();
        assert_eq!(error.to_string(), "target = \"auto\" finds no operation that begins no trace: name a target");
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abcb", false),
            ("*b*", "abc", true),
            ("a**c", "ac", true),
            ("a*bc*d", "abcbcxd", true),
            ("é*", "éa", true),
            ("abc", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(1_000), &"a".repeat(900)));
    }
}
