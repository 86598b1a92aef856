//! The code that computes results is the code whose versions are recorded, so that a cache never hands out results of other code.
#![allow(clippy::unwrap_used)]

#[path = "code_version/tokens.rs"]
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokens::Tokens;

/// Set to record the code as it is.
const ACCEPT: &str = "TRACESMITH_ACCEPT_CODE";
/// Digits of a recorded hash: enough against accidents, and a short line.
const DIGITS: usize = 16;

#[derive(Deserialize)]
struct Part {
    version: u32,
    sources: String,
    #[serde(default)]
    paths: Vec<PathBuf>,
    #[serde(default)]
    crates: BTreeSet<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn record() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("code_version.toml")
}

/// Everything that the hash of a part is about.
fn content(part: &Part) -> String {
    let mut content = String::new();
    for path in &part.paths {
        let path = root().join(path);
        let mut files = files_in(&path);
        files.sort();
        let tokens: Vec<(PathBuf, Tokens)> = files
            .into_iter()
            .map(|file| {
                let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let tokens = Tokens::of(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                (file, tokens)
            })
            .collect();
        let tests: Vec<PathBuf> =
            tokens.iter().flat_map(|(file, tokens)| tokens.test_modules.iter().map(|module| module_path(file, module))).collect();
        for (file, tokens) in &tokens {
            // A test module `a` is the file `a.rs` and what lies in the folder `a`.
            if !tests.iter().any(|test| file.with_extension("").starts_with(test)) {
                content += &tokens.text;
            }
        }
    }
    content + &locked(&part.crates)
}

/// `src/a/b` for the module `b` that `src/a.rs` declares.
fn module_path(file: &Path, module: &str) -> PathBuf {
    let is_root = file.file_name().is_some_and(|name| name == "lib.rs" || name == "main.rs");
    if is_root { file.with_file_name(module) } else { file.with_extension("").join(module) }
}

fn files_in(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{} of code_version.toml: {error}", path.display()));
    let rust = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "rs");
    entries.flat_map(|entry| files_in(&entry.unwrap().path())).filter(rust).collect()
}

/// Names and versions in `Cargo.lock`.
fn locked(names: &BTreeSet<String>) -> String {
    let lock: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.lock")).unwrap()).unwrap();
    let packages = lock["package"].as_array().unwrap();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let found = packages.iter().filter(|package| names.contains(&text(package, "name")));
    let lines: BTreeSet<String> = found.map(|package| format!("{} {}\n", text(package, "name"), text(package, "version"))).collect();
    for name in names {
        assert!(lines.iter().any(|line| line.starts_with(&format!("{name} "))), "no crate {name}, named in code_version.toml, is locked");
    }
    lines.into_iter().collect()
}

fn hash(content: &str) -> String {
    let digits: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGITS].to_owned()
}

/// `text` with another `sources` in the section of a part.
fn with_sources(text: &str, part: &str, sources: &str) -> String {
    let mut section = String::new();
    let line = |line: &str| {
        if line.starts_with('[') {
            section = line.to_owned();
        }
        let replaced = section == format!("[{part}]") && line.starts_with("sources = ");
        if replaced { format!("sources = \"{sources}\"\n") } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
}

#[test]
fn the_recorded_code_is_the_code() {
    let text = fs::read_to_string(record()).unwrap();
    let parts: BTreeMap<String, Part> = toml::from_str(&text).unwrap();
    let changed: Vec<(&String, &Part, String)> =
        parts.iter().map(|(name, part)| (name, part, hash(&content(part)))).filter(|(_, part, found)| part.sources != *found).collect();
    if std::env::var_os(ACCEPT).is_some_and(|value| !value.is_empty()) {
        let recorded = changed.iter().fold(text, |text, (name, _, found)| with_sources(&text, name, found));
        return fs::write(record(), recorded).unwrap();
    }
    let said: Vec<String> = changed.iter().map(|(name, part, _)| format!("`{name}` (version {})", part.version)).collect();
    assert!(
        said.is_empty(),
        "The code of {} has changed. Cached results of the old code would be taken for those of the new one. Raise its version in \
         crates/experiment/code_version.toml if results may differ; then, in either case, record the new code with\n  \
         {ACCEPT}=1 cargo test -p tracesmith-experiment --test code_version",
        said.join(", "),
    );
}

#[test]
fn comments_formatting_and_tests_are_no_code() {
    let text = |code: &str| Tokens::of(code).unwrap().text;
    let code = text("fn f(x: f64) -> f64 { x + 1.0 }");
    let dressed = "//! Doc.\n\n/// Doc.\nfn f(\n    x: f64, // why\n) -> f64 {\n    x + 1.0 /* so */\n}\n#[cfg(test)]\nmod tests { #[test] fn t() {} }";
    assert_eq!(text(&dressed.replace("x: f64, //", "x: f64 //")), code);
    assert_ne!(text("fn f(x: f64) -> f64 { x + 2.0 }"), code);
    assert_ne!(text("#[inline] fn f(x: f64) -> f64 { x + 1.0 }"), code);
    let tokens = Tokens::of("#[cfg(test)] mod tests; #[cfg(test)] pub(crate) mod fixture; #[cfg(unix)] mod unix;").unwrap();
    assert_eq!(tokens.test_modules, ["tests", "fixture"]);
    assert!(!tokens.text.contains("fixture") && tokens.text.contains("unix"));
}

#[test]
fn modules_lie_beside_or_below_their_parent() {
    assert_eq!(module_path(Path::new("src/lib.rs"), "a"), Path::new("src/a"));
    assert_eq!(module_path(Path::new("src/a.rs"), "tests"), Path::new("src/a/tests"));
}

#[test]
fn only_the_line_of_the_part_is_replaced() {
    let text = "# note\n[a]\nversion = 1\nsources = \"\"\n\n[b]\nsources = \"x\"\n";
    assert_eq!(with_sources(text, "b", "y"), text.replace("\"x\"", "\"y\""));
    assert_eq!(with_sources(text, "a", "y"), text.replace("\"\"", "\"y\""));
}
