use burn::tensor::Device;
use rand::RngExt;
use tracesmith_codec::Tokens;
use tracesmith_trace::{Class, rng};

use super::*;
use crate::Noise;
use crate::fixture::parameters;
use crate::mixture::{Condition, Mixture};
use crate::train::{Objective, PrivacyConfig, Run, Trained, initialise, train};

const ANYTHING: TreeRules<'_> = TreeRules { limit: 12, grammar: None };

const SIZES: TreeSizes = TreeSizes { labels: 4, outcomes: 2, max_depth: 3, max_spans: 6, has_starts: true };

/// Two kinds of requests: class 1 is a chain of labels 0 1 2 with early quantiles, class 2 a root 3 with 5 children 1 and late ones.
fn samples(count: usize, seed: u64) -> Vec<TreeSample> {
    let mut rng = rng(seed, "samples");
    let mut sample = |i: usize| {
        let (depths, labels, class, low): (Vec<u16>, Vec<u32>, _, _) = if i.is_multiple_of(2) {
            (vec![0, 1, 2], vec![0, 1, 2], 1, 0.0)
        } else {
            (vec![0, 1, 1, 1, 1, 1], vec![3, 1, 1, 1, 1, 1], 2, 0.75)
        };
        let n = depths.len();
        let mut quantiles = || (0..n).map(|_| low + 0.25 * rng.random::<f32>()).collect::<Vec<_>>();
        let (heads, tails) = (quantiles(), quantiles());
        let tokens = Tokens { depths, outcomes: vec![u32::from(class == 2); n], labels, heads, tails, durations_us: vec![10.0; n] };
        TreeSample::of_class(tokens, class)
    };
    (0..count).map(&mut sample).collect()
}

fn small() -> TreeHvaeConfig {
    TreeHvaeConfig {
        graph_latent: 4,
        span_latent: 2,
        components: 4,
        bins: 8,
        label_width: 8,
        depth_width: 4,
        encoder_width: 12,
        structure_width: 24,
        timing_width: 24,
        lookahead_width: 8,
        graph_free_bits: 2.0,
        dropout: 0.1,
        timing_passes: usize::MAX,
        ..TreeHvaeConfig::default()
    }
}

fn fit(config: &TreeHvaeConfig, steps: usize) -> Trained<TreeHvae> {
    let device = Device::flex();
    let model = initialise(1, &device.clone().autodiff(), |device| config.init(&SIZES, device));
    let run = Run { seed: 2, device: &device, resume: None, observe: &mut |_| () };
    let recipe = TreeTrainConfig { steps, warm_up_steps: 10, learning_rate: 1e-2, ..TreeTrainConfig::default() }.recipe(64);
    train(model, &samples(64, 1), &samples(16, 2), &recipe, run).unwrap()
}

fn prior(model: &TreeHvae) -> Mixture {
    let data = samples(64, 1);
    let points = model.posterior_points(&data.iter().collect::<Vec<_>>(), 3, &mut Noise::new(3, "posterior"), &Device::flex());
    Mixture::fit(&points, 4, Class::COUNT, &mut rng(4, "em"))
}

fn draw(model: &TreeHvae, conditions: &[Condition], seed: u64) -> Vec<Tokens> {
    let (prior, mut rng) = (prior(model), rng(seed, "draw"));
    let graph: Vec<Vec<f32>> = conditions.iter().map(|condition| prior.draw(condition, &mut rng)).collect();
    model.sample(&graph, conditions, ANYTHING, &TreeSampling::default(), &mut rng, &Device::flex())
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let values: Vec<f32> = values.collect();
    values.iter().sum::<f32>() / values.len() as f32
}

#[test]
fn a_trained_network_draws_the_traces_of_a_class() {
    let Trained { model, history, .. } = fit(&small(), 200);
    assert!(history[history.len() - 1].validation < history[0].validation, "{history:?}");
    for (class, labels, late) in [(1, vec![0, 1, 2], false), (2, vec![3, 1, 1, 1, 1, 1], true)] {
        let drawn = draw(&model, &vec![Condition { class, size: None, root: None }; 50], 5);
        let right = drawn.iter().filter(|tokens| tokens.labels == labels).count();
        assert!(right >= 48, "{right} of 50 of class {class}: {:?}", drawn[0]);
        let (heads, tails) = (mean(drawn.iter().flat_map(|t| t.heads.clone())), mean(drawn.iter().flat_map(|t| t.tails.clone())));
        assert!((heads > 0.7) == late && (tails > 0.7) == late && (heads < 0.3) != late, "{class}: {heads} {tails}");
    }
}

#[test]
fn the_posterior_means_alone_give_the_trace_back() {
    let model = fit(&small(), 200).model;
    let data = samples(10, 9);
    let reconstructed = model.reconstruct(&data.iter().collect::<Vec<_>>(), ANYTHING, &Device::flex());
    for (sample, tokens) in data.iter().zip(&reconstructed) {
        assert_eq!((&sample.tokens.labels, &sample.tokens.depths), (&tokens.labels, &tokens.depths));
    }
}

#[test]
fn sizes_and_roots_that_are_asked_for_are_met_by_an_untrained_network() {
    let device = Device::flex();
    let model = initialise(1, &device, |device| small().init(&SIZES, device));
    let condition =
        |i: usize| Condition { class: i % 3, size: (!i.is_multiple_of(4)).then_some(i % 4 * 3), root: i.is_multiple_of(2).then_some(2) };
    let conditions: Vec<Condition> = (0..40).map(condition).collect();
    let drawn = draw(&model, &conditions, 1);
    for (tokens, condition) in drawn.iter().zip(&conditions) {
        assert!(tokens.is_tree() && tokens.len() <= 12, "{tokens:?}");
        assert!(condition.size.is_none_or(|size| tokens.len() == size));
        assert!(condition.root.is_none_or(|root| tokens.labels[0] == root));
        assert!(tokens.heads.iter().chain(&tokens.tails).all(|u| (0.0..=1.0).contains(u)));
    }
    assert_eq!(drawn, draw(&model, &conditions, 1));
    assert_ne!(drawn, draw(&model, &conditions, 2));
}

#[test]
fn the_timing_decoder_learns_in_the_last_passes_only() {
    let fit = |timing_passes: usize| fit(&TreeHvaeConfig { timing_passes, ..small() }, 8);
    let untrained = initialise(1, &Device::flex().autodiff(), |device| small().init(&SIZES, device));
    let Trained { model, history, .. } = fit(0);
    assert_eq!(parameters(&model.timing), parameters(&untrained.timing));
    assert_ne!(parameters(&model.structure), parameters(&untrained.structure));
    assert_eq!(history.len(), 4);
    assert_ne!(parameters(&fit(1).model.timing), parameters(&untrained.timing));
    let tail = TreeHvae::TERMS.iter().position(|&term| term == "tail").unwrap();
    let tails: Vec<bool> = fit(3).history.iter().map(|record| record.terms[tail] > 0.0).collect();
    assert_eq!(tails, [false, true, true, true]);
}

#[test]
fn every_part_can_be_left_out() {
    let variants = [
        TreeHvaeConfig { graph_latent: 0, ..small() },
        TreeHvaeConfig { span_latent: 0, ..small() },
        TreeHvaeConfig { learned_priors: false, ..small() },
        TreeHvaeConfig { auxiliary: 0.0, dropout: 0.0, warm_up: 0.0, ..small() },
    ];
    for config in variants {
        let Trained { model, history, .. } = fit(&config, 4);
        assert!(history.iter().all(|record| record.total.is_finite()), "{config:?}: {history:?}");
        let conditions = vec![Condition { class: 1, size: Some(4), root: None }; 3];
        let (mut noise, mut rng) = (Noise::new(0, "prior"), rng(0, "draw"));
        let graph = model.draw_trained_prior(&conditions, &mut noise, &mut rng, &Device::flex());
        let drawn = model.sample(&graph, &conditions, ANYTHING, &TreeSampling::default(), &mut rng, &Device::flex());
        assert!(drawn.iter().all(|tokens| tokens.len() == 4), "{config:?}");
    }
}

#[test]
fn single_spans_without_starts_train_and_sample() {
    let sizes = TreeSizes { labels: 1, outcomes: 1, max_depth: 0, max_spans: 1, has_starts: false };
    let tokens =
        Tokens { depths: vec![0], labels: vec![0], outcomes: vec![0], heads: vec![0.5], tails: vec![0.5], durations_us: vec![0.0] };
    let data = vec![TreeSample::of_class(tokens, 0); 3];
    let device = Device::flex();
    let model = initialise(1, &device.clone().autodiff(), |device| small().init(&sizes, device));
    let run = Run { seed: 2, device: &device, resume: None, observe: &mut |_| () };
    let recipe = TreeTrainConfig { steps: 3, ..TreeTrainConfig::default() }.recipe(3);
    let model = train(model, &data, &[], &recipe, run).unwrap().model;
    let drawn = draw_any(&model);
    assert!(drawn.iter().all(|tokens| tokens.labels == [0]));
}

/// Quantiles that all follow the first one must do so in drawn traces: the decoder that runs step by step sees the same past as in training.
#[test]
fn drawn_quantiles_depend_on_each_other_as_in_training() {
    let mut rng = rng(6, "followers");
    let mut follower = || {
        let first = 0.1 + 0.8 * rng.random::<f32>();
        let mut near = || (0..4).map(|_| first + 0.05 * (rng.random::<f32>() - 0.5)).collect::<Vec<_>>();
        let (heads, tails) = (near(), near());
        let (depths, labels, outcomes) = (vec![0, 1, 2, 1], vec![0, 1, 2, 1], vec![0; 4]);
        TreeSample::of_class(Tokens { depths, labels, outcomes, heads, tails, durations_us: vec![10.0; 4] }, 0)
    };
    let data: Vec<TreeSample> = (0..128).map(|_| follower()).collect();
    let device = Device::flex();
    let config = TreeHvaeConfig { bins: 16, dropout: 0.0, ..small() };
    let model = initialise(1, &device.clone().autodiff(), |device| config.init(&SIZES, device));
    let run = Run { seed: 2, device: &device, resume: None, observe: &mut |_| () };
    let recipe = TreeTrainConfig { steps: 400, warm_up_steps: 10, learning_rate: 1e-2, ..TreeTrainConfig::default() }.recipe(128);
    let model = train(model, &data, &[], &recipe, run).unwrap().model;
    let spread = |tokens: &Tokens| {
        let all: Vec<f32> = tokens.heads.iter().chain(&tokens.tails).copied().collect();
        let middle = mean(all.iter().copied());
        mean(all.iter().map(|u| (u - middle).abs()))
    };
    let conditions = vec![Condition { class: 0, size: Some(4), root: None }; 200];
    let spreads: Vec<f32> = draw(&model, &conditions, 5).iter().map(spread).collect();
    let all = mean(spreads.into_iter());
    // Independent quantiles would spread by a quarter; a bin is 0.06 wide.
    assert!(all < 0.06, "{all}");
}

fn draw_any(model: &TreeHvae) -> Vec<Tokens> {
    let conditions = vec![Condition { class: 0, size: None, root: None }; 5];
    let mut rng = rng(0, "draw");
    let graph = model.draw_trained_prior(&conditions, &mut Noise::new(0, "prior"), &mut rng, &Device::flex());
    model.sample(&graph, &conditions, TreeRules { limit: 2, ..ANYTHING }, &TreeSampling::default(), &mut rng, &Device::flex())
}

/// The decoder that runs step by step must see what the decoder saw in training.
#[test]
fn drawing_step_by_step_gives_the_likelihoods_of_the_training_pass() {
    let device = Device::flex();
    let model = initialise(1, &device, |device| small().init(&SIZES, device));
    let conditions = vec![Condition { class: 1, size: None, root: None }; 400];
    let drawn = draw_with(&model, &conditions);
    // Tokens drawn at temperature 1 without min-p cost, on average, the entropy that the training pass itself assigns to them.
    let data: Vec<TreeSample> = drawn.into_iter().map(|tokens| TreeSample::of_class(tokens, 1)).collect();
    let batch = TreeBatch::new(&data.iter().collect::<Vec<_>>(), &SIZES, &device);
    let graph = burn::tensor::Tensor::zeros([data.len(), 4], &device);
    let logits = model.structure.forward(&batch, graph, burn::tensor::Tensor::zeros([data.len(), 1], &device), None);
    for (logits, targets) in [(logits.next, &batch.next), (logits.labels, &batch.labels), (logits.outcomes, &batch.outcomes)] {
        let log = burn::tensor::activation::log_softmax(logits, 1);
        let cost = -log.clone().gather(1, targets.clone().unsqueeze_dim(1)).mean().into_scalar::<f32>();
        let entropy = -(log.clone().exp() * log.clamp_min(-30.0)).sum_dim(1).mean().into_scalar::<f32>();
        assert!((cost - entropy).abs() < 0.05, "{cost} {entropy}");
    }
}

fn draw_with(model: &TreeHvae, conditions: &[Condition]) -> Vec<Tokens> {
    let sampling = TreeSampling { min_p: 0.0, ..TreeSampling::default() };
    model.sample(
        &vec![vec![0.0; 4]; conditions.len()],
        conditions,
        TreeRules { limit: 1000, ..ANYTHING },
        &sampling,
        &mut rng(3, "draw"),
        &Device::flex(),
    )
}

#[test]
fn training_depends_on_its_seed_alone() {
    let weights = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| parameters(&fit(&small(), 6).model))
    };
    assert_eq!(weights(1), weights(3));
}

#[test]
fn the_terms_of_the_loss_are_those_of_the_documentation() {
    assert_eq!(TreeHvae::TERMS.len(), fit(&small(), 1).history[0].terms.len());
}

/// Traces of one size, as every trace counts alike with privacy and every span without; no latents and no dropout, whose draws come in
/// another order.
#[test]
fn the_gradients_of_single_traces_add_up_to_that_of_all() {
    let device = Device::flex();
    let chains: Vec<TreeSample> = samples(32, 1).into_iter().filter(|sample| sample.class == 1).collect();
    let config = TreeHvaeConfig { graph_latent: 0, span_latent: 0, learned_priors: false, dropout: 0.0, ..small() };
    let history = |privacy| {
        let settings = TreeTrainConfig {
            steps: 12,
            batch: 16,
            warm_up_steps: 0,
            learning_rate: 3e-3,
            clip: 0.0,
            privacy,
            ..TreeTrainConfig::default()
        };
        let model = initialise(1, &device.clone().autodiff(), |device| config.init(&SIZES, device));
        let run = Run { seed: 2, device: &device, resume: None, observe: &mut |_| () };
        train(model, &chains, &[], &settings.recipe(16), run).unwrap().history
    };
    let free = PrivacyConfig { clip: 1e6, noise_multiplier: Some(0.0), ..PrivacyConfig::default() };
    let clipped = PrivacyConfig { clip: 1e-3, ..free.clone() };
    let (private, plain) = (history(Some(free)), history(None));
    let close = private.iter().zip(&plain).all(|(a, b)| a.terms.iter().zip(&b.terms).all(|(a, b)| (a - b).abs() < 2e-3 * b.abs().max(1.0)));
    assert!(close && private.len() == 12, "{private:?} {plain:?}");
    assert!(plain[11].total < plain[0].total - 0.1);
    assert_ne!(history(Some(clipped)), private, "clipping changes what is learnt");
}
