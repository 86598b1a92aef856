//! The machine that a run ran on.

use std::fs;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use tracesmith_model::DeviceChoice;

/// What results may depend on: the last digits differ between kinds of processors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system, such as `linux`.
    pub os: String,
    /// Architecture, such as `x86_64`.
    pub arch: String,
    /// Model of the processor, where the system tells it.
    pub cpu: Option<String>,
    /// Vector instructions of the processor that numerical libraries choose by.
    pub cpu_features: Vec<String>,
    /// Cores that the run could use.
    pub cores: usize,
    /// Model of the GPU, if the networks ran on one.
    pub gpu: Option<String>,
}

impl Machine {
    /// This machine, with the GPU of a device that is one.
    pub fn this(device: DeviceChoice) -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: cpu_model(),
            cpu_features: cpu_features().into_iter().map(str::to_owned).collect(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            gpu: gpu_model(device),
        }
    }

    /// Model of the processor, or else its architecture.
    pub fn processor(&self) -> String {
        self.cpu.clone().unwrap_or_else(|| self.arch.clone())
    }
}

/// Linux tells the model.
fn cpu_model() -> Option<String> {
    model_in(&fs::read_to_string("/proc/cpuinfo").ok()?)
}

fn model_in(cpuinfo: &str) -> Option<String> {
    let value = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    };
    cpuinfo.lines().find_map(value).filter(|model| !model.is_empty())
}

/// Names of those features that are there.
macro_rules! detected {
    ($detect:tt: $($feature:tt),*) => {
        [$(($feature, std::arch::$detect!($feature))),*].into_iter().filter(|(_, found)| *found).map(|(name, _)| name).collect()
    };
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    detected!(is_x86_feature_detected: "sse3", "ssse3", "sse4.1", "sse4.2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq",
        "avx512vl", "avx512vnni")
}

#[cfg(target_arch = "aarch64")]
fn cpu_features() -> Vec<&'static str> {
    detected!(is_aarch64_feature_detected: "neon", "fp16", "dotprod", "bf16", "i8mm", "sve", "sve2")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}

/// NVIDIA's driver comes with a program that tells it; `None` without one.
fn gpu_model(device: DeviceChoice) -> Option<String> {
    let DeviceChoice::Cuda(index) = device else { return None };
    // The driver's program knows nothing of the devices that are hidden from this one.
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let id = visible.and_then(|ids| ids.split(',').nth(index).map(|id| id.trim().to_owned())).unwrap_or_else(|| index.to_string());
    let query = ["--query-gpu=name,driver_version", "--format=csv,noheader", "--id", &id];
    let answer = Command::new("nvidia-smi").args(query).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let name = String::from_utf8(answer.stdout).ok()?.lines().next()?.trim().to_owned();
    (answer.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let machine = Machine::this(DeviceChoice::Cpu);
        assert!(machine.cores > 0 && machine.gpu.is_none() && !machine.processor().is_empty(), "{machine:?}");
        let json = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<Machine>(&json).unwrap(), machine);
    }

    #[test]
    fn the_model_is_found_among_other_lines() {
        assert_eq!(model_in("processor\t: 0\nmodel\t\t: 25\nmodel name\t: AMD EPYC 9R14\n").as_deref(), Some("AMD EPYC 9R14"));
        assert_eq!(model_in("processor\t: 0\nBogoMIPS\t: 50\n"), None);
    }
}
