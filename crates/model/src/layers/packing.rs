//! Sequences of different lengths in one matrix without padding.

/// Sequences packed step by step: first the rows of step 0 of every sequence, then those of step 1 of all that are long enough, and so on.
/// Sequences are in order of descending length, so that the ones alive at a step are always the first ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    offsets: Vec<usize>,
}

impl Packing {
    /// The packing of sequences with these lengths.
    ///
    /// # Panics
    /// If the lengths are not in descending order.
    pub fn new(lengths: &[usize]) -> Self {
        assert!(lengths.is_sorted_by(|a, b| a >= b), "lengths in descending order");
        let steps = lengths.first().copied().unwrap_or(0);
        let mut offsets = Vec::with_capacity(steps + 1);
        offsets.push(0);
        let mut alive = lengths.len();
        for step in 0..steps {
            while lengths[alive - 1] <= step {
                alive -= 1;
            }
            offsets.push(offsets[step] + alive);
        }
        Self { offsets }
    }

    /// Length of the longest sequence.
    pub fn steps(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        if self.steps() == 0 { 0 } else { self.alive(0) }
    }

    /// Number of rows: the sum of the lengths.
    pub fn rows(&self) -> usize {
        self.offsets[self.steps()]
    }

    /// Number of sequences that have this step.
    pub fn alive(&self, step: usize) -> usize {
        self.offsets[step + 1] - self.offsets[step]
    }

    /// Row of a step of a sequence.
    pub fn row(&self, sequence: usize, step: usize) -> usize {
        self.offsets[step] + sequence
    }

    /// The packing of every `stride`-th sequence from `first` on: what one of `stride` workers does.
    pub(crate) fn lane(&self, first: usize, stride: usize) -> Self {
        let mut offsets = vec![0];
        for step in 0..self.steps() {
            let alive = self.alive(step).saturating_sub(first).div_ceil(stride);
            if alive == 0 {
                break;
            }
            offsets.push(offsets[step] + alive);
        }
        Self { offsets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_step_stand_together() {
        let packing = Packing::new(&[3, 1, 1]);
        assert_eq!((packing.steps(), packing.sequences(), packing.rows()), (3, 3, 5));
        assert_eq!([packing.row(0, 0), packing.row(2, 0), packing.row(0, 1), packing.row(0, 2)], [0, 2, 3, 4]);
    }

    #[test]
    fn lanes_share_the_sequences_out() {
        let packing = Packing::new(&[4, 3, 3, 2, 1]);
        assert_eq!(packing.lane(0, 2), Packing::new(&[4, 3, 1]));
        assert_eq!(packing.lane(1, 2), Packing::new(&[3, 2]));
        assert_eq!(packing.lane(7, 8).rows(), 0);
    }
}
