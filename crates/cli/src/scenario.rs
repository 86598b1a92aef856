//! Traces of a scenario from a fitted generator.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Context, bail};
use tracesmith_formats::Format;
use tracesmith_generate::{FittedGenerator, LabelRequest, Request, SampleError};
use tracesmith_scenario::{BaseLabel, Condition, GroundTruth, Plan, Scenario, oversample_rare};
use tracesmith_trace::{Corpus, derive_seed};

use crate::terminal::Terminal;

/// Traces that are drawn for each one that is kept, where a generator cannot be asked for rare shapes.
const POOL: usize = 4;
/// How often as many traces as are needed are drawn to find those with a root, where a generator cannot be asked for it.
const ROUNDS: u64 = 50;
const SMALLEST_ROUND: usize = 64;
/// Roots that a message names.
const LISTED_ROOTS: usize = 10;

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

/// A request with the conditions of a scenario where it has none of its own.
pub fn conditioned(request: Request, plan: &Plan) -> anyhow::Result<Request> {
    if request.root.is_some() && plan.conditions.iter().any(|condition| condition.root.is_some()) {
        bail!("--root and requests.mix of the scenario both say what traces begin with: leave one out");
    }
    let label = request.label.or(plan.label.map(|label| match label {
        BaseLabel::Normal => LabelRequest::Normal,
        BaseLabel::Abnormal => LabelRequest::Abnormal,
    }));
    Ok(Request { label, ..request })
}

/// Draws the traces that a plan asks for. `request` says the rest; `draws_rare` whether the model draws rare shapes more often by itself.
///
/// # Errors
/// If the model cannot give such traces, or hardly any in many draws.
pub fn sample(model: &dyn FittedGenerator, plan: &Plan, request: &Request, draws_rare: bool, terminal: Terminal) -> anyhow::Result<Corpus> {
    let choose = plan.rare_shapes > 0.0 && !draws_rare;
    let part = |condition: &Condition| -> anyhow::Result<Corpus> {
        if !choose {
            return draw(model, condition, request, terminal);
        }
        let pool = Condition { count: condition.count.saturating_mul(POOL), ..condition.clone() };
        let pool = draw(model, &pool, request, terminal)?;
        Ok(oversample_rare(&pool, condition.count, plan.rare_shapes, condition.seed))
    };
    let parts = plan.conditions.iter().map(part).collect::<anyhow::Result<Vec<Corpus>>>()?;
    if parts.is_empty() {
        bail!("the scenario asks for no trace");
    }
    Ok(Corpus::concat(&parts.iter().collect::<Vec<_>>()))
}

fn draw(model: &dyn FittedGenerator, condition: &Condition, request: &Request, terminal: Terminal) -> anyhow::Result<Corpus> {
    let root = condition.root.clone().or_else(|| request.root.clone());
    match model.sample(&Request { count: condition.count, seed: condition.seed, root, ..request.clone() }) {
        Err(SampleError::NoRoots(_)) if condition.root.is_some() => draw_and_choose(model, condition, request, terminal),
        drawn => Ok(drawn?),
    }
}

/// Draws until there are enough traces with the root of the condition, for a model that cannot be asked for it.
fn draw_and_choose(model: &dyn FittedGenerator, condition: &Condition, request: &Request, terminal: Terminal) -> anyhow::Result<Corpus> {
    let root = condition.root.as_deref().unwrap_or_default();
    let count = condition.count.max(SMALLEST_ROUND);
    let (mut chosen, mut found, mut roots): (Vec<Corpus>, usize, BTreeSet<String>) = Default::default();
    for round in 0..ROUNDS {
        let seed = derive_seed(condition.seed, &format!("round/{round}"));
        let drawn = model.sample(&Request { count, seed, root: None, ..request.clone() })?;
        let mut met = condition.met_by(&drawn);
        met.truncate(condition.count - found);
        found += met.len();
        chosen.push(drawn.select(&met));
        if found == condition.count {
            let drawn = (round as usize + 1) * count;
            terminal.note(format_args!("note: {} cannot be asked for a root: {drawn} traces drawn for {found} with {root}", model.kind()));
            return Ok(Corpus::concat(&chosen.iter().collect::<Vec<_>>()));
        }
        roots.extend(
            drawn
                .traces()
                .map(|trace| format!("{}/{}", drawn.services().name(trace.services[0]), drawn.operations().name(trace.operations[0]))),
        );
    }
    let known = roots.into_iter().take(LISTED_ROOTS).collect::<Vec<_>>().join(", ");
    let (kind, drawn) = (model.kind(), ROUNDS as usize * count);
    Err(anyhow::anyhow!("only {found} of {drawn} traces begin with {root:?} instead of {}; among the roots are: {known}", condition.count))
        .with_context(|| format!("a {kind} model cannot be asked for a root operation, and traces with the one wanted are too rare"))
}
