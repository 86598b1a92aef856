//! Generators of synthetic traces. A [`Generator`] is fitted on a corpus and becomes a [`FittedGenerator`], which samples a corpus.
//!
//! No real trace is read at sampling time: what a fitted generator keeps is its weights or tables and a [`CorpusProfile`]. Every kind is one
//! line in the registry ([`kinds`]); programs bring their own by [`register`].

mod anonymous;
mod choose;
mod config;
mod error;
mod external;
mod file_sums;
mod fitted;
mod flat_vae;
mod generator;
mod hvae;
mod markov_tree;
mod parallel;
mod profile;
mod random_sampling;
mod ranges;
mod rare_shapes;
mod registry;
mod request;
mod sampling_settings;
mod store;
mod training_data;
mod tree_hvae;
mod vae;

pub use anonymous::Anonymous;
pub use choose::{Drawn, draw};
pub use config::GeneratorConfig;
pub use error::{EncodeError, FitError, ProgramError, SampleError, StoreError};
pub use external::External;
pub use file_sums::FileSum;
pub use fitted::{FittedGenerator, Latents, Likelihood, Reconstruct, Reconstruction, Sample, Skills, Training};
pub use flat_vae::FlatVaeGenerator;
pub use generator::{Capabilities, Fit, Generator};
pub use hvae::HvaeGenerator;
pub use markov_tree::MarkovTree;
pub use parallel::map_parallel;
pub use profile::{Abilities, CorpusProfile, Plan};
pub use random_sampling::{LabelDraw, RandomSampling};
pub use rare_shapes::{Anonymised, Decision, KAnonymity, MAX_ROUNDS, NovelShapes, RareShapes, ShapeCounts};
pub use registry::{Kind, NameTaken, kind, kinds, load, register};
pub use request::Request;
pub use sampling_settings::SamplingSettings;
pub use store::{MODEL_FILE, StoredModel, save, weights_file};
pub use training_data::{TrainingData, TrainingFile};
pub use tree_hvae::{Diagnostics, TreeHvaeGenerator};
pub use vae::structure::{EdgeRule, Prior, SamplingConfig, Structure};
