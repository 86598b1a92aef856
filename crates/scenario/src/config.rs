//! The schema of a scenario file. Every key has a default unless it says otherwise; times are seconds after the start of the scenario.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use tracesmith_trace::{Class, ConditionError, Conditions, SizeMode};

use crate::Distribution;

/// The word that stands for a target that the corpus decides: the operation that is called most often and begins no trace.
pub const AUTO: &str = "auto";

/// A scenario. Without any key it changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Title; the name of the file or the preset if it is missing.
    pub title: String,
    /// What the scenario is for.
    pub description: String,
    /// Length in seconds. The traces are placed on this time line as `load` says; without it they keep their times, and the scenario begins
    /// with the first of them.
    pub duration_s: Option<f64>,
    /// Start in seconds since the Unix epoch; that of the earliest trace if it is missing.
    pub start_unix_s: Option<i64>,
    /// Target of interventions that name none: `service`, or `service/operation`, each with `*` for anything, or `auto`.
    pub target: String,
    /// How the traces are spread over `duration_s`.
    pub load: Load,
    /// What to ask the generator for.
    pub requests: Requests,
    /// What happens to the system, one after the other.
    pub interventions: Vec<Intervention>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            duration_s: None,
            start_unix_s: None,
            target: AUTO.to_owned(),
            load: Load::default(),
            requests: Requests::default(),
            interventions: Vec::new(),
        }
    }
}

/// Traces a second over time: `rate`, times the daily wave, times the factor of every spike.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Traces a second before wave and spikes. Decides the number of traces where none is asked for.
    pub rate: Option<f64>,
    /// A wave such as that of day and night.
    pub diurnal: Option<Diurnal>,
    /// Times of more, or less, load.
    pub spikes: Vec<Spike>,
}

/// The rate is multiplied by `1 + amplitude · cos(2π (t − peak_s) / period_s)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Diurnal {
    /// Length of the wave in seconds.
    pub period_s: f64,
    /// Height of the wave, 0 to 1.
    pub amplitude: f64,
    /// When the load is highest.
    pub peak_s: f64,
}

impl Default for Diurnal {
    fn default() -> Self {
        Self { period_s: 86_400.0, amplitude: 0.5, peak_s: 43_200.0 }
    }
}

/// The rate is multiplied by `factor` from `at_s` for `for_s` seconds. All keys are required.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// Begin.
    pub at_s: f64,
    /// Length in seconds.
    pub for_s: f64,
    /// Factor, 0 or more.
    pub factor: f64,
}

/// What to ask the generator for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requests {
    /// What the traces shall be, as `tracesmith generate --where` takes it: a table of attributes and values.
    #[serde(rename = "where")]
    pub conditions: Conditions,
    /// Traces of one state only: the same as `where.label`.
    pub label: Option<Class>,
    /// Sizes: the same as `where.size`.
    pub size: Option<SizeMode>,
    /// How much more often rare shapes are drawn: a shape of frequency f has the weight f^(1 − rare_shapes). 0 to 1. For tree-hvae models
    /// traces of one root and size count as one shape.
    pub rare_shapes: f64,
    /// Weights of the operations that traces begin with, as `operation` or `service/operation`; as often as the model has them if empty.
    pub mix: BTreeMap<String, f64>,
}

impl Requests {
    /// All conditions together; `where` counts first.
    pub fn all_conditions(&self) -> Conditions {
        self.conditions.clone().or(&self.short())
    }

    /// Whether the keys `label` and `size` say what `where` says.
    pub(crate) fn check_short(&self) -> Result<(), ConditionError> {
        self.conditions.clone().and(&self.short()).map(|_| ())
    }

    fn short(&self) -> Conditions {
        let conditions = Conditions::default().with_class(self.label.unwrap_or(Class::Unknown));
        match self.size {
            Some(size) => conditions.with_size(size),
            None => conditions,
        }
    }
}

/// Something that happens to calls of one target. `effect` is required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervention {
    /// Name in the ground truth; the kind of effect and its number in the file if it is missing.
    #[serde(default)]
    pub name: String,
    /// Which calls, in the forms of the scenario's `target`, which holds if this is missing.
    #[serde(default)]
    pub target: Option<String>,
    /// Begin of the window in which calls are hit.
    #[serde(default)]
    pub from_s: f64,
    /// Length of the window in seconds; to the end of the scenario if it is missing.
    #[serde(default)]
    pub for_s: Option<f64>,
    /// Probability that a call in the window is hit.
    #[serde(default = "always")]
    pub probability: f64,
    /// What happens: one of `slow`, `errors` and `gone`.
    pub effect: Effect,
}

fn always() -> f64 {
    1.0
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It takes longer.
    Slow(Slow),
    /// It fails.
    Errors(Errors),
    /// Nobody answers it.
    Gone(Gone),
}

impl Effect {
    /// The key of the effect; the kind of fault in fault files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow",
            Self::Errors(_) => "errors",
            Self::Gone(_) => "gone",
        }
    }
}

/// A call takes longer: by its duration times `factor − 1`, plus `delay_us`. Time that it spends in a call below it that is hit as well
/// counts there, so that a service that is slower by 3 takes 3 times as long even if it calls itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Slow {
    /// Factor, 1 or more.
    pub factor: f64,
    /// Time in µs.
    pub delay_us: Distribution,
}

impl Default for Slow {
    fn default() -> Self {
        Self { factor: 1.0, delay_us: Distribution::Constant(0.0) }
    }
}

/// A call fails: a span with an HTTP status gets 500, any other one the status ERROR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Errors {
    /// Probability that a caller that waits for a failed call fails too; its own caller with the same probability, and so on.
    pub propagate: f64,
    /// Whether the failed call does not get to make calls itself: all spans below it are gone.
    pub cut: bool,
    /// Duration of the failed call over what it was, 0 to 1. It does not become shorter than what it waits for.
    pub duration_factor: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Self { propagate: 0.0, cut: false, duration_factor: 1.0 }
    }
}

/// How a call that nobody answers looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GoneMode {
    /// The call leaves no span. The caller goes on after `wait_us`.
    Missing,
    /// The call is a span without calls below it that ends after `wait_us` with HTTP status 504 or ERROR. If the caller has a span of kind
    /// client for the call, that one shows the time-out, and the span of the service is missing.
    #[default]
    Timeout,
}

/// A service is gone: calls from other services fail, and all spans below are gone. A trace that begins in the service is left as it is,
/// because nothing would be recorded of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gone {
    /// How the calls look.
    pub mode: GoneMode,
    /// How long a caller waits, in µs.
    pub wait_us: Distribution,
    /// As for [`Errors::propagate`]. A client span of the call fails in any case.
    pub propagate: f64,
}

impl Default for Gone {
    fn default() -> Self {
        Self { mode: GoneMode::Timeout, wait_us: Distribution::Constant(1e6), propagate: 1.0 }
    }
}
