//! What traces are asked for of a model, for every verb that draws some.

use tracesmith_generate::{LabelRequest, Request, SizeMode};

use crate::arguments::one_of;

/// Conditions on the traces of a model.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Conditions {
    /// Spans a trace: fixed:K, copied or empirical (sizes of the training traces, in order or drawn), range (even between smallest and largest),
    /// or model (the generator's own) [default: empirical]
    #[arg(long, value_name = "MODE")]
    pub size: Option<SizeMode>,
    /// Only traces of this state; the model must be conditional [default: both, as often as in the training data]
    #[arg(long, value_name = "LABEL", value_parser = one_of([("normal", LabelRequest::Normal), ("abnormal", LabelRequest::Abnormal)]))]
    pub label: Option<LabelRequest>,
    /// Only traces that begin with this operation, as OPERATION or SERVICE/OPERATION; tree-hvae and markov-tree models only
    #[arg(long, value_name = "NAME")]
    pub root: Option<String>,
}

impl Conditions {
    /// The request for `count` such traces.
    pub fn request(&self, count: usize, seed: u64) -> Request {
        let any = Request::new(count, seed);
        Request { size: self.size.unwrap_or(any.size), label: self.label, root: self.root.clone(), ..any }
    }

    /// The options that are there.
    pub fn given(&self) -> Vec<&'static str> {
        given(&[("--size", self.size.is_some()), ("--label", self.label.is_some()), ("--root", self.root.is_some())])
    }
}

/// Names of those options that are there.
pub fn given(options: &[(&'static str, bool)]) -> Vec<&'static str> {
    options.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_conditions_that_were_given_and_the_usual_ones_otherwise() {
        assert_eq!(Conditions::default().request(3, 4), Request::new(3, 4));
        assert!(Conditions::default().given().is_empty());
        let conditions = Conditions { size: Some(SizeMode::Fixed(7)), label: Some(LabelRequest::Abnormal), root: Some("buy".into()) };
        let request = conditions.request(3, 4);
        assert_eq!((request.count, request.seed), (3, 4));
        assert_eq!((request.size, request.label, request.root), (conditions.size.unwrap(), conditions.label, conditions.root.clone()));
        assert_eq!(conditions.given(), ["--size", "--label", "--root"]);
    }
}
