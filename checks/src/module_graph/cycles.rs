//! Circles in a graph of modules.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
};

/// Modules each of which uses, directly or not, all the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// All modules that belong together, by name.
    pub modules: Vec<String>,
    /// One of the shortest circles among them: a module and the path by which it uses the next one.
    pub circle: Vec<(String, String)>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} modules: ", self.modules.len())?;
        for (module, path) in &self.circle {
            write!(f, "{module} -({path})-> ")?;
        }
        f.write_str(self.circle.first().map_or("", |(module, _)| module))
    }
}

/// The groups of modules that reach each other.
pub fn cycles(names: &[String], uses: &[BTreeMap<usize, String>]) -> Vec<Cycle> {
    let reached: Vec<BTreeSet<usize>> = (0..names.len()).map(|module| reached(uses, module)).collect();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut cycles = Vec::new();
    for module in 0..names.len() {
        if !reached[module].contains(&module) || seen.contains(&module) {
            continue;
        }
        let together: Vec<usize> = reached[module].iter().copied().filter(|&other| reached[other].contains(&module)).collect();
        seen.extend(&together);
        let circle = together.iter().filter_map(|&start| shortest_circle(uses, start)).min_by_key(Vec::len).unwrap_or_default();
        cycles.push(Cycle {
            modules: together.iter().map(|&module| names[module].clone()).collect(),
            circle: circle.iter().map(|(module, path)| (names[*module].clone(), path.clone())).collect(),
        });
    }
    cycles
}

/// Everything that `module` uses, directly or not.
fn reached(uses: &[BTreeMap<usize, String>], module: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = uses[module].keys().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(uses[next].keys());
        }
    }
    reached
}

/// The shortest way from `start` back to itself.
fn shortest_circle(uses: &[BTreeMap<usize, String>], start: usize) -> Option<Vec<(usize, String)>> {
    let mut open = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop_front() {
        let last = *way.last()?;
        if uses[last].contains_key(&start) {
            let next = |i: usize| *way.get(i + 1).unwrap_or(&start);
            return Some(way.iter().enumerate().map(|(i, &module)| (module, uses[module][&next(i)].clone())).collect());
        }
        for &next in uses[last].keys().filter(|&&next| seen.insert(next)) {
            open.push_back([way.as_slice(), &[next]].concat());
        }
    }
    None
}
