//! Which module of a crate uses which, read from its sources.
//!
//! A module uses another one if it names the module or something that is defined there, in a `use` or in a path, also inside of macros. A name
//! that a third module only re-exports counts for the module that defines it, so that `use crate::Thing` says nothing about the crate's
//! root unless the root defines `Thing`. That a module contains another is no use of it. Tests (`#[cfg(test)]`) are left out.

mod cycles;
mod parse;
mod resolve;

use std::{collections::BTreeMap, path::Path};

use crate::workspace::Crate;
pub use cycles::Cycle;
use parse::Module;

/// The modules of a crate and their uses.
#[derive(Debug)]
pub struct ModuleGraph {
    names: Vec<String>,
    uses: Vec<BTreeMap<usize, String>>,
}

impl ModuleGraph {
    /// Reads the crate whose root is the file `root` (`src/lib.rs`).
    ///
    /// # Panics
    /// If a file cannot be read or is no Rust.
    pub fn read(root: &Path) -> Self {
        let modules = parse::read(root);
        Self::of(&modules)
    }

    /// The graph of a crate that is one text.
    ///
    /// # Panics
    /// If it is no Rust, or has modules in other files.
    pub fn of_text(text: &str) -> Self {
        Self::of(&parse::parse(text))
    }

    fn of(modules: &[Module]) -> Self {
        let uses = (0..modules.len()).map(|module| resolve::uses(modules, module)).collect();
        Self { names: modules.iter().map(|module| module.name.clone()).collect(), uses }
    }

    /// The uses as pairs of names, `crate` being the root.
    pub fn uses(&self) -> Vec<(&str, &str)> {
        let of = |(module, uses): (usize, &BTreeMap<usize, String>)| uses.keys().map(move |&used| (module, used)).collect::<Vec<_>>();
        let pairs = self.uses.iter().enumerate().flat_map(of);
        pairs.map(|(module, used)| (self.names[module].as_str(), self.names[used].as_str())).collect()
    }

    /// The groups of modules that use each other in a circle, each with one such circle.
    pub fn cycles(&self) -> Vec<Cycle> {
        cycles::cycles(&self.names, &self.uses)
    }
}

/// The cycles of a crate, of its library and of its binary.
///
/// # Panics
/// As [`ModuleGraph::read`].
pub fn cycles_of(member: &Crate) -> Vec<Cycle> {
    let roots = ["src/lib.rs", "src/main.rs"].map(|root| member.folder.join(root));
    roots.iter().filter(|root| root.is_file()).flat_map(|root| ModuleGraph::read(root).cycles()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(text: &str) -> Vec<String> {
        ModuleGraph::of_text(text).cycles().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn siblings_that_use_each_other_are_a_cycle() {
        let found = circles("mod a { use super::b::B; pub struct A; } mod b { pub struct B; fn f() -> crate::a::A { crate::a::A } }");
        assert_eq!(found, ["2 modules: a -(super::b::B)-> b -(crate::a::A)-> a"]);
    }

    #[test]
    fn a_child_that_uses_what_its_parent_defines_is_a_cycle_if_the_parent_uses_the_child() {
        let found = circles("mod p { mod c { use super::X; fn f(_: X) {} pub struct Y; } use c::Y; pub struct X; }");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(circles("mod p { mod c { use super::X; fn f(_: X) {} } pub struct X; }").is_empty());
    }

    #[test]
    fn a_re_exported_name_counts_for_the_module_that_defines_it() {
        let graph = ModuleGraph::of_text("mod a { pub struct A; } mod b { use crate::A; } pub use a::A;");
        assert_eq!(graph.uses(), [("crate", "a"), ("b", "a")]);
    }

    #[test]
    fn globs_imported_modules_and_paths_in_macros_are_followed() {
        let graph = ModuleGraph::of_text(
            "mod a { pub fn f() {} pub enum E { V } } mod b { use super::a::*; fn g() { f() } } \
             mod c { use crate::a; fn g() { a::f() } } mod d { fn g() { println!(\"{}\", crate::a::E::V) } }",
        );
        assert_eq!(graph.uses(), [("b", "a"), ("c", "a"), ("d", "a")]);
    }

    #[test]
    fn tests_and_other_crates_are_left_out() {
        let graph = ModuleGraph::of_text(
            "mod a { use std::a::b; #[cfg(test)] use crate::b::B; fn f() { b::g() } #[cfg(test)] mod tests { use super::super::b::B; } } \
             mod b { pub struct B; impl B { #[cfg(test)] fn t() { crate::a::f() } } }",
        );
        assert!(graph.uses().is_empty(), "{:?}", graph.uses());
    }
}
