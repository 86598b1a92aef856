//! Progress bars of training.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracesmith_experiment::Progress;
use tracesmith_model::train::EpochRecord;

use crate::terminal::Terminal;

/// A bar that counts epochs.
pub fn epoch_bar(bars: &MultiProgress, name: &str, epochs: usize) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(epochs as u64));
    bar.set_style(style("{prefix}  {bar:12} {pos}/{len}  {wide_msg}  {eta}"));
    bar.set_prefix(name.to_owned());
    bar
}

/// The loss of an epoch and what it is made of.
pub fn loss_line(terms: &[&str], record: &EpochRecord) -> String {
    let terms: Vec<String> = terms.iter().zip(&record.terms).map(|(name, value)| format!("{name} {value:.3}")).collect();
    let validation = record.validation.map(|loss| format!(", validation {loss:.3}")).unwrap_or_default();
    format!("loss {:.3} ({}){validation}", record.total, terms.join(", "))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The open stages of an experiment: a bar each on a terminal; elsewhere one line a finished stage.
pub struct StageBars {
    terminal: Terminal,
    bars: MultiProgress,
    open: Mutex<HashMap<String, ProgressBar>>,
}

impl StageBars {
    /// No stage is open.
    pub fn new(terminal: Terminal) -> Self {
        Self { terminal, bars: terminal.bars(), open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for StageBars {
    fn begin(&self, stage: &str) {
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_style(style("{prefix}  {spinner}  {elapsed}"));
        bar.set_prefix(stage.to_owned());
        if !self.bars.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.open().insert(stage.to_owned(), bar);
    }

    fn epoch(&self, stage: &str, epoch: usize, epochs: usize, message: &str) {
        let mut open = self.open();
        let bar = open.entry(stage.to_owned()).or_insert_with(|| epoch_bar(&self.bars, stage, epochs));
        if bar.length().is_none() {
            bar.finish_and_clear();
            *bar = epoch_bar(&self.bars, stage, epochs);
        }
        bar.set_position(epoch as u64);
        bar.set_message(message.to_owned());
    }

    fn end(&self, stage: &str, cached: bool) {
        let bar = self.open().remove(stage);
        let took = bar.as_ref().map_or(0.0, |bar| bar.elapsed().as_secs_f64());
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let line = if cached { format!("{stage}: from the cache") } else { format!("{stage}: done in {took:.1} s") };
        self.bars.suspend(|| self.terminal.note(line));
    }
}

impl Drop for StageBars {
    /// Leaves no half bar above an error message.
    fn drop(&mut self) {
        self.open().drain().for_each(|(_, bar)| bar.finish_and_clear());
    }
}
