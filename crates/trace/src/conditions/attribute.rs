//! What an attribute of a trace is.

use crate::{Corpus, Label, TraceRef, Vocabulary};

/// Something about a trace as a whole that it can be asked for by.
#[derive(Debug, Clone, Copy)]
pub struct TraceAttribute {
    /// Its name in conditions.
    pub name: &'static str,
    /// What it is and how a value is written, for help texts: a noun phrase.
    pub summary: &'static str,
    /// Where its value comes from.
    pub value: Value,
    /// The value that a text asks for, or what it should be.
    pub parse: fn(&str) -> Result<String, String>,
    /// Values that leave open what a trace has, so that every trace meets them.
    pub open: &'static [&'static str],
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// From the label of the trace, if it says anything.
    Label(fn(&Label) -> Option<&str>),
    /// From the spans of the trace, in all its spellings with the full one first; none if it has no value.
    Spans(fn(&Corpus, TraceRef<'_>) -> Vec<String>),
    /// From the other traces of the corpus; one value a trace.
    Corpus(fn(&Corpus) -> Vec<Option<String>>),
}

impl TraceAttribute {
    /// An attribute whose values are texts.
    pub const fn new(name: &'static str, summary: &'static str, value: Value) -> Self {
        Self { name, summary, value, parse: text, open: &[] }
    }

    /// The value of every trace, if it has one.
    pub fn values(&self, corpus: &Corpus) -> Vec<Option<String>> {
        self.spellings(corpus).into_iter().map(|spellings| spellings.into_iter().next()).collect()
    }

    /// The values that traces of a corpus have.
    pub fn vocabulary(&self, corpus: &Corpus) -> Vocabulary {
        Vocabulary::new(self.values(corpus).into_iter().flatten())
    }

    /// The value of every trace in all its spellings.
    pub(super) fn spellings(&self, corpus: &Corpus) -> Vec<Vec<String>> {
        match self.value {
            Value::Label(of) => corpus.labels().iter().map(|label| of(label).map(str::to_owned).into_iter().collect()).collect(),
            Value::Spans(of) => corpus.traces().map(|trace| of(corpus, trace)).collect(),
            Value::Corpus(of) => of(corpus).into_iter().map(|value| value.into_iter().collect()).collect(),
        }
    }

    pub(super) fn is_met(&self, spellings: &[String], asked: &str) -> bool {
        self.open.contains(&asked) || spellings.iter().any(|spelling| spelling == asked)
    }
}

fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("the value is missing".to_owned()) } else { Ok(text.to_owned()) }
}
