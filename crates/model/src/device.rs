//! Where tensors live: picked at run time from `auto`, `cpu`, `cuda` or `cuda:INDEX`.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use thiserror::Error;

/// A device as the user names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first CUDA device if this build and this machine have one, else the CPU.
    #[default]
    Auto,
    /// The CPU (burn's `flex` backend).
    Cpu,
    /// The CUDA device with this index.
    Cuda(usize),
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// The name is not a device.
    #[error("unknown device {0:?}: use auto, cpu, cuda or cuda:INDEX")]
    Unknown(String),
    /// The binary was built without CUDA.
    #[error("this build has no CUDA support: build with `--features cuda`, or use --device cpu")]
    NotBuilt,
    /// There are fewer CUDA devices.
    #[error("there is no device cuda:{index}: this machine has {found} CUDA device(s)")]
    NotFound {
        /// The index asked for.
        index: usize,
        /// How many devices there are.
        found: usize,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(name.to_owned());
        match name.split_once(':') {
            None if name == "auto" => Ok(Self::Auto),
            None if name == "cpu" => Ok(Self::Cpu),
            None if name == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) => index.parse().map(Self::Cuda).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl DeviceChoice {
    /// What `auto` means on this machine; other choices are checked.
    ///
    /// # Errors
    /// [`DeviceError`] if a CUDA device is asked for that is not there.
    pub fn resolve(self) -> Result<Self, DeviceError> {
        match self {
            Self::Auto if cuda_devices() == Some(0) || cuda_devices().is_none() => Ok(Self::Cpu),
            Self::Auto => Ok(Self::Cuda(0)),
            Self::Cpu => Ok(Self::Cpu),
            Self::Cuda(index) => match cuda_devices() {
                None => Err(DeviceError::NotBuilt),
                Some(found) if index >= found => Err(DeviceError::NotFound { index, found }),
                Some(_) => Ok(self),
            },
        }
    }

    /// Opens the device.
    ///
    /// # Errors
    /// See [`DeviceChoice::resolve`].
    pub fn open(self) -> Result<Device, DeviceError> {
        Ok(match self.resolve()? {
            #[cfg(feature = "cuda")]
            Self::Cuda(index) => Device::cuda(index),
            _ => Device::flex(),
        })
    }
}

/// Number of CUDA devices; `None` if the build has no CUDA support.
#[cfg(not(feature = "cuda"))]
fn cuda_devices() -> Option<usize> {
    None
}

/// Number of CUDA devices; the driver library panics where it is missing, which counts as no device.
#[cfg(feature = "cuda")]
fn cuda_devices() -> Option<usize> {
    use burn::tensor::DeviceType;
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let count = std::panic::catch_unwind(|| Device::enumerate(DeviceType::Cuda).into_vec().len()).unwrap_or(0);
    std::panic::set_hook(hook);
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_printed_back() {
        for (name, choice) in [("auto", DeviceChoice::Auto), ("cpu", DeviceChoice::Cpu), ("cuda:3", DeviceChoice::Cuda(3))] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap(), choice);
            assert_eq!(choice.to_string(), name);
        }
        for name in ["", "gpu", "cuda:", "cuda:x", "cpu:0"] {
            assert_eq!(name.parse::<DeviceChoice>(), Err(DeviceError::Unknown(name.into())));
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_build_without_cuda_says_so() {
        assert_eq!(DeviceChoice::Cuda(0).resolve(), Err(DeviceError::NotBuilt));
        assert_eq!(DeviceChoice::Auto.resolve(), Ok(DeviceChoice::Cpu));
    }
}
