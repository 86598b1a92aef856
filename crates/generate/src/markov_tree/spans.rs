//! Durations, statuses, kinds and starts for a tree of labels, each drawn on its own.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tracesmith_trace::{Span, SpanKind, Status};

use super::growth::{Tree, weighted_draw};
use super::tables::{LabelTable, Tables};

impl Tables {
    /// The spans of a trace of `class`; starts are 0 without `has_starts`.
    pub fn spans(&self, tree: &Tree, class: usize, has_starts: bool, rng: &mut ChaCha8Rng) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::with_capacity(tree.len());
        let mut last_child: Vec<Option<usize>> = vec![None; tree.len()];
        for (node, (&label, &parent)) in tree.labels.iter().zip(&tree.parents).enumerate() {
            let table = &self.labels[label as usize];
            let start_us = match parent.filter(|_| has_starts) {
                None => 0.0,
                Some(parent) => {
                    let sibling = last_child[parent].replace(node).map(|sibling| &spans[sibling]);
                    table.start_us(&spans[parent], sibling, rng)
                }
            };
            let (status, kind) = table.attributes(rng);
            let duration_us = table.duration_us(class, rng);
            spans.push(Span { service: table.service, operation: table.operation, start_us, duration_us, status, kind, attributes: 0 });
        }
        spans
    }
}

impl LabelTable {
    /// The duration of a training span of this class, or of any class if there is none.
    fn duration_us(&self, class: usize, rng: &mut ChaCha8Rng) -> f64 {
        let of_class = self.durations_us.get(class).and_then(|values| pick(values, rng));
        of_class.or_else(|| self.any_duration_us(rng)).unwrap_or(0.0)
    }

    fn any_duration_us(&self, rng: &mut ChaCha8Rng) -> Option<f64> {
        let classes = self.durations_us.iter().map(|values| (values, values.len() as u64));
        weighted_draw(classes, rng).and_then(|values| pick(values, rng))
    }

    fn attributes(&self, rng: &mut ChaCha8Rng) -> (Status, SpanKind) {
        let weighted = self.attributes.iter().map(|&(status, kind, count)| ((status, kind), u64::from(count)));
        weighted_draw(weighted, rng).unwrap_or((Status::UNSET, SpanKind::Unspecified))
    }

    /// A start after the end of the previous sibling or the start of the parent, and never before the parent.
    fn start_us(&self, parent: &Span, sibling: Option<&Span>, rng: &mut ChaCha8Rng) -> f64 {
        let after_sibling = sibling.and_then(|sibling| Some(sibling.start_us + sibling.duration_us + pick(&self.after_sibling_us, rng)?));
        let start_us = after_sibling.unwrap_or_else(|| parent.start_us + pick(&self.after_parent_us, rng).unwrap_or(0.0));
        start_us.clamp(parent.start_us, f64::MAX)
    }
}

fn pick(values: &[f64], rng: &mut ChaCha8Rng) -> Option<f64> {
    (!values.is_empty()).then(|| values[rng.random_range(0..values.len())])
}

#[cfg(test)]
mod tests {
    use super::super::fixture::corpus;
    use super::super::tables::Root;
    use super::*;
    use tracesmith_trace::rng;

    #[test]
    fn times_are_those_of_training_and_no_child_starts_before_its_parent() {
        let tables = Tables::fit(&corpus(&[&[(0, None), (1, Some(0)), (1, Some(0)), (2, Some(2))]]));
        let tree = tables.tree_of_size(4, 100, &tables.roots.iter().collect::<Vec<&Root>>(), &mut rng(0, "tree"));
        for seed in 0..50 {
            let spans = tables.spans(&tree, 0, true, &mut rng(seed, "spans"));
            assert!(spans.iter().all(|span| (97.0..=100.0).contains(&span.duration_us)));
            for (span, parent) in spans.iter().zip(&tree.parents) {
                assert!(parent.is_none_or(|parent| spans[parent].start_us <= span.start_us), "{spans:?}");
            }
        }
        assert!(tables.spans(&tree, 0, false, &mut rng(0, "spans")).iter().all(|span| span.start_us == 0.0));
    }

    #[test]
    fn a_class_without_durations_borrows_those_of_the_others() {
        let mut tables = Tables::fit(&corpus(&[&[(0, None)]]));
        tables.labels[0].durations_us = vec![vec![], vec![5.0], vec![7.0]];
        let durations = |class| (0..40).map(|seed| tables.labels[0].duration_us(class, &mut rng(seed, "draw"))).collect::<Vec<_>>();
        assert!(durations(1).iter().all(|&us| us == 5.0));
        assert!(durations(0).contains(&5.0) && durations(0).contains(&7.0));
    }

    #[test]
    fn absurd_values_of_a_model_file_stay_finite() {
        let mut tables = Tables::fit(&corpus(&[&[(0, None), (1, Some(0)), (1, Some(0)), (1, Some(0))]]));
        tables.labels[1].durations_us[0].fill(f64::MAX);
        tables.labels[1].after_sibling_us.fill(f64::MAX);
        let tree = Tree { labels: vec![0, 1, 1, 1], parents: vec![None, Some(0), Some(0), Some(0)] };
        assert!(tables.spans(&tree, 0, true, &mut rng(0, "spans")).iter().all(|span| span.start_us.is_finite()));
    }
}
