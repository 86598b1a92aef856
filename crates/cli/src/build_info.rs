//! What this program was built from, as `build.rs` found out.

use tracesmith_experiment::Build;

/// What this program was built from.
pub fn build() -> Build {
    let unknown = || "unknown".to_owned();
    Build {
        commit: option_env!("TRACESMITH_BUILD_COMMIT").map(str::to_owned),
        dirty: option_env!("TRACESMITH_BUILD_DIRTY").map(|dirty| dirty == "true"),
        rustc: option_env!("TRACESMITH_BUILD_RUSTC").map_or_else(unknown, str::to_owned),
        target: option_env!("TRACESMITH_BUILD_TARGET").map_or_else(unknown, str::to_owned),
        target_features: option_env!("TRACESMITH_BUILD_TARGET_FEATURES").map_or_else(unknown, str::to_owned),
        profile: option_env!("TRACESMITH_BUILD_PROFILE").map_or_else(unknown, str::to_owned),
    }
}
