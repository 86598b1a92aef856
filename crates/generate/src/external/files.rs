//! The files that a program consists of, and those of ready samples.

use std::env;
use std::path::{Path, PathBuf};

use super::settings::External;

/// The programs, the files that their commands name, and those that are named beside; the ready samples of any data.
pub(super) fn all(settings: &External) -> Vec<PathBuf> {
    let programs = [&settings.fit, &settings.sample].into_iter().filter_map(|command| found(command.first()?));
    let named = settings.fit.iter().chain(&settings.sample).map(PathBuf::from).filter(|path| path.is_file());
    let samples = settings.samples.iter().flat_map(|pattern| samples(pattern, "*"));
    let mut files: Vec<PathBuf> = programs.chain(named).chain(settings.files.iter().cloned()).chain(samples).collect();
    files.sort();
    files.dedup();
    files
}

/// The files of ready samples of some data, in the order of their names.
pub(super) fn samples(pattern: &str, data: &str) -> Vec<PathBuf> {
    let pattern = pattern.replace("{data}", data);
    let pattern = if Path::new(&pattern).is_dir() { format!("{}/*", pattern.trim_end_matches('/')) } else { pattern };
    let matches = glob::glob(&pattern).into_iter().flatten().filter_map(Result::ok);
    matches.filter(|path| path.is_file()).collect()
}

/// Where a program is: a path, or the first of that name in the folders of `PATH`.
fn found(program: &str) -> Option<PathBuf> {
    if program.contains(std::path::MAIN_SEPARATOR) {
        return Some(program.into()).filter(|path: &PathBuf| path.is_file());
    }
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}
