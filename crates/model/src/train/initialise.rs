//! Initial weights.

use std::sync::Mutex;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

/// Builds a network whose initial weights depend on `seed` alone.
///
/// burn draws weights lazily from one generator a process, so they are drawn here under a lock.
pub fn initialise<M: Module>(seed: u64, device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    struct Force;
    impl ModuleVisitor for Force {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    static LOCK: Mutex<()> = Mutex::new(());
    let _guard = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    device.seed(tracesmith_trace::shifted(seed));
    let model = init(device);
    model.visit(&mut Force);
    model
}
