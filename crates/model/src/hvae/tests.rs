use burn::tensor::Device;

use super::*;
use crate::classifier::ClassifierConfig;
use crate::fixture::{SIZES, assert_close, epochs, fit, flat_vae, flattened, graphs, hvae, small_hvae};
use crate::host::floats;
use crate::train::initialise;
use crate::{Graph, GraphBatch, Noise};

/// A network after an epoch: weights and running statistics differ from graph to graph and from unit to unit.
fn trained(config: &HvaeConfig) -> Hvae {
    fit(hvae(config, &SIZES, 1), &graphs(16, 0), &[], &epochs(1)).unwrap().model
}

fn batch(graphs: &[Graph]) -> GraphBatch {
    GraphBatch::new(&graphs.iter().collect::<Vec<_>>(), &Device::flex())
}

fn decoded(decoded: Decoded, layout: &GraphBatch) -> Vec<Vec<f32>> {
    decoded.into_graphs(layout).iter().map(flattened).collect()
}

#[test]
fn a_graph_is_reconstructed_alone_as_among_others() {
    let graphs = graphs(10, 4);
    let together = batch(&graphs);
    let flat = fit(flat_vae(1), &graphs, &[], &epochs(1)).unwrap().model;
    let among_others_flat = decoded(flat.reconstruct(&together), &together);
    for config in [small_hvae(), HvaeConfig { skip: false, conditional: true, ..small_hvae() }] {
        let model = trained(&config);
        let among_others = decoded(model.reconstruct(&together), &together);
        for (i, graph) in graphs.iter().enumerate() {
            let alone = batch(std::slice::from_ref(graph));
            assert_close(&decoded(model.reconstruct(&alone), &alone)[0], &among_others[i], "hierarchical");
            assert_close(&decoded(flat.reconstruct(&alone), &alone)[0], &among_others_flat[i], "flat");
        }
    }
}

#[test]
fn the_order_of_a_batch_does_not_matter() {
    let graphs = graphs(10, 4);
    let model = trained(&small_hvae());
    let reversed: Vec<Graph> = graphs.iter().rev().cloned().collect();
    let (forward, backward) = (batch(&graphs), batch(&reversed));
    let forward = decoded(model.reconstruct(&forward), &forward);
    let backward = decoded(model.reconstruct(&backward), &backward);
    for (a, b) in forward.iter().zip(backward.iter().rev()) {
        assert_close(a, b, "reversed");
    }
}

#[test]
fn a_graph_is_classified_alone_as_among_others() {
    let graphs = graphs(10, 4);
    let config = ClassifierConfig { hidden: 16, ..ClassifierConfig::default() };
    let model = initialise(1, &Device::flex().autodiff(), |device| config.init(&SIZES, 3, device));
    let model = fit(model, &graphs, &[], &epochs(1)).unwrap().model;
    let together = floats(model.forward(&batch(&graphs)));
    for (i, graph) in graphs.iter().enumerate() {
        assert_close(&floats(model.forward(&batch(std::slice::from_ref(graph)))), &together[3 * i..3 * i + 3], "classifier");
    }
    // Sorted by size inside, but in the order of the input outside.
    for (i, probabilities) in model.predict(&graphs, &Device::flex()).iter().enumerate() {
        let best = |row: &[f64]| (0..3).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        let logits: Vec<f64> = together[3 * i..3 * i + 3].iter().map(|&logit| f64::from(logit)).collect();
        assert_eq!(best(probabilities), best(&logits));
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    }
}

/// Which graphs of a batch come out differently.
fn changed(a: &[Vec<f32>], b: &[Vec<f32>]) -> Vec<usize> {
    (0..a.len()).filter(|&i| a[i] != b[i]).collect()
}

#[test]
fn every_graph_uses_its_own_latents_and_condition() {
    let device = Device::flex();
    let mut graphs: Vec<Graph> = graphs(5, 4);
    let model = trained(&HvaeConfig { conditional: true, ..small_hvae() });
    let layout = batch(&graphs);
    let rows: usize = layout.sizes.iter().sum();
    let mut noise = Noise::new(0, "latents");
    let (z_graph, z_node) = (noise.normal(5, 6, &device), noise.normal(rows, 6, &device));
    let before = decoded(model.decode(&layout, z_graph.clone(), z_node.clone()), &layout);

    let other_graph = z_graph.clone().slice_assign([2..3, 0..6], noise.normal(1, 6, &device));
    assert_eq!(changed(&before, &decoded(model.decode(&layout, other_graph, z_node.clone()), &layout)), [2]);

    let first: usize = layout.sizes[..3].iter().sum();
    let other_node = z_node.clone().slice_assign([first..first + 1, 0..6], noise.normal(1, 6, &device));
    assert_eq!(changed(&before, &decoded(model.decode(&layout, z_graph.clone(), other_node), &layout)), [3]);

    graphs[1].class = 3 - graphs[1].class;
    let layout = batch(&graphs);
    assert_eq!(changed(&before, &decoded(model.decode(&layout, z_graph, z_node), &layout)), [1]);
}

#[test]
fn a_span_hears_only_from_itself_and_earlier_spans() {
    let device = Device::flex();
    let graph = Graph { services: vec![0; 4], operations: vec![0; 4], durations: vec![0.0; 4], edges: vec![], class: 0 };
    let model = trained(&small_hvae());
    let layout = batch(&[graph]);
    let mut noise = Noise::new(0, "latents");
    let (z_graph, z_node) = (noise.normal(1, 6, &device), noise.normal(4, 6, &device));
    let other = z_node.clone().slice_assign([2..3, 0..6], noise.normal(1, 6, &device));
    let durations = |z_node| model.decode(&layout, z_graph.clone(), z_node).into_graphs(&layout)[0].durations.clone();
    let (before, after) = (durations(z_node), durations(other));
    let changed: Vec<usize> = (0..4).filter(|&i| before[i] != after[i]).collect();
    assert_eq!(changed, [2, 3]);
}

#[test]
fn the_posterior_depends_on_the_content_of_a_trace() {
    let model = trained(&small_hvae());
    let a = graphs(1, 4);
    let mut b = a.clone();
    b[0].operations[0] = (b[0].operations[0] + 1) % SIZES.operations as u32;
    let mean = |graphs: &[Graph]| floats(model.encoder.forward(&batch(graphs), None).graph_mean);
    assert_ne!(mean(&a), mean(&b));
}
