//! Drawing trees.

use burn::tensor::{Device, Tensor};

use tracesmith_codec::Grammar;

use super::choice::Picker;
use crate::host::{floats, ids, tensor};
use crate::mixture::Condition;
use crate::tree_hvae::network::TreeHvae;
use crate::tree_hvae::structure::{SpanInputs, remaining_feature, size_feature};

/// A tree without times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Structure {
    pub depths: Vec<u16>,
    pub labels: Vec<u32>,
    pub outcomes: Vec<u32>,
}

/// What may be drawn.
#[derive(Debug, Clone, Copy)]
pub struct TreeRules<'a> {
    /// Spans of a trace of free size at most.
    pub limit: usize,
    /// The calls that may occur; all without it.
    pub grammar: Option<&'a Grammar>,
}

/// A tree while it grows.
struct Growing {
    trace: usize,
    condition: Condition,
    structure: Structure,
    /// Labels of the spans on the path to the last one, root first.
    path: Vec<u32>,
    /// States after them, one after the other.
    states: Vec<f32>,
    /// Label of the last span of every depth below the current parent of that depth.
    siblings: Vec<u32>,
}

impl Growing {
    fn depth(&self) -> usize {
        self.path.len() - 1
    }

    fn push(&mut self, depth: usize, label: u32, outcome: u32) {
        self.path.truncate(depth);
        self.path.push(label);
        self.siblings.truncate(depth + 1);
        match self.siblings.get_mut(depth) {
            Some(sibling) => *sibling = label,
            None => self.siblings.push(label),
        }
        self.structure.depths.push(depth as u16);
        self.structure.labels.push(label);
        self.structure.outcomes.push(outcome);
    }

    /// Whether a token (0: end, else a depth) keeps this a tree of the size that is asked for.
    fn legal(&self, token: usize, limit: usize) -> bool {
        let spans = self.structure.depths.len();
        let full = spans >= self.condition.size.unwrap_or(limit);
        match token {
            0 => full || self.condition.size.is_none(),
            depth => !full && depth <= self.depth() + 1,
        }
    }

    /// A token that may follow, by its logits: below a span that has children in the grammar, unless the size cannot be met so.
    fn next(&self, logits: &[f32], rules: TreeRules<'_>, picker: &mut Picker<'_>) -> usize {
        let legal = |token| self.legal(token, rules.limit);
        let known = |token: usize| token == 0 || rules.grammar.is_none_or(|grammar| grammar.has_children(self.path[token - 1]));
        picker.token(logits, &[&|token| legal(token) && known(token), &legal])
    }
}

impl TreeHvae {
    /// Trees for `graph: [n, L]` and `conditions`, each drawn until its end.
    pub(super) fn draw_structures(
        &self,
        graph: Tensor<2>,
        conditions: &[Condition],
        rules: TreeRules<'_>,
        picker: &mut Picker<'_>,
    ) -> Vec<Structure> {
        let device = graph.device();
        let decoder = &self.structure;
        let classes: Vec<usize> = conditions.iter().map(|condition| condition.class).collect();
        let whole = decoder.conditions(graph, &ids(classes, &device), size_columns(conditions, &device));
        let (mut state, mut context) = (decoder.start(whole.clone()), decoder.context(whole));
        let grow = |(trace, &condition): (usize, &Condition)| Growing {
            trace,
            condition,
            structure: Structure::default(),
            path: Vec::new(),
            states: Vec::new(),
            siblings: Vec::new(),
        };
        let mut growing: Vec<Growing> = conditions.iter().enumerate().map(grow).collect();
        let mut finished = vec![Structure::default(); conditions.len()];
        self.add_spans(&mut growing, &vec![0; conditions.len()], &state, rules, picker);
        while !growing.is_empty() {
            state = decoder.step(decoder.inputs(&self.last_spans(&growing, &device), context.clone()), state);
            let width = state.dims()[1];
            for (tree, row) in growing.iter_mut().zip(floats(state.clone()).chunks(width)) {
                tree.states.truncate(tree.depth() * width);
                tree.states.extend_from_slice(row);
            }
            let parents = states_at(&growing, width, |_, tree| tree.depth().checked_sub(1), &device);
            let logits = floats(decoder.next_logits(state.clone(), parents));
            let columns = logits.len() / growing.len();
            let pick = |(tree, row): (&Growing, &[f32])| tree.next(row, rules, picker);
            let tokens: Vec<usize> = growing.iter().zip(logits.chunks(columns)).map(pick).collect();
            let alive: Vec<usize> = (0..growing.len()).filter(|&i| tokens[i] > 0).collect();
            if alive.len() < growing.len() {
                let (going, ended): (Vec<_>, Vec<_>) = growing.into_iter().zip(&tokens).partition(|&(_, &token)| token > 0);
                ended.into_iter().for_each(|(tree, _)| finished[tree.trace] = tree.structure);
                growing = going.into_iter().map(|(tree, _)| tree).collect();
                let kept = ids(alive, &device);
                (state, context) = (state.select(0, kept.clone()), context.select(0, kept));
            }
            let depths: Vec<usize> = tokens.into_iter().filter(|&token| token > 0).collect();
            if !growing.is_empty() {
                self.add_spans(&mut growing, &depths, &state, rules, picker);
            }
        }
        finished
    }

    /// Draws label and outcome of a span of every tree at the given depths, from the states before it.
    fn add_spans(&self, growing: &mut [Growing], depths: &[usize], state: &Tensor<2>, rules: TreeRules<'_>, picker: &mut Picker<'_>) {
        let (device, width) = (state.device(), state.dims()[1]);
        let none = self.sizes.labels;
        let at = |of: &dyn Fn(&Growing, usize) -> usize| ids(growing.iter().zip(depths).map(|(tree, &depth)| of(tree, depth)), &device);
        let parent_states = states_at(growing, width, |i, _| depths[i].checked_sub(1), &device);
        let logits = floats(self.structure.label_logits(
            state.clone(),
            parent_states.clone(),
            &at(&|tree, depth| depth.checked_sub(1).map_or(none, |parent| tree.path[parent] as usize)),
            &at(&|tree, depth| tree.siblings.get(depth).map_or(none, |&label| label as usize)),
            &at(&|_, depth| depth),
        ));
        let label = |((tree, &depth), row): ((&Growing, &usize), &[f32])| match (depth.checked_sub(1), tree.condition.root) {
            (None, Some(root)) => root as usize,
            (parent, _) => {
                let parent = parent.map(|parent| tree.path[parent]);
                let known = |label: usize| rules.grammar.is_none_or(|grammar| grammar.has_call(parent, label as u32));
                picker.token(row, &[&known, &|_| true])
            }
        };
        let labels: Vec<usize> = growing.iter().zip(depths).zip(logits.chunks(none)).map(label).collect();
        let outcomes = self.draw_outcomes(state, parent_states, &labels, rules, picker);
        for (((tree, &depth), label), outcome) in growing.iter_mut().zip(depths).zip(labels).zip(outcomes) {
            tree.push(depth, label as u32, outcome as u32);
        }
    }

    fn draw_outcomes(
        &self,
        state: &Tensor<2>,
        parents: Tensor<2>,
        labels: &[usize],
        rules: TreeRules<'_>,
        picker: &mut Picker<'_>,
    ) -> Vec<usize> {
        if self.sizes.outcomes == 1 {
            return vec![0; labels.len()];
        }
        let logits = floats(self.structure.outcome_logits(state.clone(), parents, &ids(labels.iter().copied(), &state.device())));
        let known = |label: usize, outcome: usize| rules.grammar.is_none_or(|grammar| grammar.has_outcome(label as u32, outcome as u32));
        let rows = labels.iter().zip(logits.chunks(self.sizes.outcomes));
        rows.map(|(&label, row)| picker.token(row, &[&|outcome| known(label, outcome)])).collect()
    }

    /// The last span of every tree as an input.
    fn last_spans(&self, growing: &[Growing], device: &Device) -> SpanInputs {
        let of = |value: &dyn Fn(&Growing) -> u32| ids(growing.iter().map(|tree| value(tree) as usize), device);
        let none = self.sizes.labels as u32;
        let left = |tree: &Growing| match tree.condition.size {
            Some(size) => [(size - tree.structure.depths.len()) as f32, 1.0],
            None => [0.0, 0.0],
        };
        let left: Vec<f32> = growing.iter().flat_map(left).collect();
        let left: Tensor<2> = tensor(left, [growing.len(), 2], device);
        let given = left.clone().narrow(1, 1, 1);
        SpanInputs {
            labels: of(&|tree| tree.path[tree.depth()]),
            parent_labels: of(&|tree| tree.depth().checked_sub(1).map_or(none, |parent| tree.path[parent])),
            depths: of(&|tree| tree.depth() as u32),
            outcomes: of(&|tree| tree.structure.outcomes[tree.structure.outcomes.len() - 1]),
            remaining: Tensor::cat(vec![remaining_feature(left.narrow(1, 0, 1)) * given.clone(), given], 1),
        }
    }
}

/// States after the spans at some depth of every tree's path, zeros where there is none: `[n, H]`.
fn states_at(growing: &[Growing], width: usize, depth: impl Fn(usize, &Growing) -> Option<usize>, device: &Device) -> Tensor<2> {
    let mut states = Vec::with_capacity(growing.len() * width);
    for (i, tree) in growing.iter().enumerate() {
        match depth(i, tree) {
            Some(depth) => states.extend_from_slice(&tree.states[depth * width..(depth + 1) * width]),
            None => states.resize(states.len() + width, 0.0),
        }
    }
    tensor(states, [growing.len(), width], device)
}

/// Size and flag of conditions, `[n, 2]`.
pub(super) fn size_columns(conditions: &[Condition], device: &Device) -> Tensor<2> {
    let columns: Vec<f32> = conditions.iter().flat_map(|c| c.size.map_or([0.0, 0.0], |size| [size as f32, 1.0])).collect();
    let columns: Tensor<2> = tensor(columns, [conditions.len(), 2], device);
    let given = columns.clone().narrow(1, 1, 1);
    Tensor::cat(vec![size_feature(columns.narrow(1, 0, 1)) * given.clone(), given], 1)
}
