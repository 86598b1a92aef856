//! Scenarios: what shall happen to a system while its traces are generated, and the ground truth of it.
//!
//! A [`Scenario`] is a TOML file or a preset. [`Scenario::plan`] says what to ask a generator for, [`Scenario::apply`] places the traces on a
//! time line and changes their span trees:
//!
//! * **Order.** Interventions are applied to each trace in the order of the file, each to what the ones before left. Times and statuses that
//!   one reads are those after the ones before.
//! * **Hit or not.** A call (a span) is hit if its target matches, it starts inside of the window, and a draw says so. All draws follow from
//!   the seed and the id of the trace.
//! * **Delays.** A span that is slower ends later: the time is spent after its own calls. What began in its parent after it had ended begins
//!   as long after the new end of all that it waited for as it did after the old one. A parent that ended no earlier than a call waits for
//!   it, and its own work after the last such call stays as long as it was. So a delay reaches the ancestors that wait, is absorbed where a
//!   parallel sibling takes longer anyway, and reaches neither parallel siblings nor a parent that the call outlasts. A call that becomes
//!   shorter works the same way in the other direction.
//! * **Without start times** (Eadro's CSV) calls count as one after the other, and a parent waits for a call that is no longer than itself.
//! * **Changes of duration** are whole µs, as that is what the formats carry; a factor can be off by half a µs.
//!
//! A span with several parents, which the paper's decoder makes, counts as called by the earliest one.

mod apply;
mod check;
mod config;
mod distribution;
mod error;
mod ground_truth;
mod intervene;
mod load;
mod plan;
mod presets;
mod read;
mod scene;
mod shapes;
mod target;
#[cfg(test)]
mod testing;
mod timing;

pub use config::{Diurnal, Effect, Errors, Gone, GoneMode, Intervention, Load, Requests, Scenario, Slow, Spike};
pub use distribution::Distribution;
pub use error::ScenarioError;
pub use ground_truth::{GroundTruth, InterventionTruth, Role, SpanTruth, SpikeTruth};
pub use load::LoadCurve;
pub use plan::{Part, Plan};
pub use presets::{PRESETS, Preset};
pub use shapes::oversample_rare;
