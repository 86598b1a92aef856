//! What part a span plays in a call.

use serde::{Deserialize, Serialize};

/// Kind of a span, as OpenTelemetry defines it. The numbers are those of OTLP's `Span.SpanKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// The source does not say.
    #[default]
    Unspecified = 0,
    /// Work inside of a service.
    Internal = 1,
    /// A request is answered.
    Server = 2,
    /// A request is made.
    Client = 3,
    /// A message is sent.
    Producer = 4,
    /// A message is taken.
    Consumer = 5,
}

impl SpanKind {
    /// Every kind, in the order of their numbers in OTLP.
    pub const ALL: [Self; 6] = [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    /// Name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// The kind of this name, in any case, with or without the prefix `SPAN_KIND_` of OTLP; `None` for any other text.
    pub fn parse(name: &str) -> Option<Self> {
        const PREFIX: &str = "SPAN_KIND_";
        let prefixed = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        let bare = if prefixed { &name[PREFIX.len()..] } else { name };
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(bare))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_with_the_prefix_of_otlp_lead_back_to_their_kinds() {
        for kind in SpanKind::ALL {
            let name = kind.name();
            for text in [name.to_owned(), name.to_uppercase(), format!("SPAN_KIND_{}", name.to_uppercase()), format!("span_kind_{name}")] {
                assert_eq!(SpanKind::parse(&text), Some(kind), "{text}");
            }
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
        }
        for text in ["", "SPAN_KIND_", "servers", "SPAN_KIND", "é".repeat(10).as_str()] {
            assert_eq!(SpanKind::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_kind_has_the_number_of_its_place() {
        assert_eq!(SpanKind::ALL.map(|kind| kind as usize), [0, 1, 2, 3, 4, 5]);
    }
}
