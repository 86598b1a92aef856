//! What is learnt from a corpus, and the way from traces to tokens and back.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erf_inv;
use tracesmith_trace::{Corpus, Edge, Span, SpanKind, Status, TraceRef, in_preorder};

use crate::{
    CodecConfig, CodecError, Tokens,
    floors::Floors,
    grammar::Grammar,
    layout::{Layout, tree},
    names::Names,
    with_starts::{Interval, WithStarts},
    without_starts::WithoutStarts,
};

/// Normal scores are taken of quantiles between this and its complement: beyond, a score says more about the sample than about the trace.
const LEAST_SCORED: f32 = 0.003;

/// Turns traces that are trees with one root into [`Tokens`] and back.
///
/// Ids of services and operations are those of the corpus that it was fitted on: bring other corpora to the same vocabularies first
/// ([`Corpus::with_vocabularies`]). Stored and loaded, a codec is checked for consistency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fitted")]
pub struct Codec(Fitted);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fitted {
    names: Names,
    grammar: Grammar,
    max_depth: u16,
    max_spans: usize,
    floors: Floors,
    gaps: GapSlots,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum GapSlots {
    WithStarts(Box<WithStarts>),
    WithoutStarts(Box<WithoutStarts>),
}

impl TryFrom<Fitted> for Codec {
    type Error = CodecError;

    fn try_from(fitted: Fitted) -> Result<Self, CodecError> {
        fitted.names.check()?;
        let labels = fitted.names.labels.len();
        fitted.grammar.check(labels, fitted.names.outcomes.len())?;
        fitted.floors.check(labels)?;
        match &fitted.gaps {
            GapSlots::WithStarts(slots) => slots.check(labels)?,
            GapSlots::WithoutStarts(slots) => slots.check(labels)?,
        }
        Ok(Self(fitted))
    }
}

impl Codec {
    /// Learns labels, outcomes, references and tables from a corpus of trees with one root. O(n log n) in the number of spans.
    ///
    /// # Errors
    /// [`CodecError::BadSetting`], [`CodecError::Empty`], or the first trace that cannot be encoded.
    pub fn fit(corpus: &Corpus, config: &CodecConfig) -> Result<Self, CodecError> {
        config.check()?;
        if corpus.is_empty() {
            return Err(CodecError::Empty);
        }
        let traces: Vec<(Vec<Span>, Vec<u16>)> = corpus.traces().map(|trace| tree(trace, corpus.has_starts())).collect::<Result<_, _>>()?;
        let spans = || traces.iter().flat_map(|(spans, _)| spans);
        let names = Names::of(spans());
        let layouts: Vec<Layout> = traces.iter().map(|(spans, depths)| Layout::new(depths, &labels(&names, spans))).collect();
        let durations = |spans: &[Span]| spans.iter().map(|span| span.duration_us).collect::<Vec<_>>();
        let laid_out = layouts.iter().zip(&traces);
        let grammar =
            Grammar::of(names.labels.len(), laid_out.clone().map(|(layout, (spans, _))| (layout, outcomes(&names, spans, layout))));
        let floors = Floors::fit(names.labels.len(), laid_out.clone().map(|(layout, (spans, _))| (layout, durations(spans))));
        let gaps = if corpus.has_starts() {
            GapSlots::WithStarts(Box::new(WithStarts::fit(laid_out.map(|(layout, (spans, _))| (layout, interval(spans))), config)))
        } else {
            GapSlots::WithoutStarts(Box::new(WithoutStarts::fit(laid_out.map(|(layout, (spans, _))| (layout, durations(spans))), config)))
        };
        Ok(Self(Fitted {
            max_depth: traces.iter().flat_map(|(_, depths)| depths).copied().max().unwrap_or(0),
            max_spans: layouts.iter().map(Layout::len).max().unwrap_or(0),
            names,
            grammar,
            floors,
            gaps,
        }))
    }

    /// The joint labels: (service, operation) pairs of training, sorted.
    pub fn labels(&self) -> &[(u32, u32)] {
        &self.0.names.labels
    }

    /// The joint outcomes: (span kind, status) pairs of training, sorted.
    pub fn outcomes(&self) -> &[(SpanKind, Status)] {
        &self.0.names.outcomes
    }

    /// The calls of training.
    pub fn grammar(&self) -> &Grammar {
        &self.0.grammar
    }

    /// Depth of the deepest span of training; the root's is 0.
    pub fn max_depth(&self) -> usize {
        usize::from(self.0.max_depth)
    }

    /// Spans of the largest trace of training.
    pub fn max_spans(&self) -> usize {
        self.0.max_spans
    }

    /// Whether start offsets are represented.
    pub fn has_starts(&self) -> bool {
        matches!(self.0.gaps, GapSlots::WithStarts(_))
    }

    /// The tokens of a trace; spans that are not in preorder are put into it.
    ///
    /// A pair of service and operation that training has not seen becomes the most frequent label with the same service, else with the same
    /// operation, else of all; an unseen outcome the most frequent one of the span's label. Gaps outside their table's range are moved to
    /// its end. Where a gap has a value that many have, `rng` spreads its quantile over theirs; without start offsets, heads are noise.
    ///
    /// # Errors
    /// [`CodecError::NotATree`] and [`CodecError::TooDeep`], with the id of the trace.
    pub fn encode(&self, trace: TraceRef<'_>, rng: &mut ChaCha8Rng) -> Result<Tokens, CodecError> {
        let names = &self.0.names;
        let (spans, depths) = tree(trace, self.has_starts())?;
        let labels = labels(names, &spans);
        let layout = Layout::new(&depths, &labels);
        let durations_us: Vec<f64> = spans.iter().map(|span| span.duration_us).collect();
        let (heads, tails) = match &self.0.gaps {
            GapSlots::WithStarts(slots) => {
                let gaps = slots.gaps(&layout, &interval(&spans));
                gaps.into_iter().map(|gaps| gaps.map(|(table, gap)| table.probability(gap, rng)).into()).unzip()
            }
            GapSlots::WithoutStarts(slots) => {
                let gaps = slots.gaps(&layout, &durations_us);
                gaps.into_iter().map(|(table, gap)| (rng.random::<f32>(), table.probability(gap, rng))).unzip()
            }
        };
        let outcomes = outcomes(names, &spans, &layout);
        Ok(Tokens { depths, labels, outcomes, heads, tails, durations_us })
    }

    /// The spans and edges of tokens, in preorder; durations of the tokens are not looked at.
    ///
    /// Legal depths give a tree with one root. Durations are finite, no shorter than the shortest of their label in training, and
    /// no shorter than their longest child where they always waited for it.
    ///
    /// # Panics
    /// If the tokens have columns of different lengths, or ids that this codec does not have: that is a programming error.
    pub fn decode(&self, tokens: &Tokens) -> (Vec<Span>, Vec<Edge>) {
        in_preorder(&self.spans(tokens), &tokens.parents(), self.has_starts())
    }

    /// The spans of tokens in the order of the tokens, in which siblings need not be in order of their starts.
    ///
    /// # Panics
    /// As [`Codec::decode`].
    pub fn spans(&self, tokens: &Tokens) -> Vec<Span> {
        let Fitted { names, floors, .. } = &self.0;
        let layout = Layout::new(&tokens.depths, &tokens.labels);
        let floors = |span: usize, longest_child_us: f64| floors.of(tokens.labels[span], longest_child_us);
        let (starts, durations) = match &self.0.gaps {
            GapSlots::WithStarts(slots) => {
                let Interval { starts, ends } = slots.compose(&layout, &tokens.heads, &tokens.tails, floors);
                let durations = starts.iter().zip(&ends).map(|(start, end)| end - start).collect();
                (starts, durations)
            }
            GapSlots::WithoutStarts(slots) => (vec![0.0; layout.len()], slots.compose(&layout, &tokens.tails, floors)),
        };
        let span = |i: usize| {
            let (service, operation) = names.labels[tokens.labels[i] as usize];
            let (kind, status) = names.outcomes[tokens.outcomes[i] as usize];
            Span { service, operation, start_us: starts[i], duration_us: durations[i], status, kind, attributes: 0 }
        };
        (0..tokens.len()).map(span).collect()
    }

    /// The normal score of a quantile: Φ⁻¹(u), with u clipped to [0.003, 0.997].
    pub fn score(u: f32) -> f32 {
        let u = u.clamp(LEAST_SCORED, 1.0 - LEAST_SCORED);
        // Φ⁻¹(u) = √2 erf⁻¹(2u − 1)
        (std::f64::consts::SQRT_2 * erf_inv(2.0 * f64::from(u) - 1.0)) as f32
    }
}

fn labels(names: &Names, spans: &[Span]) -> Vec<u32> {
    spans.iter().map(|span| names.label(span.service, span.operation)).collect()
}

fn outcomes(names: &Names, spans: &[Span], layout: &Layout) -> Vec<u32> {
    spans.iter().zip(&layout.labels).map(|(span, &label)| names.outcome(label, span.kind, span.status)).collect()
}

fn interval(spans: &[Span]) -> Interval {
    Interval::new(spans.iter().map(|span| (span.start_us, span.duration_us)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_normal_quantiles_within_limits() {
        assert_eq!(Codec::score(0.5), 0.0);
        assert!((Codec::score(0.975) - 1.959_964).abs() < 1e-4 && (Codec::score(0.025) + 1.959_964).abs() < 1e-4);
        assert_eq!((Codec::score(0.0), Codec::score(1.0)), (Codec::score(0.003), Codec::score(0.997)));
        assert!((Codec::score(1.0) - 2.747_78).abs() < 1e-3);
    }
}
