//! k-anonymity of shapes: a generated trace whose shape only a few training traces have may point at them.
//!
//! A shape is a [`Signature`]. It is rare if at least one and fewer than k training traces have it. Whether shapes that no training trace has
//! count as rare is a choice ([`NovelShapes`]): they repeat nobody, but a generator that garbles a rare trace a little gives it away as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracesmith_trace::{Corpus, Label, Signature, SignatureHash, Trace, TraceRef};

/// Rounds in which replacements are drawn before what is still rare is left out.
pub const MAX_ROUNDS: usize = 20;

/// Traces of a round at least, so that few missing ones do not take many rounds.
const MIN_DRAWN: usize = 64;

/// What becomes of a generated trace with a rare shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RareShapes {
    /// It is left out: the result has fewer traces than were asked for.
    Suppress,
    /// It is replaced by one of a common shape and the same label, drawn from the same generator: the share of the rare shapes goes to the
    /// common ones in proportion to theirs.
    Merge,
}

/// What shapes count as that no training trace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NovelShapes {
    /// They pass: no training trace has them.
    #[default]
    Pass,
    /// They are rare: only shapes that k training traces have are released.
    Rare,
}

/// The rule that generated traces keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KAnonymity {
    /// Training traces of a shape from which it is common; with 0 and 1 nothing is rare but what [`NovelShapes::Rare`] makes so.
    pub k: usize,
    /// What becomes of rare shapes.
    pub rare: RareShapes,
    /// What novel shapes count as.
    #[serde(default)]
    pub novel: NovelShapes,
}

/// How many training traces have each shape. Hashes stand for the shapes, with the ids of the vocabularies of the training corpus.
///
/// Whoever has the counts can check a guess of a rare shape: share them as little as the training data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(SignatureHash, usize)>", into = "Vec<(SignatureHash, usize)>")]
pub struct ShapeCounts(BTreeMap<SignatureHash, usize>);

// Pairs, because JSON has no numbers for keys.
impl From<Vec<(SignatureHash, usize)>> for ShapeCounts {
    fn from(counts: Vec<(SignatureHash, usize)>) -> Self {
        Self(counts.into_iter().collect())
    }
}

impl From<ShapeCounts> for Vec<(SignatureHash, usize)> {
    fn from(counts: ShapeCounts) -> Self {
        counts.0.into_iter().collect()
    }
}

/// What is done with one generated trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is released.
    Keep,
    /// It is left out.
    Suppress,
    /// Another one takes its place.
    Replace,
}

/// A corpus in which no rare shape is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Anonymised {
    /// The traces, in their order.
    pub corpus: Corpus,
    /// Traces that were left out.
    pub suppressed: usize,
    /// Traces that were replaced.
    pub replaced: usize,
}

impl ShapeCounts {
    /// Counts the shapes of the training traces.
    pub fn of(training: &Corpus) -> Self {
        let mut counts = BTreeMap::new();
        training.traces().for_each(|trace| *counts.entry(Signature::of(trace).hash()).or_default() += 1);
        Self(counts)
    }

    /// Training traces with this shape.
    pub fn seen(&self, shape: SignatureHash) -> usize {
        self.0.get(&shape).copied().unwrap_or(0)
    }
}

impl KAnonymity {
    /// What is done with a trace whose shape `seen` training traces have.
    pub fn decide(&self, seen: usize) -> Decision {
        let released = if seen == 0 { self.novel == NovelShapes::Pass } else { seen >= self.k };
        match (released, self.rare) {
            (true, _) => Decision::Keep,
            (false, RareShapes::Suppress) => Decision::Suppress,
            (false, RareShapes::Merge) => Decision::Replace,
        }
    }

    /// Takes the rare shapes out of generated traces, which must have the vocabularies of the training corpus.
    ///
    /// `draw` gives so many more traces of the same kind for a round; the rounds are numbered from 0, so that each has a seed of its own. A
    /// replacement takes the id and the place of the trace it replaces. What [`MAX_ROUNDS`] rounds find no replacement for is left out.
    ///
    /// # Errors
    /// Those of `draw`.
    pub fn anonymise<E>(
        &self,
        counts: &ShapeCounts,
        generated: &Corpus,
        mut draw: impl FnMut(usize, usize) -> Result<Corpus, E>,
    ) -> Result<Anonymised, E> {
        let decide = |trace: TraceRef<'_>| self.decide(counts.seen(Signature::of(trace).hash()));
        let decisions: Vec<Decision> = generated.traces().map(decide).collect();
        let mut wanted = Wanted::of(generated, &decisions);
        for round in 0..MAX_ROUNDS {
            if wanted.missing == 0 {
                break;
            }
            let drawn = draw(wanted.missing.max(MIN_DRAWN), round)?;
            drawn.traces().filter(|&trace| decide(trace) == Decision::Keep).for_each(|trace| wanted.offer(trace));
        }
        let mut builder = generated.empty_like();
        for (position, (trace, decision)) in generated.traces().zip(&decisions).enumerate() {
            let released = match decision {
                Decision::Keep => Some(trace.to_owned()),
                Decision::Suppress => None,
                Decision::Replace => wanted.found.remove(&position).map(|found| Trace { id: trace.id.to_owned(), ..found }),
            };
            if let Some(trace) = released {
                builder.push(trace).expect("a generator gives valid traces of one vocabulary");
            }
        }
        let corpus = builder.finish();
        let replaced = decisions.iter().filter(|&&decision| decision == Decision::Replace).count() - wanted.missing;
        Ok(Anonymised { suppressed: generated.len() - corpus.len(), replaced, corpus })
    }
}

/// Replacements that are sought.
struct Wanted {
    /// Positions of the traces to be replaced, by label, the last one first.
    positions: BTreeMap<Label, Vec<usize>>,
    /// How many of them are left.
    missing: usize,
    /// Replacements by position.
    found: BTreeMap<usize, Trace>,
}

impl Wanted {
    fn of(generated: &Corpus, decisions: &[Decision]) -> Self {
        let mut positions: BTreeMap<Label, Vec<usize>> = BTreeMap::new();
        for (position, label) in generated.labels().iter().enumerate().rev() {
            if decisions[position] == Decision::Replace {
                positions.entry(label.clone()).or_default().push(position);
            }
        }
        Self { missing: positions.values().map(Vec::len).sum(), positions, found: BTreeMap::new() }
    }

    fn offer(&mut self, trace: TraceRef<'_>) {
        if let Some(position) = self.positions.get_mut(trace.label).and_then(Vec::pop) {
            self.found.insert(position, trace.to_owned());
            self.missing -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;
    use tracesmith_trace::{CorpusBuilder, Fault, Span, Vocabulary};

    fn rule(k: usize, rare: RareShapes, novel: NovelShapes) -> KAnonymity {
        KAnonymity { k, rare, novel }
    }

    /// Traces of one span each, whose operations are their shapes; those with `true` are abnormal.
    fn corpus(prefix: &str, shapes: &[(u32, bool)]) -> Corpus {
        let mut builder = CorpusBuilder::new("test", Vocabulary::new(["s"]), Vocabulary::new(["a", "b", "c", "d"]), false);
        for (i, &(operation, abnormal)) in shapes.iter().enumerate() {
            let fault = Fault { service: "s".into(), kind: "delay".into() };
            let label = if abnormal { Label::Abnormal(fault) } else { Label::Normal };
            let spans = vec![Span { operation, duration_us: 1.0, ..Span::default() }];
            builder.push(Trace { id: format!("{prefix}{i}"), label, spans, ..Trace::default() }).unwrap();
        }
        builder.finish()
    }

    /// Three traces of the shape 0, two of 1, one of 2 and none of 3.
    fn counts() -> ShapeCounts {
        ShapeCounts::of(&corpus("train", &[0, 0, 0, 1, 1, 2].map(|shape| (shape, false))))
    }

    fn content(corpus: &Corpus) -> Vec<(&str, u32, bool)> {
        corpus.traces().map(|trace| (trace.id, trace.operations[0], trace.label.is_abnormal())).collect()
    }

    #[test]
    fn fewer_than_k_and_more_than_none_are_rare() {
        use Decision::{Keep, Replace, Suppress};
        let decisions = |rule: KAnonymity| [0, 1, 2, 3, 4].map(|seen| rule.decide(seen));
        assert_eq!(decisions(rule(3, RareShapes::Suppress, NovelShapes::Pass)), [Keep, Suppress, Suppress, Keep, Keep]);
        assert_eq!(decisions(rule(3, RareShapes::Merge, NovelShapes::Rare)), [Replace, Replace, Replace, Keep, Keep]);
        assert_eq!(decisions(rule(1, RareShapes::Suppress, NovelShapes::Pass)), [Keep; 5]);
        assert_eq!(decisions(rule(0, RareShapes::Suppress, NovelShapes::Rare)), [Suppress, Keep, Keep, Keep, Keep]);
    }

    #[test]
    fn suppressed_traces_are_left_out_and_nothing_is_drawn() {
        let generated = corpus("g", &[(2, false), (0, false), (3, false), (1, true)]);
        let never = |_, _| -> Result<Corpus, Infallible> { panic!("nothing is to be drawn") };
        let passed = rule(3, RareShapes::Suppress, NovelShapes::Pass).anonymise(&counts(), &generated, never).unwrap();
        assert_eq!(content(&passed.corpus), [("g1", 0, false), ("g2", 3, false)]);
        assert_eq!((passed.suppressed, passed.replaced), (2, 0));
        let strict = rule(3, RareShapes::Suppress, NovelShapes::Rare).anonymise(&counts(), &generated, never).unwrap();
        assert_eq!((content(&strict.corpus), strict.suppressed), (vec![("g1", 0, false)], 3));
    }

    #[test]
    fn merged_traces_are_replaced_in_their_places_by_common_ones_of_the_same_label() {
        let generated = corpus("g", &[(2, false), (0, false), (2, true), (1, false)]);
        let rounds = [corpus("x", &[(2, true), (1, false), (0, false)]), corpus("y", &[(0, false), (1, true), (0, true)])];
        let mut asked = Vec::new();
        let draw = |count, round: usize| -> Result<Corpus, Infallible> {
            asked.push((count, round));
            Ok(rounds[round].clone())
        };
        let merged = rule(2, RareShapes::Merge, NovelShapes::Pass).anonymise(&counts(), &generated, draw).unwrap();
        assert_eq!(content(&merged.corpus), [("g0", 1, false), ("g1", 0, false), ("g2", 1, true), ("g3", 1, false)]);
        assert_eq!((merged.suppressed, merged.replaced), (0, 2));
        assert_eq!(asked, [(MIN_DRAWN, 0), (MIN_DRAWN, 1)]);
    }

    #[test]
    fn a_generator_that_knows_no_common_shape_ends_with_suppression_and_its_errors_are_passed_on() {
        let generated = corpus("g", &[(2, false), (0, false)]);
        let rule = rule(2, RareShapes::Merge, NovelShapes::Rare);
        let mut rounds = 0;
        let draw = |_, _| -> Result<Corpus, Infallible> {
            rounds += 1;
            Ok(corpus("x", &[(3, false), (2, false)]))
        };
        let merged = rule.anonymise(&counts(), &generated, draw).unwrap();
        assert_eq!((content(&merged.corpus), merged.suppressed, merged.replaced), (vec![("g1", 0, false)], 1, 0));
        assert_eq!(rounds, MAX_ROUNDS);
        assert_eq!(rule.anonymise(&counts(), &generated, |_, _| Err("no")), Err("no"));
    }

    #[test]
    fn counts_and_rules_survive_a_file() {
        let read: ShapeCounts = serde_json::from_str(&serde_json::to_string(&counts()).unwrap()).unwrap();
        assert_eq!(read, counts());
        let rule_read: KAnonymity = serde_json::from_str(r#"{"k":5,"rare":"merge"}"#).unwrap();
        assert_eq!(rule_read, rule(5, RareShapes::Merge, NovelShapes::Pass));
        assert!(serde_json::from_str::<KAnonymity>(r#"{"k":5,"rare":"merge","novle":"rare"}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_rare_shape_is_ever_released(shapes in prop::collection::vec((0u32..4, any::<bool>()), 0..30), k in 0usize..5, merge: bool, strict: bool) {
            let rule = rule(
                k,
                if merge { RareShapes::Merge } else { RareShapes::Suppress },
                if strict { NovelShapes::Rare } else { NovelShapes::Pass },
            );
            let (generated, pool) = (corpus("g", &shapes), corpus("x", &[(0, false), (1, true), (2, false), (3, true), (0, true)]));
            let result = rule.anonymise(&counts(), &generated, |_, _| Ok::<_, Infallible>(pool.clone())).unwrap();
            for trace in result.corpus.traces() {
                prop_assert_eq!(rule.decide(counts().seen(Signature::of(trace).hash())), Decision::Keep);
            }
            prop_assert_eq!(result.corpus.len() + result.suppressed, generated.len());
            prop_assert!(merge || result.replaced == 0);
        }
    }
}
