//! Traces of a scenario from a fitted generator.

use std::path::PathBuf;

use anyhow::bail;
use tracesmith_formats::Format;
use tracesmith_generate::{Drawn, FittedGenerator, Request};
use tracesmith_scenario::{GroundTruth, Part, Plan, Scenario, oversample_rare};
use tracesmith_trace::{Conditions, Corpus};

use crate::{conditions::given, terminal::Terminal};

/// Traces that are drawn for each one that is kept, where a generator cannot be asked for rare shapes.
const POOL: usize = 4;

/// The scenario of a command.
#[derive(Debug, clap::Args)]
pub struct ScenarioArgs {
    /// What happens to the system meanwhile: a TOML file, or one of cascade, error-burst, long-tail, slow-dependency and traffic-spike
    #[arg(long, value_name = "FILE|PRESET")]
    scenario: Option<String>,
    /// Set a key of the scenario; can be given again. target=SERVICE/OPERATION says where it happens
    #[arg(long, value_name = "KEY=VALUE", requires = "scenario")]
    scenario_set: Vec<String>,
    /// File for what the scenario did to which span, as JSON lines
    #[arg(long, value_name = "PATH", requires = "scenario")]
    ground_truth: Option<PathBuf>,
    /// File for the fault windows of the scenario, which `--faults` of other verbs reads
    #[arg(long, value_name = "PATH", requires = "scenario")]
    faults_out: Option<PathBuf>,
}

impl ScenarioArgs {
    /// The scenario, if there is one.
    pub fn open(&self) -> anyhow::Result<Option<Scenario>> {
        Ok(self.scenario.as_deref().map(|name| Scenario::open(name, &self.scenario_set)).transpose()?)
    }

    /// What `--scenario` says.
    pub fn name(&self) -> Option<&str> {
        self.scenario.as_deref()
    }

    /// Whether the ground truth is wanted.
    pub fn wants_truth(&self) -> bool {
        self.ground_truth.is_some()
    }

    /// Whether the fault windows are wanted.
    pub fn wants_windows(&self) -> bool {
        self.faults_out.is_some()
    }

    /// The options about a scenario that are there beside its name.
    pub fn given(&self) -> Vec<&'static str> {
        given(&[
            ("--scenario-set", !self.scenario_set.is_empty()),
            ("--ground-truth", self.wants_truth()),
            ("--faults-out", self.wants_windows()),
        ])
    }

    /// Writes the ground truth beside traces in `format`, and says how often each intervention hit.
    pub fn write(&self, truth: &GroundTruth, format: Format, terminal: Terminal) -> anyhow::Result<()> {
        for done in &truth.interventions {
            terminal.note(format_args!(
                "{} ({} {}): {} calls in {} traces, {} callers wait or fail",
                done.name, done.effect, done.target, done.causes, done.traces, done.effects
            ));
        }
        if let Some(path) = &self.ground_truth {
            truth.write(path, format)?;
        }
        if let Some(path) = &self.faults_out {
            truth.write_windows(path)?;
        }
        Ok(())
    }
}

/// How much more often than the model by itself a scenario draws rare shapes, if it does.
pub fn rare_shapes(scenario: &Scenario) -> Option<f64> {
    Some(scenario.requests.rare_shapes).filter(|&share| share > 0.0)
}

/// Number of traces: as many as are asked for, or else as the load of the scenario makes.
///
/// # Errors
/// If nothing says how many, or they are too many for one corpus.
pub fn trace_count(asked: Option<u64>, scenario: Option<&Scenario>) -> anyhow::Result<usize> {
    let expected = || scenario.and_then(Scenario::expected_traces).map(|count| count as u64);
    match asked.or_else(expected) {
        Some(count) if count <= u32::MAX.into() => Ok(count as usize),
        Some(count) if asked.is_some() => bail!("{count} traces are more than are made at once: give a smaller -n"),
        Some(count) => bail!("the scenario makes {count} traces, more than are made at once: set load.rate lower, or give -n N"),
        None => bail!("the scenario has no duration_s with load.rate that say how many traces there are: give -n N"),
    }
}

/// Draws `count` traces of these conditions for a scenario and lets it happen. `draws_rare` says whether the model draws rare shapes more
/// often by itself.
///
/// # Errors
/// If the model cannot give such traces, or the scenario cannot happen to them.
pub fn enact(
    scenario: &Scenario,
    model: &dyn FittedGenerator,
    draws_rare: bool,
    conditions: &Conditions,
    count: usize,
    seed: u64,
    terminal: Terminal,
) -> anyhow::Result<(Corpus, GroundTruth)> {
    let plan = scenario.plan(count, seed);
    let conditions = together(conditions, &plan)?;
    if conditions.class().is_none() && !scenario.interventions.is_empty() && model.profile().has_both_labels() {
        terminal.note("note: the model has faults of its own among its traces; --label normal leaves them out");
    }
    let corpus = sample(model, &plan, &conditions, draws_rare, terminal)?;
    Ok(scenario.apply(&corpus, seed)?)
}

/// The conditions, and those of a scenario on what they leave open.
fn together(conditions: &Conditions, plan: &Plan) -> anyhow::Result<Conditions> {
    if conditions.root().is_some() && plan.parts.iter().any(|part| part.root.is_some()) {
        bail!("--root and requests.mix of the scenario both say what traces begin with: leave one out");
    }
    Ok(conditions.clone().or(&plan.conditions))
}

/// Draws the parts of a plan under these conditions.
fn sample(
    model: &dyn FittedGenerator,
    plan: &Plan,
    conditions: &Conditions,
    draws_rare: bool,
    terminal: Terminal,
) -> anyhow::Result<Corpus> {
    let choose = plan.rare_shapes > 0.0 && !draws_rare;
    let part = |part: &Part| -> anyhow::Result<Corpus> {
        if !choose {
            return draw(model, part, conditions, terminal);
        }
        let pool = Part { count: part.count.saturating_mul(POOL), ..part.clone() };
        let pool = draw(model, &pool, conditions, terminal)?;
        Ok(oversample_rare(&pool, part.count, plan.rare_shapes, part.seed))
    };
    let parts = plan.parts.iter().map(part).collect::<anyhow::Result<Vec<Corpus>>>()?;
    if parts.is_empty() {
        bail!("the scenario asks for no trace");
    }
    Ok(Corpus::concat(&parts.iter().collect::<Vec<_>>()))
}

fn draw(model: &dyn FittedGenerator, part: &Part, conditions: &Conditions, terminal: Terminal) -> anyhow::Result<Corpus> {
    let conditions = match &part.root {
        Some(root) => conditions.clone().with_root(root),
        None => conditions.clone(),
    };
    let Drawn { corpus, notes } = tracesmith_generate::draw(model, &Request::new(part.count, part.seed).under(conditions))?;
    notes.iter().for_each(|note| terminal.note(format_args!("note: {note}")));
    Ok(corpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str) -> Scenario {
        Scenario::parse("test", text, &[]).unwrap()
    }

    #[test]
    fn as_many_traces_are_made_as_are_asked_for_or_else_as_the_load_makes() {
        let loaded = scenario("duration_s = 10\nload.rate = 3");
        assert_eq!(trace_count(None, Some(&loaded)).unwrap(), 30);
        assert_eq!(trace_count(Some(7), Some(&loaded)).unwrap(), 7);
        assert_eq!(trace_count(Some(7), None).unwrap(), 7);
        for (asked, text, reason) in [
            (None, "duration_s = 10", "give -n N"),
            (None, "duration_s = 1e6\nload.rate = 1e4", "set load.rate lower"),
            (Some(1 << 32), "duration_s = 10\nload.rate = 3", "give a smaller -n"),
        ] {
            let error = trace_count(asked, Some(&scenario(text))).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_root_is_asked_for_by_the_options_or_by_the_scenario() {
        let plan = scenario("requests.mix = { buy = 1 }\nrequests.label = 'normal'").plan(3, 0);
        let asked = |text: &str| together(&text.parse().unwrap(), &plan).map(|conditions| conditions.to_string());
        let error = asked("root=pay").unwrap_err().to_string();
        assert!(error.contains("leave one out"), "{error}");
        assert_eq!(asked("size=3").unwrap(), "label=normal,size=3");
        assert_eq!(asked("label=abnormal").unwrap(), "label=abnormal");
    }
}
