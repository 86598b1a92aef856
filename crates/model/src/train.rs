//! One training loop for every network: Adam, best weights by validation loss, early stop, resume.

mod average;
mod error;
mod evaluate;
mod fit;
mod gradients;
mod initialise;
mod objective;
mod privacy_config;
mod private;
mod recipe;
mod resume;
mod run;
mod state;
mod window;

pub use error::TrainError;
pub use evaluate::{evaluate, loss_of_each};
pub use initialise::initialise;
pub use objective::{Losses, Objective, Progress};
pub use privacy_config::{PrivacyConfig, PrivacyError};
pub use private::Privacy;
pub use recipe::{Optimiser, Recipe, TrainConfig};
pub use run::{Run, Trained, train};
pub use state::EpochRecord;
pub use window::Window;

#[cfg(test)]
mod tests;
