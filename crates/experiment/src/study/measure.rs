//! What is measured on the traces of a generator, and on real ones in their place.

use tracesmith_evaluate::{
    Comparison, Measure, ReconstructionTally, TraceContent, ceiling, compare, families, membership_from_losses, memorisation, privacy,
    privacy_ceiling, structural_fidelity, validity,
};
use tracesmith_trace::{Corpus, Edge};

use super::context::{Place, Study};
use super::job::Found;
use crate::cache::Stage;
use crate::config::MAIN_SIZE;
use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::outcome::TellTale;
use crate::{gnn_discriminator, latent};

/// Traces of each side in the attack by likelihood: each is encoded by itself.
const MOST_ATTACKED: usize = 500;

impl Study<'_> {
    pub(super) fn reconstruct(&self, place: Place) -> Result<Found, ExperimentError> {
        let title = self.title("reconstruct", place);
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1);
        let compute = || {
            let fitted = self.load(place)?;
            let Some(encoder) = fitted.skills().reconstruct else { return Ok(Found::of(Vec::new())) };
            let score = |corpus: &Corpus| {
                let reconstructions = encoder.reconstruct(corpus).map_err(|error| ExperimentError::stage(&title, &error))?;
                let mut tally = ReconstructionTally::default();
                for (trace, decoded) in corpus.traces().zip(&reconstructions) {
                    let Some(decoded) = decoded else { continue };
                    let edges: Vec<Edge> =
                        decoded.edges.iter().map(|&(parent, child)| Edge { parent: parent as u32, child: child as u32 }).collect();
                    let predicted = TraceContent {
                        services: &decoded.services,
                        operations: &decoded.operations,
                        durations_us: &decoded.durations_us,
                        edges: &edges,
                    };
                    tally.push(trace.into(), predicted).map_err(|error| ExperimentError::stage(&title, &error))?;
                }
                tally.finish().map(|scores| scores.measurements()).map_err(|error| ExperimentError::stage(&title, &error))
            };
            let traces = self.traces(place);
            let (held_out, training) = (score(&traces.held_out)?, score(&traces.training)?);
            Ok(Found::Measurements { own: held_out, training })
        };
        self.timed(&title, || self.cache.fetch(Stage::Reconstruct, &title, &inputs, compute))
    }

    pub(super) fn compare(&self, place: Place, size: &str) -> Result<Found, ExperimentError> {
        let title = self.title(&format!("compare ({size})"), place);
        let traces = self.traces(place);
        let seed = self.experiment.seeds[place.seed];
        let synthetic = self.sample(place, size)?;
        let inputs = (&traces.hash, crate::cache::hash(&synthetic)?, seed, size == MAIN_SIZE, further_metrics());
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            if size != MAIN_SIZE {
                let fidelity = structural_fidelity(&traces.held_out, &synthetic, seed).map_err(fail)?;
                let validity = validity(&traces.held_out, &synthetic).map_err(fail)?;
                return Ok(Found::of([fidelity.measurements(), validity.measurements()].concat()));
            }
            let comparison = compare(&traces.held_out, &synthetic, seed).map_err(fail)?;
            let copied = memorisation(&traces.training, &traces.held_out, &synthetic).map_err(fail)?;
            let attacked = privacy(&traces.training, &traces.held_out, &synthetic, seed).map_err(fail)?;
            let measurements = [comparison.measurements(), copied.measurements(), attacked.measurements()].concat();
            let Comparison { similarity, discriminator, .. } = comparison;
            let tell_tales = discriminator.top.into_iter().map(TellTale::from).collect();
            Ok(Found::Comparison { measurements, real: similarity.projection.real, synthetic: similarity.projection.synthetic, tell_tales })
        };
        self.timed(&title, || self.cache.fetch(Stage::Compare, &title, &inputs, compute))
    }

    pub(super) fn latent(&self, place: Place) -> Result<Found, ExperimentError> {
        let (title, traces) = (self.title("latent", place), self.traces(place));
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1);
        let compute = || {
            let free = self.load_with(place, |sampling| {
                if sampling.has("force_root") {
                    sampling.set("force_root", false);
                }
            })?;
            let measurements = latent::judge(self.load(place)?.as_ref(), free.as_ref(), traces, self.experiment.seeds[place.seed])?;
            Ok(Found::of(measurements))
        };
        self.timed(&title, || self.cache.fetch(Stage::Latent, &title, &inputs, compute))
    }

    /// The attack on membership by the likelihood of a trace, for a model that has one.
    pub(super) fn likelihood(&self, place: Place) -> Result<Found, ExperimentError> {
        let (title, traces) = (self.title("likelihood", place), self.traces(place));
        let inputs = (self.fit_inputs(place), self.generator(place.generator).1, &traces.hash);
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            let model = self.load(place)?;
            let Some(likelihood) = model.skills().likelihood else { return Ok(Found::of(Vec::new())) };
            let some = |corpus: &Corpus| {
                corpus.select(&(0..corpus.len()).step_by(corpus.len().div_ceil(MOST_ATTACKED).max(1)).collect::<Vec<_>>())
            };
            let losses = |corpus| likelihood.trace_losses(&some(corpus)).map_err(|error| ExperimentError::stage(&title, &error));
            let attack = membership_from_losses(&losses(&traces.training)?, &losses(&traces.held_out)?).map_err(fail)?;
            Ok(Found::of(attack.under("privacy.likelihood.")))
        };
        self.timed(&title, || self.cache.fetch(Stage::Likelihood, &title, &inputs, compute))
    }

    /// The graph classifier on held-out real traces against others.
    pub(super) fn discriminate(&self, title: &str, traces: &Prepared, others: &Corpus, seed: usize) -> Result<Found, ExperimentError> {
        let (config, seed) = (&self.experiment.gnn_discriminator, self.experiment.seeds[seed]);
        let inputs = (&traces.hash, crate::cache::hash(others)?, config, seed);
        let compute = || Ok(Found::of(gnn_discriminator::judge(&traces.held_out, others, config, seed, self.device)?));
        self.timed(title, || self.cache.fetch(Stage::Discriminate, title, &inputs, compute))
    }

    pub(super) fn ceiling(&self, traces: &Prepared, seed: u64) -> Result<Found, ExperimentError> {
        let title = format!("ceiling · {} · seed {seed}", traces.system);
        let compute = || {
            let fail = |error| ExperimentError::stage(&title, &error);
            let comparison = ceiling(&traces.training, &traces.held_out, traces.training.len(), seed).map_err(fail)?;
            let attacked = privacy_ceiling(&traces.training, &traces.held_out, seed).map_err(fail)?;
            let attacked = attacked.map(|attacked| attacked.measurements()).unwrap_or_default();
            Ok(Found::of([comparison.measurements(), attacked].concat()))
        };
        self.timed(&title, || self.cache.fetch(Stage::Ceiling, &title, &(&traces.hash, seed, further_metrics()), compute))
    }
}

/// Metrics that a comparison measures beside its own: a cached one that lacks them is not taken.
fn further_metrics() -> Vec<&'static str> {
    let further = families().into_iter().filter(|family| family.compare.is_some());
    further.flat_map(|family| family.metrics).map(|metric| metric.id).collect()
}
