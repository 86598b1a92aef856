//! What a network is told about the trace that it shall draw.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor};
use tracesmith_trace::Class;

/// The conditions of a trace as a vector, for every network that takes conditions: encoders, priors and decoders.
///
/// Networks know the class of a trace and nothing else: a fault that is asked for must be all of its class (see `tracesmith-generate`). What
/// they shall know beside the class gets rows of its own here, of which a trace has the sum.
#[derive(Module, Debug)]
pub struct ConditionEncoder {
    /// A learnt vector for each class, `[classes, width]`.
    pub weight: Param<Tensor<2>>,
}

impl ConditionEncoder {
    /// Vectors of `width` units, drawn from N(0, `deviation`²).
    pub fn new(width: usize, deviation: f64, device: &Device) -> Self {
        Self { weight: Initializer::Normal { mean: 0.0, std: deviation }.init([Class::COUNT, width], device) }
    }

    /// The vectors of traces of these classes: `[B]` → `[B, width]`.
    pub fn forward(&self, classes: &Tensor<1, Int>) -> Tensor<2> {
        self.weight.val().select(0, classes.clone())
    }
}
