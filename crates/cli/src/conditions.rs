//! What traces are asked for of a model, for every verb that draws some.

use tracesmith_trace::conditions::{SizeMode, attributes};
use tracesmith_trace::{Class, Conditions};

use crate::arguments::one_of;

/// Conditions on the traces of a model.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConditionArgs {
    #[arg(id = "where", long = "where", value_name = "NAME=VALUE,...", help = where_help("Only traces with these attributes, as far as the model can be asked for them"))]
    wanted: Vec<Conditions>,
    /// Spans a trace: fixed:K, copied or empirical (sizes of the training traces, in order or drawn), range (even between smallest and largest),
    /// or model (the generator's own); short for --where size=MODE [default: empirical]
    #[arg(long, value_name = "MODE")]
    size: Option<SizeMode>,
    /// Only traces of this state; short for --where label=LABEL. The model must be conditional [default: both, as often as in the training data]
    #[arg(long, value_name = "LABEL", value_parser = one_of([Class::Normal, Class::Abnormal].map(|class| (class.name(), class))))]
    label: Option<Class>,
    /// Only traces that begin with this operation, as OPERATION or SERVICE/OPERATION; short for --where root=NAME
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
}

/// Help of `--where`, which does what `what` says and names every attribute.
pub fn where_help(what: &str) -> String {
    let attributes = attributes().into_iter().map(|attribute| format!("{}: {}", attribute.name, attribute.summary));
    format!(
        "{what}, for example label=abnormal,root=checkout; can be given again. Attributes are {}",
        attributes.collect::<Vec<_>>().join("; ")
    )
}

impl ConditionArgs {
    /// All conditions together.
    ///
    /// # Errors
    /// If two of them contradict each other.
    pub fn conditions(&self) -> anyhow::Result<Conditions> {
        let mut short = Conditions::default().with_class(self.label.unwrap_or(Class::Unknown));
        if let Some(size) = self.size {
            short = short.with_size(size);
        }
        if let Some(root) = &self.root {
            short = short.with_root(root);
        }
        Ok(self.wanted.iter().try_fold(short, Conditions::and)?)
    }

    /// The options that are there.
    pub fn given(&self) -> Vec<&'static str> {
        given(&[
            ("--where", !self.wanted.is_empty()),
            ("--size", self.size.is_some()),
            ("--label", self.label.is_some()),
            ("--root", self.root.is_some()),
        ])
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
    fn short_options_say_the_same_as_the_long_one() {
        assert!(ConditionArgs::default().conditions().unwrap().is_empty() && ConditionArgs::default().given().is_empty());
        let long = "label=abnormal,root=buy,size=7".parse::<Conditions>().unwrap();
        let short =
            ConditionArgs { size: Some(SizeMode::Fixed(7)), label: Some(Class::Abnormal), root: Some("buy".into()), wanted: vec![] };
        assert_eq!(short.conditions().unwrap(), long);
        assert_eq!(short.given(), ["--size", "--label", "--root"]);
        let both = ConditionArgs { wanted: vec!["fault=cpu_load".parse().unwrap(), long], ..short };
        assert_eq!(both.conditions().unwrap().to_string(), "fault=cpu_load,label=abnormal,root=buy,size=7");
        let error = ConditionArgs { size: Some(SizeMode::Model), ..both }.conditions().unwrap_err().to_string();
        assert!(error.contains("`size` is asked for twice"), "{error}");
    }

    #[test]
    fn the_help_names_every_attribute() {
        assert!(attributes().iter().all(|attribute| where_help("").contains(attribute.summary)));
    }
}
