# Short names for the cargo commands of this project; `just` lists them.

_default:
    @just --list

# Formatting and lints.
check:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets -- -D warnings

# All tests.
test:
    cargo test --workspace

# All tests with five other seeds: what a test claims must not depend on luck.
test-seeds:
    for seed in 1 2 3 4 5; do TRACESMITH_TEST_SEED=$seed PROPTEST_RNG_SEED=$seed cargo test --workspace || exit 1; done

# The tests of model, generate and evaluate on emulated processors (needs qemu-user; takes hours), or those whose name contains FILTER.
test-other-cpu *FILTER:
    cargo run -p tracesmith-checks --bin other-cpu -- {{ FILTER }}

# Modules that use each other in circles, in all crates or in those that are named.
cycles *CRATES:
    cargo run -p tracesmith-checks -- {{ CRATES }}

# All four research questions in small.
quickstart:
    cargo run --release -- run experiments/quickstart.toml

# The paper's study.
paper *ARGS:
    cargo run --release -- run experiments/paper.toml {{ ARGS }}

# An experiment on an NVIDIA GPU.
cuda EXPERIMENT="experiments/paper.toml" *ARGS:
    cargo run --release --features cuda -- run {{ EXPERIMENT }} --device cuda {{ ARGS }}

# All benchmarks, or those whose name contains FILTER.
bench *FILTER:
    cargo bench -p tracesmith-benches --benches -- {{ FILTER }}

# The documentation of all crates.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Records the code that computes results, after raising its version in code_version.toml if results may differ.
accept-code:
    TRACESMITH_ACCEPT_CODE=1 cargo test -p tracesmith-experiment --test code_version

# The schema of experiment files, after a change of their keys.
schema:
    TRACESMITH_ACCEPT_SCHEMA=1 cargo test -p tracesmith-experiment --lib schema
