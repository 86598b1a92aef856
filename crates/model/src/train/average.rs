//! A moving average of the weights.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

/// Exponential moving average of the weights of a network (Polyak & Juditsky 1992): evaluated and sampled from in place of the last weights,
/// because it averages the noise of the last steps out.
#[derive(Debug, Clone)]
pub(crate) struct Average {
    decay: f64,
    /// Flattened weights on the plain device.
    weights: HashMap<ParamId, Tensor<1>>,
}

impl Average {
    /// The average that starts at the weights of `model`.
    pub fn new<M: Module>(decay: f64, model: &M) -> Self {
        Self::resumed(decay, &model.valid())
    }

    /// Continues an average that was saved as a network.
    pub fn resumed<M: Module>(decay: f64, saved: &M) -> Self {
        let mut average = Self { decay, weights: HashMap::new() };
        saved.visit(&mut Mix { average: &mut average, decay: 0.0, in_it: |_| true });
        average
    }

    /// Takes the weights of the parameters that are `in_it` after their update number `step`, from 0. Early steps count more, so that the
    /// first weights are soon forgotten.
    pub fn update<M: Module>(&mut self, model: &M, step: usize, in_it: impl Fn(ParamId) -> bool) {
        let decay = self.decay.min((2.0 + step as f64) / (11.0 + step as f64));
        model.valid().visit(&mut Mix { average: self, decay, in_it });
    }

    /// `model`, which must be on the plain device, with the averaged weights.
    pub fn apply<M: Module>(&self, model: M) -> M {
        model.map(&mut Replace(self))
    }
}

struct Mix<'a, F> {
    average: &'a mut Average,
    decay: f64,
    in_it: F,
}

impl<F: Fn(ParamId) -> bool> ModuleVisitor for Mix<'_, F> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !(self.in_it)(param.id) {
            return;
        }
        let value = param.val().detach().flatten::<1>(0, D - 1);
        let mixed = match self.average.weights.remove(&param.id) {
            Some(old) => old * self.decay + value * (1.0 - self.decay),
            None => value,
        };
        self.average.weights.insert(param.id, mixed);
    }
}

struct Replace<'a>(&'a Average);

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        let value = match self.0.weights.get(&id) {
            Some(weights) => weights.clone().reshape(value.shape()),
            None => value,
        };
        Param::from_mapped_value(id, value, mapper)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    use super::*;
    use crate::host::floats;

    fn linear(weight: f32) -> Linear {
        let mut linear = LinearConfig::new(1, 1).with_bias(false).init(&Device::flex().autodiff());
        linear.weight = Param::initialized(ParamId::from(7), Tensor::from_floats([[weight]], &Device::flex().autodiff()));
        linear
    }

    fn weight(average: &Average) -> f32 {
        floats(average.apply(linear(0.0).valid()).weight.val().flatten::<1>(0, 1))[0]
    }

    #[test]
    fn the_average_moves_by_its_decay_and_is_what_it_was_after_a_resume() {
        let mut average = Average::new(0.5, &linear(0.0));
        average.update(&linear(1.0), 0, |_| true);
        let first = 1.0 - 2.0 / 11.0;
        assert!((weight(&average) - first).abs() < 1e-6);
        let resumed = Average::resumed(0.5, &average.apply(linear(0.0).valid()));
        for mut average in [average, resumed] {
            average.update(&linear(0.0), 1, |id| id != ParamId::from(7));
            assert!((weight(&average) - first).abs() < 1e-6, "not in it");
            average.update(&linear(0.0), 1, |_| true);
            assert!((weight(&average) - first * 3.0 / 12.0).abs() < 1e-6, "{}", weight(&average));
        }
    }
}
