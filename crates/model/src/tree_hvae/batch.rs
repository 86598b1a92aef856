//! Many trees as packed tensors.

use burn::tensor::{Device, Int, Tensor};
use tracesmith_codec::Codec;

use super::sample::TreeSample;
use super::{TreeSizes, size_bucket};
use crate::host::{ids, tensor};
use crate::layers::Packing;

/// Traces packed span by span (see [`Packing`]), in order of descending size. `R` rows, `B` traces.
///
/// Relations are rows of a table of `R` rows of spans followed by `B` rows of traces and one row of zeros.
#[derive(Debug, Clone)]
pub struct TreeBatch {
    pub(crate) packing: Packing,
    /// Position among the given samples of every trace.
    pub(crate) order: Vec<usize>,
    /// Trace of every row, `[R]`.
    pub(crate) traces: Tensor<1, Int>,
    /// Row of the last span of every trace, `[B]`.
    pub(crate) last: Tensor<1, Int>,
    /// Number of spans of every trace, `[B, 1]`.
    pub(crate) sizes: Tensor<2>,
    /// Size bucket of every trace, `[B]`.
    pub(crate) buckets: Tensor<1, Int>,
    pub(crate) classes: Tensor<1, Int>,
    /// Labels; that of the parent and of the previous sibling is `P` where there is none. All `[R]`.
    pub(crate) labels: Tensor<1, Int>,
    pub(crate) parent_labels: Tensor<1, Int>,
    pub(crate) sibling_labels: Tensor<1, Int>,
    pub(crate) root_labels: Tensor<1, Int>,
    pub(crate) depths: Tensor<1, Int>,
    pub(crate) outcomes: Tensor<1, Int>,
    /// What follows a span: the depth of the next one, or 0 for the end, `[R]`.
    pub(crate) next: Tensor<1, Int>,
    /// Remaining spans after each one, `[R, 1]`.
    pub(crate) remaining: Tensor<2>,
    /// 1 for a leaf, `[R, 1]`.
    pub(crate) leaves: Tensor<2>,
    /// Row of the span before (that of the trace for a root), `[R]`.
    pub(crate) before: Tensor<1, Int>,
    /// Rows of the span before, the parent, the previous sibling and the last namesake; the row of zeros where there is none. All `[R]`.
    pub(crate) previous: Tensor<1, Int>,
    pub(crate) parents: Tensor<1, Int>,
    pub(crate) siblings: Tensor<1, Int>,
    pub(crate) namesakes: Tensor<1, Int>,
    /// Normal scores of head and tail, `[R, 2]`.
    pub(crate) scores: Tensor<2>,
    /// ln(1 + duration in µs) / 10, `[R, 1]`.
    pub(crate) log_durations: Tensor<2>,
    /// Number of spans of every label, `[B, P]`.
    pub(crate) label_counts: Tensor<2>,
}

impl TreeBatch {
    /// Packs samples.
    pub fn new(samples: &[&TreeSample], sizes: &TreeSizes, device: &Device) -> Self {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(samples[i].len()));
        let samples: Vec<&TreeSample> = order.iter().map(|&i| samples[i]).collect();
        let lengths: Vec<usize> = samples.iter().map(|sample| sample.len()).collect();
        let packing = Packing::new(&lengths);
        let (rows, traces) = (packing.rows(), samples.len());
        let places: Vec<(usize, usize)> =
            (0..packing.steps()).flat_map(|step| (0..packing.alive(step)).map(move |trace| (trace, step))).collect();
        let zero_row = rows + traces;

        let ints = |of: &dyn Fn(usize, &TreeSample, usize) -> usize| {
            ids(places.iter().map(|&(trace, step)| of(trace, samples[trace], step)), device)
        };
        let floats = |columns: usize, of: &dyn Fn(&TreeSample, usize, &mut Vec<f32>)| {
            let mut values = Vec::with_capacity(rows * columns);
            places.iter().for_each(|&(trace, step)| of(samples[trace], step, &mut values));
            tensor(values, [rows, columns], device)
        };
        let of_traces = |of: &dyn Fn(usize) -> usize| ids((0..traces).map(of), device);
        let label_or_none = |sample: &TreeSample, span: Option<usize>| span.map_or(sizes.labels, |i| sample.tokens.labels[i] as usize);
        // A trace of others than the training traces may be deeper or larger than the tables.
        let known_depth = |depth: u16| usize::from(depth).min(sizes.max_depth);
        let row_or_zero = |trace: usize, span: Option<usize>| span.map_or(zero_row, |step| packing.row(trace, step));
        let span_counts: Vec<f32> = lengths.iter().map(|&n| n as f32).collect();
        let mut label_counts = vec![0f32; traces * sizes.labels];
        for (trace, sample) in samples.iter().enumerate() {
            sample.tokens.labels.iter().for_each(|&label| label_counts[trace * sizes.labels + label as usize] += 1.0);
        }

        Self {
            traces: ints(&|trace, _, _| trace),
            last: of_traces(&|trace| packing.row(trace, lengths[trace] - 1)),
            sizes: tensor(span_counts, [traces, 1], device),
            buckets: of_traces(&|trace| size_bucket(lengths[trace].min(sizes.max_spans))),
            classes: of_traces(&|trace| samples[trace].class),
            labels: ints(&|_, sample, i| sample.tokens.labels[i] as usize),
            parent_labels: ints(&|_, sample, i| label_or_none(sample, sample.relations.parents[i])),
            sibling_labels: ints(&|_, sample, i| label_or_none(sample, sample.relations.siblings[i])),
            root_labels: of_traces(&|trace| samples[trace].tokens.labels[0] as usize),
            depths: ints(&|_, sample, i| known_depth(sample.tokens.depths[i])),
            outcomes: ints(&|_, sample, i| sample.tokens.outcomes[i] as usize),
            next: ints(&|_, sample, i| sample.tokens.depths.get(i + 1).map_or(0, |&depth| known_depth(depth))),
            remaining: floats(1, &|sample, i, out| out.push((sample.len() - i - 1) as f32)),
            leaves: floats(1, &|sample, i, out| out.push(f32::from(u8::from(sample.relations.leaves[i])))),
            before: ints(&|trace, _, i| i.checked_sub(1).map_or(rows + trace, |step| packing.row(trace, step))),
            previous: ints(&|trace, _, i| row_or_zero(trace, i.checked_sub(1))),
            parents: ints(&|trace, sample, i| row_or_zero(trace, sample.relations.parents[i])),
            siblings: ints(&|trace, sample, i| row_or_zero(trace, sample.relations.siblings[i])),
            namesakes: ints(&|trace, sample, i| row_or_zero(trace, sample.relations.namesakes[i])),
            scores: floats(2, &|sample, i, out| {
                let head = if sizes.has_starts { Codec::score(sample.tokens.heads[i]) } else { 0.0 };
                out.extend([head, Codec::score(sample.tokens.tails[i])]);
            }),
            log_durations: floats(1, &|sample, i, out| out.push(sample.tokens.durations_us[i].ln_1p() as f32 / 10.0)),
            label_counts: tensor(label_counts, [traces, sizes.labels], device),
            packing,
            order,
        }
    }

    /// Number of spans `R`.
    pub(crate) fn rows(&self) -> usize {
        self.packing.rows()
    }

    /// Number of traces `B`.
    pub(crate) fn len(&self) -> usize {
        self.packing.sequences()
    }

    /// A row a trace for every row of a trace's spans: `[B, F]` → `[R, F]`.
    pub(crate) fn spread(&self, of_traces: Tensor<2>) -> Tensor<2> {
        of_traces.select(0, self.traces.clone())
    }

    /// Sums the rows of every trace: `[R, F]` → `[B, F]`.
    pub(crate) fn sum(&self, of_spans: Tensor<2>) -> Tensor<2> {
        let zeros = Tensor::zeros([self.len(), of_spans.dims()[1]], &of_spans.device());
        zeros.select_assign(0, self.traces.clone(), of_spans, burn::tensor::IndexingUpdateOp::Add)
    }
}

/// Spans, traces and the row of zeros in one table, for the relations of a [`TreeBatch`].
pub(crate) fn table(of_spans: Tensor<2>, of_traces: Option<Tensor<2>>, traces: usize) -> Tensor<2> {
    let (columns, device) = (of_spans.dims()[1], of_spans.device());
    match of_traces {
        Some(of_traces) => Tensor::cat(vec![of_spans, of_traces, Tensor::zeros([1, columns], &device)], 0),
        None => Tensor::cat(vec![of_spans, Tensor::zeros([traces + 1, columns], &device)], 0),
    }
}
