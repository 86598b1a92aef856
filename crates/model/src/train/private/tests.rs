use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};

use super::super::run::train_saving_every;
use super::super::{EpochRecord, Losses, Optimiser, Progress, Run, TrainConfig, TrainError, Trained, initialise};
use super::*;
use crate::fixture::{SIZES, epochs, fit, flat_vae, graphs, hvae, parameters, small_hvae};

/// A line through points `[x, y]`.
#[derive(Module, Debug)]
struct Line {
    linear: Linear,
}

impl Objective for Line {
    const TERMS: &'static [&'static str] = &["squares"];
    const GRADIENTS_PER_SAMPLE: bool = true;
    type Sample = [f32; 2];
    type Batch = (Tensor<2>, Tensor<2>);

    fn size(_: &[f32; 2]) -> usize {
        1
    }

    fn collate(&self, samples: &[&[f32; 2]], device: &Device) -> Self::Batch {
        let column = |i: usize| {
            let values: Vec<f32> = samples.iter().map(|sample| sample[i]).collect();
            Tensor::<1>::from_floats(values.as_slice(), device).unsqueeze_dim(1)
        };
        (column(0), column(1))
    }

    fn settings(&self) -> String {
        String::new()
    }

    fn losses(&self, (x, y): &Self::Batch, _: Option<&mut Noise>, _: Progress) -> Losses {
        let error = self.linear.forward(x.clone()) - y.clone();
        let squares = (error.clone() * error).mean();
        Losses { total: squares.clone(), terms: vec![squares] }
    }
}

fn line() -> Line {
    initialise(1, &Device::flex().autodiff(), |device| Line { linear: LinearConfig::new(1, 1).init(device) })
}

/// Points near y = 2x + 1.
fn points(count: usize) -> Vec<[f32; 2]> {
    (0..count).map(|i| i as f32 / count as f32).map(|x| [x, 2.0 * x + 1.0 + 0.1 * (40.0 * x).sin()]).collect()
}

fn recipe(privacy: Option<PrivacyConfig>, batch: usize, epochs: usize) -> Recipe {
    let config = TrainConfig { epochs, batch, learning_rate: 0.05, weight_decay: 0.01, validation: 0.0, privacy, ..TrainConfig::default() };
    Recipe { optimiser: Optimiser::AdamW, cosine: Some(3), average: 0.8, ..Recipe::from(&config) }
}

fn noisy(noise_multiplier: f64) -> PrivacyConfig {
    PrivacyConfig { noise_multiplier: Some(noise_multiplier), ..PrivacyConfig::default() }
}

/// Trains and saves after every epoch; panics after epoch `kill`.
fn train_line(recipe: &Recipe, seed: u64, resume: Option<&Path>, kill: usize) -> Result<Trained<Line>, TrainError> {
    let mut observe = |record: &EpochRecord| assert!(record.epoch != kill, "killed");
    let run = Run { seed, device: &Device::flex(), resume, observe: &mut observe };
    train_saving_every(Duration::ZERO, line(), &points(20), &[], recipe, run)
}

fn weights(recipe: &Recipe, seed: u64) -> Vec<f32> {
    parameters(&train_line(recipe, seed, None, 0).unwrap().model).concat()
}

/// The gradient of a lot as one vector.
fn gradient<M: Objective>(model: &M, privacy: &Privacy, lot: &[M::Sample]) -> Vec<f32> {
    let step = Step { progress: Progress::END, frozen: &HashSet::new(), device: &Device::flex().autodiff() };
    let lot: Vec<&M::Sample> = lot.iter().collect();
    let (mut noise, mut privacy_noise) = (Noise::new(0, "noise"), Noise::new(1, "privacy"));
    let (_, gradients) = privacy.gradients(model, &lot, &step, &mut noise, &mut privacy_noise);
    crate::host::floats(flatten(model, gradients, &step))
}

fn norm(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn the_full_lot_without_noise_and_with_a_huge_clip_trains_as_without_privacy() {
    let free = PrivacyConfig { clip: 1e6, ..noisy(0.0) };
    let private = train_line(&recipe(Some(free), 20, 30), 3, None, 0).unwrap();
    let plain = train_line(&recipe(None, 20, 30), 3, None, 0).unwrap();
    let (ours, theirs) = (parameters(&private.model).concat(), parameters(&plain.model).concat());
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-4), "{ours:?} {theirs:?}");
    assert!(private.history.iter().zip(&plain.history).all(|(a, b)| (a.total - b.total).abs() < 1e-4 && a.epoch == b.epoch));
    assert!(private.privacy.is_some_and(|privacy| privacy.epsilon.is_none()) && plain.privacy.is_none());
    assert_ne!(parameters(&line()).concat(), theirs);
}

#[test]
fn no_trace_adds_more_than_the_clipping_norm() {
    let plan = PrivacyConfig { clip: 0.5, ..noisy(0.0) }.plan(20, 10, 1).unwrap();
    let others = points(5);
    let without = gradient(&line(), &plan, &others);
    for outlier in [[1e6, -1e6], [1e-3, 1e9], [-3.0, 40.0]] {
        let with = gradient(&line(), &plan, &[&others[..], &[outlier]].concat());
        let change = plan.lot * norm(with.iter().zip(&without).map(|(a, b)| a - b));
        assert!((change - 0.5).abs() < 1e-4, "{outlier:?} changes the sum by {change}");
    }
    // Nothing bounds a gradient that is no number: it does not count.
    let poisoned = gradient(&line(), &plan, &[&others[..], &[[f32::NAN, 0.0]], &[[1e30, 1e30]]].concat());
    assert_eq!(poisoned, without);
    // A short gradient is left as it is.
    let [weight, bias]: [f32; 2] = parameters(&line()).concat().try_into().unwrap();
    let close = gradient(&line(), &plan, &[[0.0, bias + 0.01]]);
    assert!((close[1] + 0.02 / 10.0).abs() < 1e-6 && close[0].abs() < 1e-9, "{close:?} {weight}");
}

#[test]
fn the_noise_has_its_scale_and_every_parameter_gets_some_even_from_an_empty_lot() {
    let wide = initialise(1, &Device::flex().autodiff(), |device| Line { linear: LinearConfig::new(100, 100).init(device) });
    let plan = PrivacyConfig { clip: 0.5, ..noisy(3.0) }.plan(1000, 8, 1).unwrap();
    let noise = gradient(&wide, &plan, &[]);
    assert!(noise.len() == 10_100 && noise.iter().all(|&x| x != 0.0));
    let (mean, deviation) = (noise.iter().map(|&x| f64::from(x)).sum::<f64>() / 10_100.0, norm(noise.iter().copied()) / 10_100f64.sqrt());
    let expected = 3.0 * 0.5 / 8.0;
    assert!((deviation / expected - 1.0).abs() < 0.03 && mean.abs() < 0.05 * expected, "{deviation} {mean}");
}

#[test]
fn frozen_parameters_have_no_gradient_and_the_others_keep_theirs() {
    let (model, device) = (line(), Device::flex().autodiff());
    let frozen = HashSet::from([model.linear.weight.id]);
    let step = Step { progress: Progress::END, frozen: &frozen, device: &device };
    let plan = noisy(1.0).plan(20, 10, 1).unwrap();
    let point = [0.5, 0.5];
    let (_, mut gradients) = plan.gradients(&model, &[&point], &step, &mut Noise::new(0, "noise"), &mut Noise::new(1, "privacy"));
    assert!(gradients.remove::<2>(model.linear.weight.id).is_none());
    assert!(gradients.remove::<1>(model.linear.bias.as_ref().unwrap().id).is_some());
}

#[test]
fn every_trace_enters_each_lot_by_itself_with_the_sampling_rate() {
    let plan = noisy(1.0).plan(50, 10, 1).unwrap();
    assert_eq!((plan.sampling_rate, plan.lot, plan.steps), (0.2, 10.0, 5));
    let mut rng = tracesmith_trace::rng(0, "lots");
    let lots: Vec<Vec<usize>> = (0..800).flat_map(|_| plan.lots(50, 10, &mut rng)).collect();
    assert_eq!(lots.len(), 4000);
    let mut counts = vec![0; 50];
    lots.iter().flatten().for_each(|&trace| counts[trace] += 1);
    assert!(counts.iter().all(|&count| (count as f64 / 4000.0 - 0.2).abs() < 0.03), "{counts:?}");
    assert!(lots.iter().all(|lot| lot.is_sorted_by(|a, b| a < b)));
    // Binomial sizes: variance n·q·(1 − q) = 8.
    let variance = lots.iter().map(|lot| (lot.len() as f64 - 10.0).powi(2)).sum::<f64>() / 4000.0;
    assert!((variance - 8.0).abs() < 0.8, "{variance}");
    let together = lots.iter().filter(|lot| lot.contains(&0) && lot.contains(&1)).count() as f64 / 4000.0;
    assert!((together - 0.04).abs() < 0.012, "{together}");
    // More traces a step than there are: all of them, always.
    let all = noisy(1.0).plan(5, 10, 1).unwrap().lots(5, 10, &mut rng);
    assert_eq!(all, [[0, 1, 2, 3, 4]]);
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    let private = recipe(Some(noisy(1.0)), 4, 5);
    assert_eq!(weights(&private, 3), weights(&private, 3));
    assert_ne!(weights(&private, 3), weights(&private, 4));
    assert_ne!(weights(&private, 3), weights(&recipe(Some(noisy(2.0)), 4, 5), 3));
}

#[test]
fn a_killed_private_run_resumes_and_one_with_other_settings_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    let private = recipe(Some(noisy(1.0)), 4, 5);
    let whole = weights(&private, 3);
    let kill = |recipe: &Recipe| {
        assert!(catch_unwind(AssertUnwindSafe(|| train_line(recipe, 3, Some(&path), 4).map(|_| ()))).is_err());
        assert!(path.exists());
    };
    let others = [noisy(2.0), PrivacyConfig { clip: 2.0, ..noisy(1.0) }, PrivacyConfig { delta: Some(1e-3), ..noisy(1.0) }];
    for (killed, epochs) in others.into_iter().map(|other| (recipe(Some(other), 4, 5), 5)).chain([(private.clone(), 2)]) {
        kill(&killed);
        let mut seen = 0;
        let run = Run { seed: 3, device: &Device::flex(), resume: Some(&path), observe: &mut |_| seen += 1 };
        let trained = train_saving_every(Duration::ZERO, line(), &points(20), &[], &private, run).unwrap();
        assert_eq!((parameters(&trained.model).concat(), seen), (whole.clone(), epochs));
    }
}

#[test]
fn epsilon_grows_with_the_steps_and_a_target_is_met() {
    let spent = |epochs| noisy(1.1).plan(1000, 50, epochs).unwrap().epsilon.unwrap();
    assert!(spent(1) < spent(2) && spent(2) < spent(20));
    let plan = PrivacyConfig { epsilon: Some(3.0), ..PrivacyConfig::default() }.plan(1000, 50, 20).unwrap();
    assert!(plan.epsilon.unwrap() <= 3.0 && plan.epsilon.unwrap() > 2.99, "{plan:?}");
    assert_eq!((plan.steps, plan.delta), (400, 1e-4));
    let trained = train_line(&recipe(Some(noisy(1.1)), 4, 3), 3, None, 0).unwrap();
    assert_eq!(trained.privacy, Some(noisy(1.1).plan(20, 4, 3).unwrap()));
}

#[test]
fn an_epoch_in_which_no_trace_was_drawn_has_losses_of_zero() {
    let run = |seed| {
        let run = Run { seed, device: &Device::flex(), resume: None, observe: &mut |_| () };
        train_saving_every(Duration::ZERO, line(), &points(2), &[], &recipe(Some(noisy(1.0)), 1, 150), run).unwrap().history
    };
    let empty: Vec<EpochRecord> = run(0).into_iter().filter(|record| record.total == 0.0).collect();
    assert!(!empty.is_empty() && empty.len() < 150 && empty[0].terms == [0.0], "{empty:?}");
}

#[test]
fn networks_that_normalise_over_a_batch_refuse_privacy_and_say_why() {
    let config = TrainConfig { privacy: Some(noisy(1.0)), ..epochs(1) };
    let errors = [
        fit(hvae(&small_hvae(), &SIZES, 0), &graphs(5, 0), &[], &config).unwrap_err(),
        fit(flat_vae(0), &graphs(5, 0), &[], &config).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, TrainError::Privacy(PrivacyError::Mixed)), "{error}");
        assert!(error.to_string().contains("normalises over the traces of a batch"), "{error}");
    }
}

#[test]
fn what_cannot_be_private_is_named() {
    let refused = |recipe: &Recipe| train_line(recipe, 0, None, 0).unwrap_err().to_string();
    let with = |privacy| recipe(Some(privacy), 4, 2);
    let both = PrivacyConfig { epsilon: Some(1.0), ..noisy(1.0) };
    let cases = [
        (with(PrivacyConfig::default()), "exactly one of noise_multiplier and epsilon"),
        (with(both), "exactly one of noise_multiplier and epsilon"),
        (with(PrivacyConfig { clip: 0.0, ..noisy(1.0) }), "train.privacy.clip = 0"),
        (with(PrivacyConfig { clip: f64::NAN, ..noisy(1.0) }), "train.privacy.clip = NaN"),
        (with(noisy(-1.0)), "train.privacy: noise multiplier -1"),
        (with(PrivacyConfig { delta: Some(1.0), ..noisy(0.0) }), "train.privacy: delta 1"),
        (with(PrivacyConfig { epsilon: Some(0.0), ..PrivacyConfig::default() }), "train.privacy: target epsilon 0"),
        (Recipe { patience: 3, ..with(noisy(1.0)) }, "train.patience = 3"),
        (Recipe { validation: 0.1, ..with(noisy(1.0)) }, "train.validation = 0.1"),
    ];
    for (recipe, message) in cases {
        assert!(refused(&recipe).contains(message), "{}", refused(&recipe));
    }
    let run = Run { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_| () };
    let looks = train_saving_every(Duration::ZERO, line(), &points(5), &points(2), &with(noisy(1.0)), run).unwrap_err();
    assert!(matches!(looks, TrainError::Privacy(PrivacyError::Looks { key: "validation", .. })), "{looks}");
}
