use burn::tensor::Device;

use super::*;
use crate::fixture::{SIZES, epochs, fit, flat_vae, flattened, graphs, hvae, parameters, small_hvae};
use crate::hvae::{Hvae, HvaeConfig};
use crate::train::initialise;
use crate::{Graph, GraphBatch, Sizes};

/// A network after an epoch, so that its running statistics are not the initial ones.
fn trained() -> Hvae {
    fit(hvae(&small_hvae(), &SIZES, 1), &graphs(12, 0), &[], &epochs(1)).unwrap().model
}

fn untrained(config: &HvaeConfig, sizes: &Sizes) -> Hvae {
    initialise(2, &Device::flex(), |device| config.init(sizes, device))
}

fn reconstruction(model: &Hvae) -> Vec<Vec<f32>> {
    let graphs = graphs(5, 9);
    let batch = GraphBatch::new(&graphs.iter().collect::<Vec<&Graph>>(), &Device::flex());
    model.reconstruct(&batch).into_graphs(&batch).iter().map(flattened).collect()
}

#[test]
fn a_loaded_network_does_what_the_saved_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below").join("weights");
    let saved = trained();
    save(&saved, &path).unwrap();
    let loaded = load(untrained(&small_hvae(), &SIZES), &path).unwrap();
    assert_eq!(parameters(&loaded), parameters(&saved));
    // Equal reconstructions mean equal running statistics as well.
    assert_eq!(reconstruction(&loaded), reconstruction(&saved));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn weights_of_another_vocabulary_are_refused_with_both_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    save(&trained(), &path).unwrap();
    for (sizes, shapes) in [
        (Sizes { services: 4, ..SIZES }, ["3", "4"]),
        (Sizes { operations: 7, ..SIZES }, ["5", "7"]),
        (Sizes { max_spans: 11, ..SIZES }, ["9", "11"]),
    ] {
        let Err(CheckpointError::Mismatch(message)) = load(untrained(&small_hvae(), &sizes), &path) else { panic!("{sizes:?}") };
        assert!(message.contains("shape") || message.contains("Shape"), "{message}");
        assert!(shapes.iter().all(|shape| message.contains(shape)), "{message}");
    }
}

#[test]
fn weights_of_another_configuration_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    save(&trained(), &path).unwrap();
    for config in [
        HvaeConfig { latent: 8, ..small_hvae() },
        HvaeConfig { hidden: 16, ..small_hvae() },
        HvaeConfig { conditional: true, ..small_hvae() },
    ] {
        let loaded = load(untrained(&config, &SIZES), &path);
        assert!(matches!(loaded, Err(CheckpointError::Mismatch(_))), "{config:?}");
    }
    assert!(matches!(load(flat_vae(0), &path), Err(CheckpointError::Mismatch(_))));
    let without_skip = HvaeConfig { skip: false, ..small_hvae() };
    save(&untrained(&without_skip, &SIZES), &path).unwrap();
    assert!(matches!(load(untrained(&small_hvae(), &SIZES), &path), Err(CheckpointError::Mismatch(_))));
}

#[test]
fn files_that_are_no_weights_are_an_error_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    save(&trained(), &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut contents: Vec<Vec<u8>> = (0..8).map(|eighth| whole[..whole.len() * eighth / 8].to_vec()).collect();
    contents.extend([whole[..whole.len() - 1].to_vec(), whole[..16].to_vec(), b"PK\x03\x04".to_vec(), vec![0; 4096], vec![0xff; 4096]]);
    for content in contents {
        fs::write(&path, &content).unwrap();
        let error = load(untrained(&small_hvae(), &SIZES), &path).unwrap_err();
        assert!(matches!(error, CheckpointError::Corrupt { .. }), "{} bytes: {error}", content.len());
        assert!(error.to_string().contains("weights"), "{error}");
    }
}

#[test]
fn a_damaged_header_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    save(&trained(), &path).unwrap();
    let whole = fs::read(&path).unwrap();
    for position in (0..whole.len().min(2_000)).step_by(37) {
        let mut damaged = whole.clone();
        damaged[position] ^= 0x55;
        fs::write(&path, &damaged).unwrap();
        // A flip inside a name or a number may go unnoticed, but nothing may panic.
        let _ = load(untrained(&small_hvae(), &SIZES), &path);
    }
}

#[test]
fn a_missing_file_and_a_folder_are_io_errors() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("nothing"), folder.path().to_owned()] {
        let error = load(untrained(&small_hvae(), &SIZES), &path).unwrap_err();
        assert!(matches!(error, CheckpointError::Io { .. }), "{error}");
    }
    let error = save(&trained(), folder.path()).unwrap_err();
    assert!(matches!(error, CheckpointError::Io { .. }), "{error}");
}
