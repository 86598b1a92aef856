//! Parameters that learn in some epochs only.

use std::collections::HashSet;
use std::ops::Range;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Parameters that learn in some epochs only: in these, their learning rate rises and falls as that of all others does over the whole
/// training. The default holds none.
#[derive(Debug, Default)]
pub struct Window {
    /// The parameters.
    pub parameters: HashSet<ParamId>,
    /// Their epochs, counted from 0.
    pub epochs: Range<usize>,
}

/// Moves the gradients of `parameters` out of `gradients`.
pub(super) fn take<M: Module>(model: &M, parameters: &HashSet<ParamId>, gradients: &mut GradientsParams) -> GradientsParams {
    let mut take = Take { parameters, from: gradients, to: GradientsParams::new() };
    model.visit(&mut take);
    take.to
}

struct Take<'a> {
    parameters: &'a HashSet<ParamId>,
    from: &'a mut GradientsParams,
    to: GradientsParams,
}

impl ModuleVisitor for Take<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.parameters.contains(&param.id)
            && let Some(gradient) = self.from.remove::<D>(param.id)
        {
            self.to.register::<D>(param.id, gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;
    use std::time::Duration;

    use burn::module::list_param_ids;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    use super::super::run::train_saving_every;
    use super::super::{EpochRecord, Losses, Objective, Optimiser, Progress, Recipe, Run, TrainConfig, Trained, initialise};
    use super::*;
    use crate::Noise;
    use crate::fixture::parameters;

    /// Two weights that are drawn to 10, the late one in the last four epochs only.
    #[derive(Module, Debug)]
    struct Two {
        early: Linear,
        late: Linear,
    }

    impl Objective for Two {
        const TERMS: &'static [&'static str] = &[];
        type Sample = f32;
        type Batch = Tensor<2>;

        fn size(_: &f32) -> usize {
            1
        }

        fn collate(&self, samples: &[&f32], device: &Device) -> Tensor<2> {
            Tensor::ones([samples.len(), 1], device)
        }

        fn settings(&self) -> String {
            String::new()
        }

        fn window(&self, epochs: usize) -> Window {
            Window { parameters: list_param_ids(&self.late).into_iter().collect(), epochs: epochs.saturating_sub(4)..epochs }
        }

        fn losses(&self, ones: &Tensor<2>, _: Option<&mut Noise>, _: Progress) -> Losses {
            let error = |linear: &Linear| (linear.forward(ones.clone()) - 10.0).square().mean();
            Losses { total: error(&self.early) + error(&self.late), terms: Vec::new() }
        }
    }

    fn run(recipe: &Recipe, validation: &[f32], resume: Option<&Path>, kill: usize) -> Trained<Two> {
        let weight = |device: &Device| LinearConfig::new(1, 1).with_bias(false).init(device);
        let two = initialise(1, &Device::flex().autodiff(), |device| Two { early: weight(device), late: weight(device) });
        let mut observe = |record: &EpochRecord| assert!(record.epoch != kill, "killed");
        let run = Run { seed: 3, device: &Device::flex(), resume, observe: &mut observe };
        train_saving_every(Duration::ZERO, two, &[0.0; 8], validation, recipe, run).unwrap()
    }

    fn recipe(epochs: usize, average: f64) -> Recipe {
        let config = TrainConfig { epochs, batch: 1, learning_rate: 0.01, validation: 0.0, ..TrainConfig::default() };
        Recipe { optimiser: Optimiser::AdamW, weight_decay: 0.0, cosine: Some(4), average, ..Recipe::from(&config) }
    }

    fn weights(recipe: &Recipe) -> [f32; 2] {
        let weights = parameters(&run(recipe, &[], None, 0).model);
        [weights[0][0], weights[1][0]]
    }

    #[test]
    fn the_learning_rate_of_a_window_rises_and_falls_within_it() {
        // Far from the aim, a step of Adam is as long as its learning rate, so that each weight moves by the sum of its rates.
        for average in [0.0, 0.9] {
            let moved = |epochs: usize| {
                let (start, end) = (weights(&Recipe { learning_rate: 1e-9, ..recipe(1, 0.0) }), weights(&recipe(epochs, average)));
                [end[0] - start[0], end[1] - start[1]]
            };
            let (four, twelve) = (moved(4), moved(12));
            assert!((four[0] - four[1]).abs() < 0.01, "{four:?}");
            assert!((four[1] - twelve[1]).abs() < 0.01, "the window is the same in a longer training: {four:?} {twelve:?}");
            assert!(twelve[0] > 2.0 * twelve[1], "{twelve:?}");
        }
    }

    #[test]
    fn a_window_survives_a_kill_before_and_within_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resume");
        let recipe = recipe(8, 0.9);
        let whole = parameters(&run(&recipe, &[], None, 0).model);
        for kill in [3, 5, 7] {
            assert!(catch_unwind(AssertUnwindSafe(|| run(&recipe, &[], Some(&path), kill))).is_err());
            assert_eq!(parameters(&run(&recipe, &[], Some(&path), 0).model), whole, "killed in epoch {kill}");
        }
    }

    #[test]
    fn an_early_stop_before_a_window_goes_on_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resume");
        // Weights that go down again, since the aim is passed at once: the loss never gets better than after the first epoch.
        let recipe = Recipe { patience: 2, learning_rate: 30.0, cosine: None, ..recipe(20, 0.0) };
        let epochs = |trained: &Trained<Two>| trained.history.iter().map(|record| record.epoch).collect::<Vec<_>>();
        let whole = run(&recipe, &[0.0], None, 0);
        let all = epochs(&whole);
        let opened = all.iter().position(|&epoch| epoch == 17).expect("the window's first epoch");
        assert!(opened < 16 && all[opened - 1] == opened, "{all:?}");
        assert!(catch_unwind(AssertUnwindSafe(|| run(&recipe, &[0.0], Some(&path), 18))).is_err());
        let resumed = run(&recipe, &[0.0], Some(&path), 0);
        assert_eq!((epochs(&resumed), parameters(&resumed.model)), (all, parameters(&whole.model)));
    }
}
