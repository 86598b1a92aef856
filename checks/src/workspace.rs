//! The crates of the workspace and their manifests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// A crate below `crates/`.
#[derive(Debug, Clone)]
pub struct Crate {
    /// Name of its folder, which is its package without `tracesmith-`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Packages that it depends on; those of its tests and benchmarks are not among them.
    pub dependencies: Vec<String>,
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("checks/ lies in the workspace").to_owned()
}

/// All crates below `crates/`, by name.
pub fn crates() -> Vec<Crate> {
    let mut crates: Vec<Crate> = folders(&root().join("crates")).into_iter().map(read).collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    crates
}

fn read(folder: PathBuf) -> Crate {
    let manifest = text(&folder.join("Cargo.toml"));
    let manifest: Table = toml::from_str(&manifest).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let dependencies = manifest.get("dependencies").and_then(Value::as_table).map(|table| table.keys().cloned().collect());
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Crate { name, folder, dependencies: dependencies.unwrap_or_default() }
}

/// The text of a file of the workspace.
///
/// # Panics
/// If it cannot be read: a check has no other way to fail.
pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.join("Cargo.toml").is_file()).collect()
}

/// The paths in a folder.
///
/// # Panics
/// If it cannot be read.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path()).collect()
}

/// All files below a folder whose name ends with `ending`.
pub fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            files.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    files
}
