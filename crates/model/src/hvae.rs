//! The paper's hierarchical graph VAE: a latent for the trace (`z_G`), a latent for every span (`z_v`), and a decoder over the complete
//! causal graph. What is known of the original is in the configuration, with both readings of every open point.

mod class_weights;
mod config;
mod decoder;
mod encoder;
mod network;
mod objective;

pub use config::{DurationLoss, HvaeConfig};
pub use decoder::{Decoded, DecodedGraph, Decoder};
pub use encoder::{Encoder, Posterior};
pub use network::Hvae;

#[cfg(test)]
mod tests;
