//! Files and folders that appear whole or not at all.
//!
//! Everything that tracesmith writes goes through here: into a temporary place beside the target, from there to the disk (`fsync`), and then
//! by a rename to its name, which is made to last by an `fsync` of the folder. A power cut, a full disk or a kill leaves what was there
//! before, or the new content, and never a part of it.

mod atomic;
mod error;
mod publish;

pub use atomic::{write_atomically, write_bytes};
pub use error::WriteError;
pub use publish::move_into_place;
