//! Networks of tracesmith as [burn] modules, their losses, and their training.
//!
//! The story reads in file order: a [`Graph`] is a trace as numbers, a [`GraphBatch`] is many of them as padded tensors,
//! [`hvae`], [`flat_vae`] and [`classifier`] are the networks, and [`train`] fits any of them.
//! Shapes in comments: `B` graphs a batch, `N` spans of the largest graph, `H` hidden units, `L` latent units.

pub mod accountant;
pub mod batch;
pub mod checkpoint;
pub mod classifier;
pub mod device;
#[cfg(test)]
mod fixture;
pub mod flat_vae;
pub mod graph;
mod host;
pub mod hvae;
pub mod latents;
pub mod layers;
mod losses;
pub mod mixture;
pub mod noise;
pub mod train;
pub mod tree_hvae;

pub use batch::GraphBatch;
pub use burn::module::Module;
pub use burn::tensor::Device;
pub use device::{DeviceChoice, DeviceError};
pub use graph::{DurationScale, Graph, Sizes};
pub use latents::Latents;
pub use noise::Noise;
