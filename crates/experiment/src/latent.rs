//! What the latent of a trace is good for: whether its request type and class can be read from it and asked for through it, and what lies
//! between two of them.

use tracesmith_evaluate::{Ceiling, Measurement, Metric, Role, linear_probe};
use tracesmith_generate::{FittedGenerator, Latents, Request};
use tracesmith_trace::{Corpus, SizeMode, TraceRef, ValidityCounts, derive_seed};

use crate::data::Prepared;
use crate::error::ExperimentError;

/// Root operations that are asked for: the most frequent ones of the training traces.
const ROOTS: usize = 8;
/// Traces asked for of each.
const TRACES_A_ROOT: usize = 50;
/// Pairs of held-out traces with different roots, and steps between them.
const PAIRS: usize = 20;
const STEPS: usize = 11;

/// What [`judge`] measures.
pub(crate) const METRICS: &[Metric] = &[
    share("latent.probe_root.accuracy", "linear probe of z_G: root operation"),
    share("latent.probe_root.chance", "… most frequent root"),
    share("latent.probe_class.accuracy", "linear probe of z_G: class"),
    share("latent.probe_class.chance", "… most frequent class"),
    share("latent.root_asked", "traces with the root that was asked for"),
    share("latent.root_through_latent", "… if only z_G is drawn for it"),
    share("latent.interpolation_valid", "valid traces between two traces of different roots"),
    share("latent.interpolation_arrives", "paths that lead from one root to the other"),
];

/// Real traces have no latent, so that there is no ceiling.
const fn share(id: &'static str, label: &'static str) -> Metric {
    Metric::description(id, label).share().ceiling(Ceiling::None).role(Role::Table)
}

/// Root of a trace as a number that stands for service and operation.
fn root(trace: TraceRef<'_>) -> usize {
    ((trace.services[0] as usize) << 32) | trace.operations[0] as usize
}

/// Accuracy of linear probes, control over roots, and interpolation; nothing for a generator without such a latent.
///
/// `generator` gives every trace the root that is asked for; `free` leaves the root to the latent that was drawn for it.
pub(crate) fn judge(
    generator: &dyn FittedGenerator,
    free: &dyn FittedGenerator,
    traces: &Prepared,
    seed: u64,
) -> Result<Vec<Measurement>, ExperimentError> {
    let Some(latents) = generator.skills().latents else { return Ok(Vec::new()) };
    let of_traces = |corpus| latents.latents(corpus).map_err(|error| ExperimentError::stage("latent", &error));
    let (training, held_out) = (of_traces(&traces.training)?, of_traces(&traces.held_out)?);
    let probe = |stem: &str, property: &dyn Fn(TraceRef<'_>) -> usize| {
        let of = |corpus: &Corpus| corpus.traces().map(property).collect::<Vec<_>>();
        let probe = linear_probe(&training, &of(&traces.training), &held_out, &of(&traces.held_out))?;
        Ok::<_, ExperimentError>(probe.under(stem))
    };
    let mut measurements = probe("latent.probe_root.", &root)?;
    measurements.extend(probe("latent.probe_class.", &|trace| trace.label.class().index())?);
    measurements.push(Measurement::new("latent.root_asked", root_control(generator, traces, seed)?));
    measurements.push(Measurement::new("latent.root_through_latent", root_control(free, traces, seed)?));
    measurements.extend(interpolation(latents, &traces.held_out, seed)?);
    Ok(measurements)
}

/// Share of traces that begin with the operation that was asked for.
fn root_control(generator: &dyn FittedGenerator, traces: &Prepared, seed: u64) -> Result<f64, ExperimentError> {
    let mut counts = std::collections::BTreeMap::new();
    traces.training.traces().for_each(|trace| *counts.entry(root(trace)).or_insert(0usize) += 1);
    let mut roots: Vec<(usize, usize)> = counts.into_iter().collect();
    roots.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let (mut hits, mut all) = (0, 0);
    for (number, &(wanted, _)) in roots.iter().take(ROOTS).enumerate() {
        let (service, operation) = ((wanted >> 32) as u32, (wanted & 0xffff_ffff) as u32);
        let name = format!("{}/{}", traces.training.services().name(service), traces.training.operations().name(operation));
        let seed = derive_seed(seed, &format!("root {number}"));
        let request = Request::new(TRACES_A_ROOT, seed).with_size(SizeMode::Model).with_root(name).on_threads(1);
        let drawn = generator.sample(&request).map_err(|error| ExperimentError::stage("latent", &error))?;
        hits += drawn.traces().filter(|&trace| root(trace) == wanted).count();
        all += drawn.len();
    }
    Ok(hits as f64 / all as f64)
}

/// Share of valid traces between pairs of held-out traces with different roots, and share of paths that lead from one root to the other.
fn interpolation(latents: &dyn Latents, held_out: &Corpus, seed: u64) -> Result<Vec<Measurement>, ExperimentError> {
    let pairs: Vec<(usize, usize)> = (0..held_out.len())
        .map(|i| (i, (i + held_out.len() / 2) % held_out.len()))
        .filter(|&(a, b)| root(held_out.trace(a)) != root(held_out.trace(b)))
        .take(PAIRS)
        .collect();
    let (mut valid, mut all, mut arrived) = (0, 0, 0);
    for &(a, b) in &pairs {
        let path = latents.interpolate(&held_out.select(&[a, b]), STEPS, seed);
        let path = path.map_err(|error| ExperimentError::stage("latent", &error))?;
        valid += ValidityCounts::of(&path).trees;
        all += path.len();
        let ends = (root(path.trace(0)), root(path.trace(path.len() - 1)));
        arrived += usize::from(ends == (root(held_out.trace(a)), root(held_out.trace(b))));
    }
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let of = |part: usize, whole: usize| part as f64 / whole as f64;
    Ok(vec![
        Measurement::new("latent.interpolation_valid", of(valid, all)).of(all),
        Measurement::new("latent.interpolation_arrives", of(arrived, pairs.len())).of(pairs.len()),
    ])
}
