//! Scenarios that come with tracesmith.

/// A scenario by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// The file.
    pub toml: &'static str,
}

macro_rules! preset {
    ($name:literal) => {
        Preset { name: $name, toml: include_str!(concat!("../../../experiments/scenarios/", $name, ".toml")) }
    };
}

/// All presets, by name.
pub const PRESETS: [Preset; 5] =
    [preset!("cascade"), preset!("error-burst"), preset!("long-tail"), preset!("slow-dependency"), preset!("traffic-spike")];
