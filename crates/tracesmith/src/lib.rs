//! Learns from distributed traces of microservice systems and generates new ones.
//!
//! Everything works on one type, [`trace::Corpus`]: a reader makes one from files, a fitted generator draws one, a metric compares two, a
//! writer takes one. Times are microseconds (µs) unless a name ends in `_ns`.
//!
//! | task | where | runnable example |
//! |---|---|---|
//! | read, clean, simulate | [`ingest`] | `fit` |
//! | fit a generator | [`generate`] | `fit` |
//! | draw traces from it | [`generate`] | `sample` |
//! | change what happens | [`scenario`] | `scenario` |
//! | judge them | [`evaluate`] | `evaluate` |
//! | write them for other tools | [`formats`] | `export` |
//! | ask about them in SQL, or in polars | [`frame`] | `table` |
//!
//! `cargo run --release -p tracesmith --example fit` runs the first one.
//!
//! ```
//! use tracesmith::generate::{Fit, Generator, MarkovTree, Request};
//! use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let real = simulate(&SimulationConfig::new(System::TrainTicket, 200, 0)).corpus;
//! let device = tracesmith::model::Device::flex();
//! let fit = Fit { seed: 1, device: &device, resume: None, observe: &mut |_, _| {} };
//! let generator = MarkovTree::default().fit(&real, fit)?;
//! let synthetic = generator.sample(&Request::new(100, 1))?;
//! assert_eq!(synthetic.len(), 100);
//! # Ok(())
//! # }
//! ```

pub use tracesmith_evaluate as evaluate;
pub use tracesmith_formats as formats;
pub use tracesmith_frame as frame;
pub use tracesmith_generate as generate;
pub use tracesmith_ingest as ingest;
pub use tracesmith_model as model;
pub use tracesmith_scenario as scenario;
pub use tracesmith_trace as trace;
pub use tracesmith_verdict as verdict;
