//! A prior that follows the posterior: mixtures of Gaussians over the latents of the training traces.
//!
//! A VAE's decoder sees draws from the posteriors of the training traces while it is trained. Their mixture, the aggregate posterior, can be
//! far from N(0, I), and what is decoded from N(0, I) is then unlike anything that the decoder has learnt (Tomczak & Welling 2018).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracesmith_model::batch::{plan_by_size, plan_epoch};
use tracesmith_model::mixture::{Condition, LEAST_A_COMPONENT, Mixture, Point};
use tracesmith_model::{Device, Graph, GraphBatch, Latents, Noise};
use tracesmith_trace::{Class, rng};

use super::network::{CELLS, CHUNK, Vae};

/// Gaussians in a mixture, if there are points enough.
const COMPONENTS: usize = 64;
/// Traces, and spans, whose posterior is drawn from: beyond, a mixture changes little and takes minutes.
const MOST_POINTS: usize = 4096;

/// Mixtures over `z_G`, by class (of a conditional network) and size, and over the `z_v` of all spans, by class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AggregatePrior {
    graphs: Mixture,
    /// For networks with span latents.
    spans: Option<Mixture>,
}

impl AggregatePrior {
    /// Fits the mixtures to one draw from the posterior of each of `graphs`, or of some if there are many.
    pub fn fit<M: Vae>(model: &M, graphs: &[Graph], conditional: bool, seed: u64, device: &Device) -> Self {
        let mut rng = rng(seed, "aggregate/points");
        let chosen = plan_epoch(graphs.len(), MOST_POINTS, &mut rng).into_iter().next().unwrap_or_default();
        let chosen: Vec<&Graph> = chosen.into_iter().map(|i| &graphs[i]).collect();
        let sizes: Vec<usize> = chosen.iter().map(|graph| graph.len()).collect();
        let kept = MOST_POINTS as f64 / sizes.iter().sum::<usize>().max(1) as f64;
        let mut noise = Noise::new(seed, "aggregate/posterior");
        let (mut traces, mut spans) = (Vec::new(), Vec::new());
        for positions in plan_by_size(&sizes, CHUNK, CELLS) {
            let batch: Vec<&Graph> = positions.iter().map(|&i| chosen[i]).collect();
            let latents = model.draw_posterior(&GraphBatch::new(&batch, device), &mut noise);
            let class = |graph: &Graph| if conditional { graph.class } else { 0 };
            traces.extend(latents.graphs.iter().zip(&batch).map(|(z, graph)| point(z, class(graph), graph.len())));
            let classes = batch.iter().flat_map(|graph| std::iter::repeat_n(class(graph), graph.len()));
            let points = latents.spans.iter().zip(classes).map(|(z, class)| point(z, class, 0));
            spans.extend(points.filter(|_| kept >= 1.0 || rng.random_bool(kept)));
        }
        let mut mixture = |points: &[Point]| {
            let components = (points.len() / LEAST_A_COMPONENT).clamp(1, COMPONENTS);
            Mixture::fit(points, components, Class::COUNT, &mut rng)
        };
        Self { graphs: mixture(&traces), spans: (!spans.is_empty()).then(|| mixture(&spans)) }
    }

    /// Whether the mixtures are over the latents of `model`, as in a model file they must be.
    pub fn fits<M: Vae>(&self, model: &M) -> bool {
        let fits = |mixture: &Mixture| mixture.fits(model.latent(), Class::COUNT);
        fits(&self.graphs) && self.spans.is_some() == M::SPAN_LATENTS && self.spans.iter().all(fits)
    }

    /// Latents for graphs of which only the class and the size are known.
    pub fn draw(&self, blanks: &[Graph], rng: &mut ChaCha8Rng) -> Latents {
        let mut latents = Latents::default();
        for blank in blanks {
            let condition = Condition { class: blank.class, size: Some(blank.len()), root: None };
            latents.graphs.push(self.graphs.draw(&condition, rng));
            if let Some(spans) = &self.spans {
                let condition = Condition { size: None, ..condition };
                latents.spans.extend((0..blank.len()).map(|_| spans.draw(&condition, rng)));
            }
        }
        latents
    }
}

fn point(z: &[f32], class: usize, size: usize) -> Point {
    Point { z: z.iter().map(|&x| f64::from(x)).collect(), class, size, root: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_model::Sizes;
    use tracesmith_model::flat_vae::{FlatVae, FlatVaeConfig};
    use tracesmith_model::hvae::{Hvae, HvaeConfig};
    use tracesmith_model::train::initialise;

    const SIZES: Sizes = Sizes { services: 3, operations: 4, max_spans: 6 };

    fn graphs(count: usize) -> Vec<Graph> {
        let mut rng = rng(0, "graphs");
        let graph = |i: usize| {
            let size = 1 + i % SIZES.max_spans;
            Graph {
                services: vec![(i % 3) as u32; size],
                operations: vec![(i % 4) as u32; size],
                durations: (0..size).map(|_| rng.random_range(-2.0..2.0)).collect(),
                edges: (1..size).map(|child| (0, child)).collect(),
                class: 1 + i % 2,
            }
        };
        (0..count).map(graph).collect()
    }

    fn hvae(conditional: bool) -> Hvae {
        let config = HvaeConfig { latent: 4, hidden: 8, conditional, ..HvaeConfig::default() };
        initialise(1, &Device::flex(), |device| config.init(&SIZES, device))
    }

    fn flat_vae() -> FlatVae {
        let config = FlatVaeConfig { latent: 4, hidden: 8, span_width: 4, ..FlatVaeConfig::default() };
        initialise(1, &Device::flex(), |device| config.init(&SIZES, device))
    }

    /// Mean and standard deviation of every unit.
    fn moments(rows: &[Vec<f32>]) -> Vec<(f64, f64)> {
        let count = rows.len() as f64;
        let of_unit = |unit: usize| {
            let values = || rows.iter().map(|row| f64::from(row[unit]));
            let mean = values().sum::<f64>() / count;
            (mean, (values().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt())
        };
        (0..rows[0].len()).map(of_unit).collect()
    }

    fn assert_alike(drawn: &[Vec<f32>], posterior: &[Vec<f32>], what: &str) {
        for ((mean, deviation), (want_mean, want_deviation)) in moments(drawn).into_iter().zip(moments(posterior)) {
            assert!((mean - want_mean).abs() < 0.1 * want_deviation.max(0.5), "{what}: mean {mean} for {want_mean}");
            assert!((deviation / want_deviation - 1.0).abs() < 0.1, "{what}: deviation {deviation} for {want_deviation}");
        }
    }

    #[test]
    fn draws_have_the_moments_of_the_posterior() {
        let (graphs, device) = (graphs(3000), Device::flex());
        let batch = GraphBatch::new(&graphs.iter().collect::<Vec<_>>(), &device);
        let mut noise = Noise::new(7, "test");
        let model = hvae(false);
        let prior = AggregatePrior::fit(&model, &graphs, false, 3, &device);
        assert!(prior.fits(&model));
        let blanks: Vec<Graph> = graphs.iter().map(|graph| Graph { class: 0, ..graph.clone() }).collect();
        let (drawn, posterior) = (prior.draw(&blanks, &mut rng(1, "draw")), model.draw_posterior(&batch, &mut noise));
        assert_alike(&drawn.graphs, &posterior.graphs, "z_G");
        assert_alike(&drawn.spans, &posterior.spans, "z_v");

        let flat = flat_vae();
        let prior = AggregatePrior::fit(&flat, &graphs, false, 3, &device);
        assert!(prior.fits(&flat) && prior.spans.is_none());
        assert_alike(&prior.draw(&blanks, &mut rng(1, "draw")).graphs, &flat.draw_posterior(&batch, &mut noise).graphs, "z");
    }

    #[test]
    fn a_component_stands_for_several_traces() {
        let (graphs, device) = (graphs(40), Device::flex());
        let prior = AggregatePrior::fit(&hvae(true), &graphs, true, 3, &device);
        assert!(prior.graphs.len() <= 5, "{} components for 40 traces", prior.graphs.len());
        let one = AggregatePrior::fit(&hvae(true), &graphs[..1], true, 3, &device);
        assert_eq!(one.graphs.len(), 1);
        assert_eq!(one.draw(&graphs[3..5], &mut rng(0, "draw")).spans.len(), 4 + 5);
    }

    #[test]
    fn mixtures_of_other_latents_do_not_fit() {
        let (graphs, device) = (graphs(40), Device::flex());
        let config = HvaeConfig { latent: 5, hidden: 8, ..HvaeConfig::default() };
        let wider = initialise(1, &device, |device| config.init(&SIZES, device));
        let prior = AggregatePrior::fit(&hvae(false), &graphs, false, 3, &device);
        assert!(!prior.fits(&wider) && !prior.fits(&flat_vae()));
    }
}
