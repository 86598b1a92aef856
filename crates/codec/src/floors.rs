//! How short a span can be.

use serde::{Deserialize, Serialize};

use crate::{CodecError, layout::Layout};

/// What no span of a label falls below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Floors {
    /// Shortest training duration of every label in µs.
    shortest_us: Vec<f64>,
    /// Least share of its longest child that a span of every label lasted in training, at most 1. Gaps of several children do not add up to
    /// it by themselves, and a child that outlasts a parent which always waits is seen at once.
    of_longest_child: Vec<f64>,
}

impl Floors {
    /// Of the training traces, given with the durations of their spans in µs.
    pub(crate) fn fit<'a>(labels: usize, traces: impl Iterator<Item = (&'a Layout, Vec<f64>)>) -> Self {
        let (mut shortest_us, mut of_longest_child) = (vec![f64::INFINITY; labels], vec![1.0f64; labels]);
        for (layout, durations) in traces {
            let mut longest = vec![0.0f64; layout.len()];
            for (parent, &duration) in layout.parents.iter().zip(&durations) {
                if let Some(parent) = *parent {
                    longest[parent] = longest[parent].max(duration);
                }
            }
            for (span, &duration) in durations.iter().enumerate() {
                let label = layout.labels[span] as usize;
                shortest_us[label] = shortest_us[label].min(duration);
                if longest[span] > 0.0 {
                    of_longest_child[label] = of_longest_child[label].min(duration / longest[span]);
                }
            }
        }
        Self { shortest_us, of_longest_child }
    }

    /// Whether they are those of so many labels.
    pub(crate) fn check(&self, labels: usize) -> Result<(), CodecError> {
        let fine = |floor: &f64| floor.is_finite() && *floor >= 0.0;
        let lengths = [self.shortest_us.len(), self.of_longest_child.len()];
        if lengths != [labels; 2] || !self.shortest_us.iter().chain(&self.of_longest_child).all(fine) {
            return Err(CodecError::Inconsistent("its shortest durations are not one time a label"));
        }
        Ok(())
    }

    /// In µs, for a span whose longest child lasts `longest_child_us`; 0 for a leaf.
    pub(crate) fn of(&self, label: u32, longest_child_us: f64) -> f64 {
        self.shortest_us[label as usize].max(self.of_longest_child[label as usize] * longest_child_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_that_always_waited_is_no_shorter_than_its_longest_child() {
        // Label 0 waits for its children; of label 1 one span lasted half as long as its child.
        let layout = |labels: [u32; 3]| Layout::new(&[0, 1, 1], &labels);
        let traces = [
            (layout([0, 2, 2]), vec![10.0, 4.0, 9.0]),
            (layout([1, 2, 2]), vec![5.0, 10.0, 1.0]),
            (layout([1, 2, 2]), vec![8.0, 2.0, 2.0]),
        ];
        let floors = Floors::fit(3, traces.iter().map(|(layout, durations)| (layout, durations.clone())));
        assert_eq!([floors.of(0, 30.0), floors.of(1, 30.0), floors.of(1, 2.0)], [30.0, 15.0, 5.0]);
        assert_eq!(floors.of(2, 0.0), 1.0);
        assert!(floors.check(3).is_ok() && floors.check(2).is_err());
    }
}
