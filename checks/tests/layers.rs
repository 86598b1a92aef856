//! The crates form layers, and heavy dependencies stay in theirs.

use tracesmith_checks::workspace::{self, Crate, root, text};

/// All crates; each depends only on crates that stand before it.
const LAYERS: &[&str] = &[
    "trace",
    "disk",
    "frame",
    "formats",
    "ingest",
    "codec",
    "model",
    "generate",
    "evaluate",
    "verdict",
    "scenario",
    "view",
    "live",
    "catalogue",
    "experiment",
    "cli",
    "tracesmith",
];

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|&layer| layer == name)
}

/// The crates of ours that a crate depends on.
fn ours(member: &Crate) -> impl Iterator<Item = &str> {
    member.dependencies.iter().filter_map(|dependency| dependency.strip_prefix("tracesmith-"))
}

fn users_of(dependency: &str) -> Vec<String> {
    let uses = |member: &Crate| member.dependencies.iter().any(|other| other == dependency);
    workspace::crates().into_iter().filter(uses).map(|member| member.name).collect()
}

#[test]
fn a_crate_depends_only_on_crates_of_the_layers_below_it() {
    for member in workspace::crates() {
        let own =
            layer(&member.name).unwrap_or_else(|| panic!("{} has no place among the layers of this test and ARCHITECTURE.md", member.name));
        for dependency in ours(&member) {
            assert!(layer(dependency) < Some(own), "{} depends on {dependency}, which stands above it", member.name);
        }
    }
}

#[test]
fn the_documents_list_all_crates_in_this_order() {
    let named = |file: &str, start: &str| -> Vec<String> {
        let text = text(&root().join(file));
        let names = text.lines().filter_map(|line| line.strip_prefix(start)?.split('`').next());
        names.filter(|name| layer(name).is_some()).map(str::to_owned).collect()
    };
    assert_eq!(named("ARCHITECTURE.md", "| `"), LAYERS, "the table of crates in ARCHITECTURE.md");
    assert_eq!(named("crates/README.md", "* `"), LAYERS, "crates/README.md");
    let mut crates: Vec<String> = workspace::crates().into_iter().map(|member| member.name).collect();
    crates.sort_by_key(|name| layer(name));
    assert_eq!(crates, LAYERS, "the folders below crates/");
}

#[test]
fn heavy_dependencies_stay_where_they_belong() {
    assert_eq!(users_of("polars"), ["experiment", "frame"], "everything else builds and is tested without polars");
    assert_eq!(users_of("burn"), ["model"], "tensors are a matter of the networks");
    assert_eq!(users_of("clap"), ["cli"], "command lines are a matter of the binary");
    assert_eq!(users_of("tokio"), ["live"], "servers and clients are a matter of the live side");
}

#[test]
fn module_files_have_one_style() {
    for member in workspace::crates() {
        let old = workspace::files_below(&member.folder.join("src"), "/mod.rs");
        assert!(old.is_empty(), "`foo.rs` beside `foo/` in place of `foo/mod.rs`: {old:?}");
    }
}

#[test]
fn no_crate_or_module_is_a_drawer_for_everything() {
    let drawers = ["utils.rs", "util.rs", "helpers.rs", "helper.rs", "common.rs", "misc.rs", "manager.rs"];
    for member in workspace::crates() {
        for file in workspace::files_below(&member.folder, ".rs") {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            assert!(!drawers.contains(&name.as_ref()), "{}: name it after what it is about", file.display());
        }
    }
}
