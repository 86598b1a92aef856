use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;
use std::{fs, slice};

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rayon::ThreadPoolBuilder;

use super::run::train_saving_every;
use super::*;
use crate::checkpoint::CheckpointError;
use crate::classifier::ClassifierConfig;
use crate::fixture::{SIZES, epochs, fit, flat_vae, graphs, hvae, parameters, small_hvae, tree};
use crate::hvae::{DurationLoss, Hvae, HvaeConfig};
use crate::{Graph, Noise, Sizes};

fn small(seed: u64) -> Hvae {
    hvae(&small_hvae(), &SIZES, seed)
}

/// A weight that training always raises, by the learning rate a step, while the validation loss is least where it is 1: the losses of a
/// training go down and up again whatever the rounding.
#[derive(Module, Debug)]
struct Drift {
    weight: Param<Tensor<1>>,
}

impl Drift {
    fn new() -> Self {
        Self { weight: Param::from_tensor(Tensor::zeros([1], &Device::flex().autodiff())) }
    }
}

impl Objective for Drift {
    const TERMS: &'static [&'static str] = &["distance"];
    type Sample = Graph;
    type Batch = ();

    fn size(graph: &Graph) -> usize {
        graph.len()
    }

    fn collate(&self, _: &[&Graph], _: &Device) -> Self::Batch {}

    fn settings(&self) -> String {
        "drift".to_owned()
    }

    fn losses(&self, (): &Self::Batch, noise: Option<&mut Noise>, _: Progress) -> Losses {
        let weight = self.weight.val();
        let distance = (weight.clone() - 1.0).abs();
        let total = if noise.is_some() { -weight } else { distance.clone() };
        Losses { total, terms: vec![distance] }
    }
}

/// One step an epoch, of 0.3: the third epoch is the best.
fn drifting(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, batch: 20, learning_rate: 0.3, weight_decay: 0.0, ..TrainConfig::default() }
}

/// A digest of the weights, the loss in evaluation (which depends on the running statistics as well), and the history.
fn outcome<M: Objective<Sample = Graph>>(trained: &Trained<M>) -> (u64, f64, Vec<EpochRecord>) {
    let weights = format!("{:?}", parameters(&trained.model));
    let (loss, _) = evaluate(&trained.model, &graphs(10, 99), 4, &Device::flex());
    (tracesmith_trace::derive_seed(0, &weights), loss, trained.history.clone())
}

#[test]
fn the_same_seed_gives_the_same_weights_and_history_and_another_seed_others() {
    let (training, validation) = (graphs(20, 0), graphs(5, 1));
    let run = |seed| outcome(&fit(small(seed), &training, &validation, &epochs(3)).unwrap());
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}

#[test]
fn the_number_of_threads_does_not_change_the_result() {
    let sizes = Sizes { max_spans: 30, ..SIZES };
    let mut rng = tracesmith_trace::rng(0, "threads");
    let training: Vec<Graph> = (0..40).map(|i| tree(1 + i % 30, &mut rng)).collect();
    let config = TrainConfig { epochs: 2, ..TrainConfig::default() };
    let run = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| outcome(&fit(hvae(&HvaeConfig::default(), &sizes, 1), &training, &training[..8], &config).unwrap()))
    };
    let alone = run(1);
    assert!(alone == run(2) && alone == run(3), "weights or losses differ between 1, 2 and 3 threads");
}

/// Trains with a resume file that is written after every epoch; panics after epoch `kill`, before its state is written.
fn resumable(seed: u64, config: &TrainConfig, validation: &[Graph], path: &Path, kill: Option<usize>) -> Result<Trained<Hvae>, TrainError> {
    resumable_of(small(1), seed, config, validation, path, kill)
}

fn resumable_of<M: Objective<Sample = Graph>>(
    model: M,
    seed: u64,
    config: &TrainConfig,
    validation: &[Graph],
    path: &Path,
    kill: Option<usize>,
) -> Result<Trained<M>, TrainError> {
    let mut observe = |record: &EpochRecord| assert!(Some(record.epoch) != kill, "killed");
    let run = Run { seed, device: &Device::flex(), resume: Some(path), observe: &mut observe };
    train_saving_every(Duration::ZERO, model, &graphs(20, 0), validation, &config.into(), run)
}

fn kill_after(epoch: usize, seed: u64, config: &TrainConfig, validation: &[Graph], path: &Path) {
    let killed = catch_unwind(AssertUnwindSafe(|| resumable(seed, config, validation, path, Some(epoch)).map(|_| ())));
    assert!(killed.is_err());
    assert_eq!(path.exists(), epoch > 1);
}

#[test]
fn a_killed_run_resumes_to_the_weights_and_history_of_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    for validation in [graphs(5, 1), Vec::new()] {
        let whole = outcome(&resumable(3, &epochs(5), &validation, &path, None).unwrap());
        for kill in [1, 2, 4, 5] {
            kill_after(kill, 3, &epochs(5), &validation, &path);
            let mut seen = Vec::new();
            let run = Run { seed: 3, device: &Device::flex(), resume: Some(&path), observe: &mut |record| seen.push(record.epoch) };
            let resumed = train(small(1), &graphs(20, 0), &validation, &(&epochs(5)).into(), run).unwrap();
            assert_eq!(outcome(&resumed), whole, "killed after epoch {kill}");
            assert_eq!(seen, (kill..=5).collect::<Vec<_>>());
            assert!(!path.exists());
        }
    }
}

#[test]
fn averaged_weights_and_the_schedule_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    let recipe = Recipe { optimiser: Optimiser::AdamW, cosine: Some(3), clip: 1.0, average: 0.8, ..Recipe::from(&epochs(5)) };
    let run = |resume: bool, kill: usize| {
        let mut observe = |record: &EpochRecord| assert!(record.epoch != kill, "killed");
        let run = Run { seed: 3, device: &Device::flex(), resume: resume.then_some(&path), observe: &mut observe };
        train_saving_every(Duration::ZERO, small(1), &graphs(20, 0), &graphs(5, 1), &recipe, run)
    };
    let whole = outcome(&run(false, 0).unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| run(true, 3).map(|_| ()))).is_err());
    assert_eq!(outcome(&run(true, 0).unwrap()), whole);
    let plain = train(
        small(1),
        &graphs(20, 0),
        &[],
        &(&epochs(5)).into(),
        Run { seed: 3, device: &Device::flex(), resume: None, observe: &mut |_| () },
    );
    assert_ne!(outcome(&plain.unwrap()).0, whole.0, "the average is not the last weights");
}

#[test]
fn the_learning_rate_rises_and_falls_along_a_cosine() {
    let recipe = Recipe { cosine: Some(10), learning_rate: 2.0, ..Recipe::from(&epochs(1)) };
    let rate = |step| recipe.learning_rate(step, 110);
    assert!(rate(0) < rate(5) && rate(5) < rate(10));
    assert_eq!((rate(10), rate(60)), (2.0, 1.0));
    assert!(rate(109) < 0.01);
    assert_eq!(Recipe::from(&epochs(1)).learning_rate(99, 100), TrainConfig::default().learning_rate);
}

#[test]
fn early_stopping_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    let config = TrainConfig { patience: 2, ..drifting(60) };
    let validation = graphs(5, 1);
    let run = |kill| resumable_of(Drift::new(), 3, &config, &validation, &path, kill);
    let whole = run(None).unwrap();
    assert_eq!(whole.history.len(), 5);
    let killed = catch_unwind(AssertUnwindSafe(|| run(Some(4)).map(|_| ())));
    assert!(killed.is_err() && path.exists());
    assert_eq!(outcome(&run(None).unwrap()), outcome(&whole));
}

#[test]
fn a_resume_file_of_another_run_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    let fresh = outcome(&resumable(3, &epochs(3), &[], &path, None).unwrap());
    let longer = TrainConfig { learning_rate: 2e-3, ..epochs(3) };
    for (seed, config) in [(4, epochs(3)), (3, longer), (3, epochs(4))] {
        kill_after(3, seed, &config, &[], &path);
        assert_eq!(outcome(&resumable(3, &epochs(3), &[], &path, None).unwrap()), fresh);
    }
}

#[test]
fn a_resume_file_of_another_network_or_of_other_data_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    let heavy = HvaeConfig { beta: 0.5, ..small_hvae() };
    for (config, data) in [(heavy, graphs(20, 0)), (small_hvae(), graphs(20, 5))] {
        let run = |resume| {
            let run = Run { seed: 3, device: &Device::flex(), resume, observe: &mut |_| () };
            outcome(&train(hvae(&config, &SIZES, 1), &data, &[], &(&epochs(3)).into(), run).unwrap())
        };
        kill_after(3, 3, &epochs(3), &[], &path);
        assert_eq!(run(Some(&path)), run(None));
    }
}

#[test]
fn a_damaged_resume_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resume");
    kill_after(3, 3, &epochs(3), &[], &path);
    let whole = fs::read(&path).unwrap();
    let line = whole.iter().position(|&byte| byte == b'\n').unwrap();
    let cut_off = [0, line / 2, line + 1, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
    let mut blanked = whole.clone();
    blanked[line + 1..].fill(0);
    let overlong = [b"{\"state\":18446744073709551615,\"model\":9,\"optimiser\":9,\"best\":null}\n".to_vec(), whole].concat();
    for damaged in cut_off.into_iter().chain([blanked, overlong, b"something else".to_vec()]) {
        fs::write(&path, &damaged).unwrap();
        let resumed = resumable(3, &epochs(3), &[], &path, None).map(|_| ());
        assert!(matches!(resumed, Err(TrainError::Checkpoint(CheckpointError::Corrupt { .. }))), "{resumed:?}");
        assert!(path.exists(), "the file must stay for the user to look at");
    }
}

#[test]
fn an_unwritable_resume_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let below_a_file = folder.path().join("file").join("resume");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = resumable(3, &epochs(2), &[], &below_a_file, None).unwrap_err();
    assert!(matches!(error, TrainError::Checkpoint(CheckpointError::Io { .. })), "{error}");
}

/// Asserts that a network is that of its best epoch, whose number is returned.
fn best_epoch<M: Objective<Sample = Graph>>(trained: &Trained<M>, validation: &[Graph]) -> usize {
    let of = |record: &EpochRecord| record.validation.unwrap_or(f64::INFINITY);
    let best = trained.history.iter().min_by(|a, b| of(a).total_cmp(&of(b))).unwrap();
    let (loss, terms) = evaluate(&trained.model, validation, 4, &Device::flex());
    assert!((loss - of(best)).abs() < 1e-5, "{loss} instead of {best:?}");
    assert_eq!(terms.len(), best.terms.len());
    assert!(terms.iter().zip(&best.validation_terms).all(|(a, b)| (a - b).abs() < 1e-5), "{terms:?} instead of {best:?}");
    best.epoch
}

#[test]
fn the_weights_of_the_best_epoch_are_returned() {
    let validation = graphs(5, 1);
    // The losses get worse on purpose after the third epoch.
    let drifted = fit(Drift::new(), &graphs(20, 0), &validation, &drifting(12)).unwrap();
    assert_eq!(best_epoch(&drifted, &validation), 3);
    assert_eq!(drifted.history.len(), 12);
    let config = TrainConfig { learning_rate: 0.3, ..epochs(12) };
    best_epoch(&fit(small(1), &graphs(20, 0), &validation, &config).unwrap(), &validation);
}

#[test]
fn every_reading_of_the_paper_trains_all_its_parameters_with_a_finite_loss() {
    let training = graphs(12, 0);
    for bits in 0..16 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        let config = HvaeConfig {
            skip: on(0),
            conditional: on(1),
            class_weights: on(2),
            duration_loss: if on(3) { DurationLoss::Mse } else { DurationLoss::L1 },
            ..small_hvae()
        };
        let model = hvae(&config, &SIZES, 0).with_class_weights(&training, &SIZES);
        let before = parameters(&model);
        let trained = fit(model, &training, &training[..4], &epochs(1)).unwrap();
        let record = &trained.history[0];
        assert_eq!(record.terms.len(), Hvae::TERMS.len());
        let values = record.terms.iter().chain([&record.total]).chain(&record.validation);
        assert!(values.clone().all(|value| value.is_finite()), "{config:?}: {record:?}");
        let untouched = before.iter().zip(parameters(&trained.model)).position(|(before, after)| *before == after);
        assert_eq!(untouched, None, "{config:?}");
    }
}

#[test]
fn training_lowers_the_loss_of_every_network() {
    let training = graphs(30, 0);
    let config = TrainConfig { learning_rate: 5e-3, ..epochs(12) };
    let histories = [fit(small(0), &training, &[], &config).unwrap().history, fit(flat_vae(0), &training, &[], &config).unwrap().history];
    for history in histories {
        assert!(history[11].total < 0.9 * history[0].total, "{history:?}");
    }
}

#[test]
fn tiny_corpora_train_without_nan() {
    let mut rng = tracesmith_trace::rng(0, "tiny");
    let single_spans: Vec<Graph> = (0..6).map(|_| tree(1, &mut rng)).collect();
    let equal_durations: Vec<Graph> = graphs(6, 0).into_iter().map(|g| Graph { durations: vec![0.0; g.len()], ..g }).collect();
    let classifier = |_| initialise(0, &Device::flex().autodiff(), |device| ClassifierConfig::default().init(&SIZES, 3, device));
    for training in [&single_spans[..], &single_spans[..1], &equal_durations, &graphs(1, 3), &[tree(9, &mut rng)]] {
        for batch in [1, 4] {
            let config = TrainConfig { batch, ..epochs(2) };
            let histories = [
                fit(small(0), training, training, &config).unwrap().history,
                fit(flat_vae(0), training, training, &config).unwrap().history,
                fit(classifier(()), training, training, &config).unwrap().history,
            ];
            for record in histories.iter().flatten() {
                assert!(record.terms.iter().chain([&record.total]).chain(&record.validation).all(|loss| loss.is_finite()), "{record:?}");
            }
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let default = TrainConfig::default;
    let cases = [
        (TrainConfig { epochs: 0, ..default() }, "train.epochs = 0"),
        (TrainConfig { batch: 0, ..default() }, "train.batch = 0"),
        (TrainConfig { learning_rate: f64::NAN, ..default() }, "train.learning_rate = NaN"),
        (TrainConfig { learning_rate: f64::INFINITY, ..default() }, "train.learning_rate = inf"),
        (TrainConfig { learning_rate: 0.0, ..default() }, "train.learning_rate = 0"),
        (TrainConfig { weight_decay: -1.0, ..default() }, "train.weight_decay = -1"),
        (TrainConfig { validation: 1.0, ..default() }, "train.validation = 1"),
        (TrainConfig { validation: f64::NAN, ..default() }, "train.validation = NaN"),
    ];
    for (config, message) in cases {
        let error = fit(small(0), &graphs(1, 0), &[], &config).unwrap_err();
        assert!(matches!(error, TrainError::BadSetting { .. }));
        assert!(error.to_string().starts_with(message), "{error}");
    }
    assert!(matches!(fit(small(0), &[], &[], &default()), Err(TrainError::NoData)));
}

#[test]
fn divergence_is_reported_with_the_learning_rate() {
    let config = TrainConfig { learning_rate: 1e6, ..epochs(50) };
    let error = fit(small(0), &graphs(20, 0), &graphs(5, 1), &config).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { learning_rate: 1e6, .. }), "{error}");
    assert!(error.to_string().contains("train.learning_rate (now 1000000)"), "{error}");
}

#[test]
fn a_graph_with_impossible_numbers_is_reported_as_divergence_and_not_as_a_panic() {
    let poisoned = Graph { durations: vec![f32::NAN], ..tree(1, &mut tracesmith_trace::rng(0, "poison")) };
    let error = fit(small(0), slice::from_ref(&poisoned), &[], &epochs(1)).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { epoch: 1, .. }), "{error}");
}
