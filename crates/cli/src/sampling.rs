//! How models draw traces unless somebody asks for something else, for every verb that draws some.

use tracesmith_generate::{SamplingSettings, Structure};

/// Has a model draw valid traces, and rare shapes more often if `rare_shapes` says so. Whether the model can do the latter by itself.
pub fn valid_traces(settings: &mut SamplingSettings, rare_shapes: Option<f64>) -> bool {
    set(settings, "structure", Some(Structure::Tree.name()));
    set(settings, "rare_shapes", rare_shapes);
    settings.has("rare_shapes")
}

/// Changes a setting if there is a value for it, and the model has it. Whether a value is left over.
pub fn set(settings: &mut SamplingSettings, name: &str, value: Option<impl Into<serde_json::Value>>) -> bool {
    match value {
        Some(value) if settings.has(name) => settings.set(name, value),
        Some(_) => return true,
        None => {}
    }
    false
}
