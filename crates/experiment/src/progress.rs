//! How a run tells what it is doing.

/// Follows the stages of a run, of which several may be open at once.
pub trait Progress: Sync {
    /// A stage begins.
    fn begin(&self, stage: &str);
    /// An epoch of training is done.
    fn epoch(&self, stage: &str, epoch: usize, epochs: usize, message: &str);
    /// A stage ends; `cached` if its result was there already.
    fn end(&self, stage: &str, cached: bool);
}
