//! Many graphs as tensors, and the plan of which graphs share a batch.

use burn::tensor::{Device, Int, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::Graph;
use crate::host::{ids, tensor};

/// A batch of graphs. What belongs to a span is packed: `M` rows, graph after graph, without padding, so that no layer computes or counts
/// padding. Graph convolutions pad to `[B, N, ·]` and back, see [`GraphBatch::pad`]. What belongs to a pair of spans is packed as well: `P`
/// rows for the pairs i < j of each graph.
#[derive(Debug, Clone)]
pub struct GraphBatch {
    /// Number of graphs, `B`.
    pub graphs: usize,
    /// Spans of the largest graph, `N`.
    pub nodes: usize,
    /// Spans of every graph.
    pub sizes: Vec<usize>,
    /// Number of edges.
    pub edge_count: usize,
    /// Service ids `[M]`.
    pub services: Tensor<1, Int>,
    /// Operation ids `[M]`.
    pub operations: Tensor<1, Int>,
    /// Standardised log-durations `[M, 1]`.
    pub durations: Tensor<2>,
    /// Classes `[B]`.
    pub classes: Tensor<1, Int>,
    /// Position of every span in its graph `[M]`.
    pub positions: Tensor<1, Int>,
    /// Graph of every span `[M]`.
    pub graph_of: Tensor<1, Int>,
    /// D^-½ (A + I) D^-½ of the undirected graph, zero in the padding: `[B, N, N]`.
    pub adjacency: Tensor<3>,
    /// Packed row of the earlier span of every pair `[P]`.
    pub pair_from: Tensor<1, Int>,
    /// Packed row of the later span of every pair `[P]`.
    pub pair_to: Tensor<1, Int>,
    /// 1 where the pair is an edge, else 0: `[P, 1]`.
    pub edges: Tensor<2>,
    /// 1 / size in the row of a graph and the columns of its spans: `[B, M]`.
    mean: Tensor<2>,
    /// Packed row of every padded one `[B·N]`; padding points at row 0.
    padding: Tensor<1, Int>,
    /// Padded row of every packed one `[M]`.
    packing: Tensor<1, Int>,
}

/// Number of pairs i < j of `size` spans.
pub fn pair_count(size: usize) -> usize {
    size * size.saturating_sub(1) / 2
}

impl GraphBatch {
    /// Packs `graphs`.
    ///
    /// # Panics
    /// If `graphs` is empty.
    pub fn new(graphs: &[&Graph], device: &Device) -> Self {
        let sizes: Vec<usize> = graphs.iter().map(|g| g.len()).collect();
        let (count, nodes, rows) = (graphs.len(), sizes.iter().copied().max().expect("a batch has a graph"), sizes.iter().sum());
        let mut host = Packed {
            mean: vec![0.0; count * rows],
            padding: vec![0; count * nodes],
            adjacency: vec![0.0; count * nodes * nodes],
            ..Packed::default()
        };
        for (i, graph) in graphs.iter().enumerate() {
            host.add(i, nodes, rows, graph);
        }
        let column = |values: Vec<f32>| {
            let count = values.len();
            tensor(values, [count, 1], device)
        };
        let gather = |of: fn(&Graph) -> &[u32]| ids(graphs.iter().flat_map(|g| of(g)).map(|&id| id as usize), device);
        Self {
            graphs: count,
            nodes,
            edge_count: graphs.iter().map(|g| g.edges.len()).sum(),
            services: gather(|g| &g.services),
            operations: gather(|g| &g.operations),
            durations: column(graphs.iter().flat_map(|g| g.durations.iter().copied()).collect()),
            classes: ids(graphs.iter().map(|g| g.class), device),
            positions: ids(sizes.iter().flat_map(|&n| 0..n), device),
            graph_of: ids(sizes.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i, n)), device),
            adjacency: tensor(host.adjacency, [count, nodes, nodes], device),
            pair_from: ids(host.pair_from, device),
            pair_to: ids(host.pair_to, device),
            edges: column(host.edges),
            mean: tensor(host.mean, [count, rows], device),
            padding: ids(host.padding, device),
            packing: ids(host.packing, device),
            sizes,
        }
    }

    /// Device of the tensors.
    pub fn device(&self) -> Device {
        self.durations.device()
    }

    /// Number of pairs, `P`.
    pub fn pair_count(&self) -> usize {
        self.sizes.iter().map(|&n| pair_count(n)).sum()
    }

    /// Packed rows `[M, C]` as a padded batch `[B, N, C]`. Padding holds a copy of the first row: whatever reads it must mask it, as
    /// [`GraphBatch::adjacency`] does with zeros.
    pub fn pad(&self, x: Tensor<2>) -> Tensor<3> {
        let [_, columns] = x.dims();
        x.select(0, self.padding.clone()).reshape([self.graphs, self.nodes, columns])
    }

    /// 1 for a span, 0 for padding: `[B, N, 1]`.
    pub fn node_mask(&self) -> Tensor<3> {
        let mask = |&size: &usize| (0..self.nodes).map(move |k| if k < size { 1.0 } else { 0.0 });
        let mask: Vec<f32> = self.sizes.iter().flat_map(mask).collect();
        tensor(mask, [self.graphs, self.nodes, 1], &self.device())
    }

    /// A padded batch `[B, N, C]` as packed rows `[M, C]`.
    pub fn pack(&self, x: Tensor<3>) -> Tensor<2> {
        let [graphs, nodes, columns] = x.dims();
        x.reshape([graphs * nodes, columns]).select(0, self.packing.clone())
    }

    /// Mean of packed rows `[M, C]` over the spans of every graph: `[B, C]`.
    pub fn mean_over_nodes(&self, x: Tensor<2>) -> Tensor<2> {
        self.mean.clone().matmul(x)
    }

    /// Repeats a row a graph `[B, C]` for each of its spans: `[M, C]`.
    pub fn to_nodes(&self, x: Tensor<2>) -> Tensor<2> {
        x.select(0, self.graph_of.clone())
    }
}

#[derive(Default)]
struct Packed {
    mean: Vec<f32>,
    padding: Vec<usize>,
    packing: Vec<usize>,
    adjacency: Vec<f32>,
    pair_from: Vec<usize>,
    pair_to: Vec<usize>,
    edges: Vec<f32>,
}

impl Packed {
    /// Adds the graph at place `i` of a batch with `rows` spans in all, padded to `nodes` a graph.
    fn add(&mut self, i: usize, nodes: usize, rows: usize, graph: &Graph) {
        let (n, first, padded) = (graph.len(), self.packing.len(), i * nodes);
        self.mean[i * rows + first..i * rows + first + n].fill(1.0 / n as f32);
        for k in 0..n {
            self.padding[padded + k] = first + k;
            self.packing.push(padded + k);
        }
        let pairs = self.edges.len();
        for from in 0..n {
            for to in from + 1..n {
                self.pair_from.push(first + from);
                self.pair_to.push(first + to);
            }
        }
        self.edges.resize(pairs + pair_count(n), 0.0);
        let mut degrees = vec![1f32; n];
        for &(parent, child) in &graph.edges {
            degrees[parent] += 1.0;
            degrees[child] += 1.0;
            self.edges[pairs + pair_index(parent, child, n)] = 1.0;
        }
        let self_loops = (0..n).map(|k| (k, k));
        let both_ways = graph.edges.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        for (a, b) in self_loops.chain(both_ways) {
            self.adjacency[(padded + a) * nodes + b] = 1.0 / (degrees[a] * degrees[b]).sqrt();
        }
    }
}

/// Place of the pair `from` < `to` among the packed pairs of `size` spans.
pub fn pair_index(from: usize, to: usize, size: usize) -> usize {
    from * size - from * (from + 1) / 2 + to - from - 1
}

/// Batches of positions for one epoch, at random.
///
/// Not sorted by size: batch normalisation would see statistics that no other batch shares, and packing leaves little to gain.
pub fn plan_epoch(graphs: usize, batch: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..graphs).collect();
    order.shuffle(rng);
    order.chunks(batch).map(<[usize]>::to_vec).collect()
}

/// Batches of positions in order of size, for evaluation. `cells` bounds `B·N²`, so that large graphs come in small batches.
pub fn plan_by_size(sizes: &[usize], batch: usize, cells: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&i| sizes[i]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for i in order {
        let area = sizes[i] * sizes[i];
        match batches.last_mut() {
            Some(last) if last.len() < batch && (last.len() + 1) * area <= cells => last.push(i),
            _ => batches.push(vec![i]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(n: usize, edges: &[(usize, usize)]) -> Graph {
        Graph { services: vec![1; n], operations: vec![2; n], durations: vec![0.5; n], edges: edges.to_vec(), class: 1 }
    }

    #[test]
    fn adjacency_is_the_normalised_undirected_graph_with_self_loops() {
        let (chain, single) = (graph(3, &[(0, 1), (1, 2)]), graph(1, &[]));
        let batch = GraphBatch::new(&[&chain, &single], &Device::flex());
        let adjacency = batch.adjacency.clone().into_data().try_to_vec::<f32>().unwrap();
        let (third, mixed) = (1.0 / 3.0, 1.0 / 6f32.sqrt());
        let expected = [0.5, mixed, 0.0, mixed, third, mixed, 0.0, mixed, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for (got, want) in adjacency.iter().zip(expected) {
            assert!((got - want).abs() < 1e-6, "{adjacency:?}");
        }
        assert_eq!((batch.pair_count(), batch.edge_count), (3, 2));
        assert_eq!(batch.edges.into_data().try_to_vec::<f32>().unwrap(), [1.0, 0.0, 1.0]);
    }

    #[test]
    fn packing_undoes_padding_and_the_mean_ignores_it() {
        let (two, one) = (graph(2, &[(0, 1)]), graph(1, &[]));
        let batch = GraphBatch::new(&[&two, &one], &Device::flex());
        let x = Tensor::from_floats([[1.0], [3.0], [5.0]], &Device::flex());
        let padded = batch.pad(x.clone());
        assert_eq!(padded.dims(), [2, 2, 1]);
        assert_eq!(batch.pack(padded).into_data(), x.clone().into_data());
        assert_eq!(batch.mean_over_nodes(x).into_data().try_to_vec::<f32>().unwrap(), [2.0, 5.0]);
        let rows = Tensor::from_floats([[7.0], [8.0]], &Device::flex());
        assert_eq!(batch.to_nodes(rows).into_data().try_to_vec::<f32>().unwrap(), [7.0, 7.0, 8.0]);
    }

    #[test]
    fn pairs_are_numbered_row_by_row() {
        let pairs: Vec<usize> = (0..5).flat_map(|i| (i + 1..5).map(move |j| pair_index(i, j, 5))).collect();
        assert_eq!(pairs, (0..pair_count(5)).collect::<Vec<_>>());
    }

    #[test]
    fn plans_use_every_graph_once_and_respect_the_bounds() {
        let mut plan = plan_epoch(57, 8, &mut tracesmith_trace::rng(0, "test")).concat();
        plan.sort_unstable();
        assert_eq!(plan, (0..57).collect::<Vec<_>>());
        let sizes = [3, 50, 1, 2];
        assert_eq!(plan_by_size(&sizes, 2, 1000), [vec![2, 3], vec![0], vec![1]]);
    }
}
