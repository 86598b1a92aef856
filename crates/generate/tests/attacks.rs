//! The attacks on privacy catch models that know their training traces by heart: an attack that does not would prove nothing by finding
//! nothing.

#![allow(clippy::unwrap_used)]

use tracesmith_evaluate::privacy::{ClosestRecord, MembershipInference};
use tracesmith_evaluate::{Privacy, membership_from_losses, privacy};
use tracesmith_generate::{Fit, FittedGenerator, Generator, Request, TreeHvaeGenerator};
use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_model::Device;
use tracesmith_model::tree_hvae::{TreeHvaeConfig, TreeTrainConfig};
use tracesmith_trace::Corpus;

/// Traces that a model is fitted on, and as many that it never sees.
const TRACES: usize = 30;
/// Traces of more spans are left out, for speed.
const LARGEST: usize = 7;

struct Traces {
    members: Corpus,
    others: Corpus,
}

/// Every other one of the requests of one run without faults: members and others differ in nothing but membership.
fn traces() -> Traces {
    let run = SimulationConfig { faults: false, clock_overflow: false, ..SimulationConfig::new(System::SocialNetwork, 300, 0) };
    let small = simulate(&run).corpus.filter(|trace| trace.span_count() <= LARGEST);
    assert!(small.len() >= 2 * TRACES);
    let every_other = |first: usize| small.select(&(0..TRACES).map(|i| 2 * i + first).collect::<Vec<_>>());
    Traces { members: every_other(0), others: every_other(1) }
}

fn fit(generator: &impl Generator, traces: &Traces) -> Box<dyn FittedGenerator> {
    generator.fit(&traces.members, Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_, _| () }).unwrap()
}

/// The attack by likelihood: a model finds what it was fitted on likelier.
fn by_likelihood(model: &dyn FittedGenerator, traces: &Traces) -> MembershipInference {
    let losses = |corpus| model.skills().likelihood.unwrap().trace_losses(corpus).unwrap();
    membership_from_losses(&losses(&traces.members), &losses(&traces.others)).unwrap()
}

/// The attacks by distance, on ten synthetic traces a member.
fn by_distance(model: &dyn FittedGenerator, traces: &Traces) -> (ClosestRecord, MembershipInference) {
    let synthetic = model.sample(&Request::new(10 * TRACES, 0)).unwrap();
    let Privacy { closest_record, membership, .. } = privacy(&traces.members, &traces.others, &synthetic, 0).unwrap();
    (closest_record.unwrap(), membership)
}

#[track_caller]
fn assert_caught(attack: &MembershipInference) {
    assert!(attack.auc.value > 0.75 && attack.auc.low > 0.6, "{attack:?}");
}

fn small_network() -> TreeHvaeConfig {
    TreeHvaeConfig {
        label_width: 16,
        depth_width: 8,
        encoder_width: 16,
        structure_width: 32,
        timing_width: 64,
        lookahead_width: 16,
        ..TreeHvaeConfig::default()
    }
}

fn tree_hvae(model: TreeHvaeConfig, train: TreeTrainConfig) -> TreeHvaeGenerator {
    TreeHvaeGenerator {
        model,
        train: TreeTrainConfig { batch: TRACES, warm_up_steps: 20, learning_rate: 1e-2, ..train },
        ..Default::default()
    }
}

/// Nothing that keeps the network from learning every training time exactly.
fn overfitted_tree_hvae() -> TreeHvaeGenerator {
    let model = TreeHvaeConfig { dropout: 0.0, smoothing: 0.0, timing_passes: usize::MAX, ..small_network() };
    tree_hvae(model, TreeTrainConfig { steps: 300, weight_decay: 0.0, average: 0.0, ..TreeTrainConfig::default() })
}

/// The same network with its usual dropout, decay, average and smoothing, and few steps.
fn regularised_tree_hvae() -> TreeHvaeGenerator {
    tree_hvae(small_network(), TreeTrainConfig { steps: 60, ..TreeTrainConfig::default() })
}

#[test]
fn an_overfitted_tree_hvae_is_caught_by_every_attack_and_a_regularised_one_is_not() {
    let traces = traces();
    let overfitted = fit(&overfitted_tree_hvae(), &traces);
    assert_caught(&by_likelihood(overfitted.as_ref(), &traces));
    let (closest, membership) = by_distance(overfitted.as_ref(), &traces);
    let (closest_control, control) = by_distance(fit(&regularised_tree_hvae(), &traces).as_ref(), &traces);
    assert_caught(&membership);
    assert!((control.auc.value - 0.5).abs() < 0.1 && control.auc.low < 0.5, "{control:?}");
    assert!(closest.closer_to_training > 0.8 && closest.traces >= TRACES, "{closest:?}");
    assert!(closest_control.closer_to_training < 0.65, "{closest_control:?}");
}
