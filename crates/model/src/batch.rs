//! Many graphs as padded tensors, and the plan that puts graphs of similar size together.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::Graph;

/// A padded batch. Rows of the flat tensors are `graph × N + span`; padding comes last in every graph and is masked.
#[derive(Debug, Clone)]
pub struct GraphBatch {
    /// Number of graphs, `B`.
    pub graphs: usize,
    /// Spans of the largest graph, `N`.
    pub nodes: usize,
    /// Spans of every graph.
    pub sizes: Vec<usize>,
    /// Number of real spans.
    pub real_nodes: usize,
    /// Number of ordered pairs i < j of real spans.
    pub real_pairs: usize,
    /// Number of edges.
    pub real_edges: usize,
    /// Service ids `[B, N]`, 0 in the padding.
    pub services: Tensor<2, Int>,
    /// Operation ids `[B, N]`, 0 in the padding.
    pub operations: Tensor<2, Int>,
    /// Standardised log-durations `[B·N, 1]`.
    pub durations: Tensor<2>,
    /// Classes `[B]`.
    pub classes: Tensor<1, Int>,
    /// 1 for a real span, 0 for padding: `[B·N, 1]`.
    pub node_mask: Tensor<2>,
    /// 1 / size of every graph, to average over its spans: `[B, 1]`.
    pub inverse_sizes: Tensor<2>,
    /// D^-½ (A + I) D^-½ of the undirected graph, zero in the padding: `[B, N, N]`.
    pub adjacency: Tensor<3>,
    /// 1 at [i, j] for an edge i → j: `[B, N, N]`.
    pub edges: Tensor<3>,
    /// 1 at [i, j] for real spans i < j: `[B, N, N]`.
    pub pair_mask: Tensor<3>,
}

impl GraphBatch {
    /// Pads `graphs` to the largest of them.
    ///
    /// # Panics
    /// If `graphs` is empty.
    pub fn new(graphs: &[&Graph], device: &Device) -> Self {
        let count = graphs.len();
        let nodes = graphs.iter().map(|g| g.len()).max().expect("a batch has a graph");
        let rows = count * nodes;
        let mut host = Host {
            services: vec![0i32; rows],
            operations: vec![0i32; rows],
            durations: vec![0f32; rows],
            node_mask: vec![0f32; rows],
            adjacency: vec![0f32; rows * nodes],
            edges: vec![0f32; rows * nodes],
            pair_mask: vec![0f32; rows * nodes],
        };
        for (i, graph) in graphs.iter().enumerate() {
            host.fill(i, nodes, graph);
        }
        let sizes: Vec<usize> = graphs.iter().map(|g| g.len()).collect();
        let inverse_sizes: Vec<f32> = sizes.iter().map(|&n| 1.0 / n as f32).collect();
        let classes: Vec<i32> = graphs.iter().map(|g| g.class as i32).collect();
        let square = |values| Tensor::from_data(TensorData::new(values, [count, nodes, nodes]), device);
        let column = |values| Tensor::from_data(TensorData::new(values, [rows, 1]), device);
        Self {
            graphs: count,
            nodes,
            real_nodes: sizes.iter().sum(),
            real_pairs: sizes.iter().map(|n| n * (n - 1) / 2).sum(),
            real_edges: graphs.iter().map(|g| g.edges.len()).sum(),
            sizes,
            services: Tensor::from_data(TensorData::new(host.services, [count, nodes]), device),
            operations: Tensor::from_data(TensorData::new(host.operations, [count, nodes]), device),
            durations: column(host.durations),
            classes: Tensor::from_data(TensorData::new(classes, [count]), device),
            node_mask: column(host.node_mask),
            inverse_sizes: Tensor::from_data(TensorData::new(inverse_sizes, [count, 1]), device),
            adjacency: square(host.adjacency),
            edges: square(host.edges),
            pair_mask: square(host.pair_mask),
        }
    }

    /// Device of the tensors.
    pub fn device(&self) -> Device {
        self.durations.device()
    }

    /// Mean of `[B·N, C]` over the real spans of every graph: `[B, C]`.
    pub fn mean_over_nodes(&self, x: Tensor<2>) -> Tensor<2> {
        let [_, columns] = x.dims();
        let masked = x * self.node_mask.clone();
        masked.reshape([self.graphs, self.nodes, columns]).sum_dim(1).squeeze_dim::<2>(1) * self.inverse_sizes.clone()
    }

    /// Repeats a row a graph `[B, C]` for each of its spans: `[B·N, C]`.
    pub fn to_nodes(&self, x: Tensor<2>) -> Tensor<2> {
        let [graphs, columns] = x.dims();
        x.unsqueeze_dim::<3>(1).expand([graphs, self.nodes, columns]).reshape([graphs * self.nodes, columns])
    }
}

struct Host {
    services: Vec<i32>,
    operations: Vec<i32>,
    durations: Vec<f32>,
    node_mask: Vec<f32>,
    adjacency: Vec<f32>,
    edges: Vec<f32>,
    pair_mask: Vec<f32>,
}

impl Host {
    fn fill(&mut self, i: usize, nodes: usize, graph: &Graph) {
        let (n, row) = (graph.len(), i * nodes);
        for k in 0..n {
            self.services[row + k] = graph.services[k] as i32;
            self.operations[row + k] = graph.operations[k] as i32;
            self.durations[row + k] = graph.durations[k];
            self.node_mask[row + k] = 1.0;
            let pairs = (row + k) * nodes;
            self.pair_mask[pairs + k + 1..pairs + n].fill(1.0);
        }
        let mut degrees = vec![1f32; n];
        for &(parent, child) in &graph.edges {
            degrees[parent] += 1.0;
            degrees[child] += 1.0;
            self.edges[(row + parent) * nodes + child] = 1.0;
        }
        let self_loops = (0..n).map(|k| (k, k));
        let both_ways = graph.edges.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        for (a, b) in self_loops.chain(both_ways) {
            self.adjacency[(row + a) * nodes + b] = 1.0 / (degrees[a] * degrees[b]).sqrt();
        }
    }
}

/// Batches of positions for one epoch: shuffled, graphs of similar size together, batches in random order.
pub fn plan_epoch(graphs: &[Graph], batch: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..graphs.len()).collect();
    order.shuffle(rng);
    // Sorting all graphs would put the same ones together in every epoch; sorting windows keeps the batches random.
    for window in order.chunks_mut(batch * 16) {
        window.sort_by_key(|&i| graphs[i].len());
    }
    let mut batches: Vec<Vec<usize>> = order.chunks(batch).map(<[usize]>::to_vec).collect();
    batches.shuffle(rng);
    batches
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
        let adjacency = batch.adjacency.into_data().try_to_vec::<f32>().unwrap();
        let (third, mixed) = (1.0 / 3.0, 1.0 / 6f32.sqrt());
        let expected = [0.5, mixed, 0.0, mixed, third, mixed, 0.0, mixed, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        for (got, want) in adjacency.iter().zip(expected) {
            assert!((got - want).abs() < 1e-6, "{adjacency:?}");
        }
        assert_eq!((batch.real_nodes, batch.real_pairs, batch.real_edges), (4, 3, 2));
        assert_eq!(batch.pair_mask.sum().into_scalar::<f32>(), 3.0);
    }

    #[test]
    fn the_mean_ignores_padding() {
        let (two, one) = (graph(2, &[(0, 1)]), graph(1, &[]));
        let batch = GraphBatch::new(&[&two, &one], &Device::flex());
        let x = Tensor::from_floats([[1.0], [3.0], [5.0], [100.0]], &Device::flex());
        assert_eq!(batch.mean_over_nodes(x).into_data().try_to_vec::<f32>().unwrap(), [2.0, 5.0]);
    }

    #[test]
    fn plans_use_every_graph_once_and_respect_the_bounds() {
        let graphs: Vec<Graph> = (0..57).map(|i| graph(1 + i % 7, &[])).collect();
        let mut plan = plan_epoch(&graphs, 8, &mut tracesmith_trace::rng(0, "test")).concat();
        plan.sort_unstable();
        assert_eq!(plan, (0..57).collect::<Vec<_>>());
        let sizes = [3, 50, 1, 2];
        assert_eq!(plan_by_size(&sizes, 2, 1000), [vec![2, 3], vec![0], vec![1]]);
    }
}
