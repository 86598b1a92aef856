//! The latents of a batch on the host: between a network and whoever describes or draws them.

/// Latents of a batch, one row each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latents {
    /// Latent of every trace.
    pub graphs: Vec<Vec<f32>>,
    /// Latent of every span, trace after trace; none for a network with one latent a trace.
    pub spans: Vec<Vec<f32>>,
}
