//! The figures that the paper and its second study print, under the keys of our own metrics.
//!
//! Source: Patel, Sehgal, Panahandeh, Ezzati-Jivan, Tétreault (2026), "Hierarchical Generation of Synthetic Distributed Traces for
//! Downstream Learning", tables RQ1–RQ3; the second study for structural fidelity and memorisation.

/// (key, value). Sizes: the paper's fixed size is one |V| per real trace (`copied`), its variable size `empirical`.
const VALUES: &[(&str, f64)] = &[
    ("rq1.sn.hvae.service_accuracy", 1.0),
    ("rq1.sn.hvae.operation_accuracy", 0.9991),
    ("rq1.sn.hvae.duration_mae_us", 1_653_559.0),
    ("rq1.sn.hvae.edge_precision", 0.9540),
    ("rq1.sn.hvae.edge_recall", 1.0),
    ("rq1.sn.hvae.edge_f1", 0.9765),
    ("rq1.tt.hvae.service_accuracy", 0.9990),
    ("rq1.tt.hvae.operation_accuracy", 0.9992),
    ("rq1.tt.hvae.duration_mae_us", 1_561.0),
    ("rq1.tt.hvae.edge_precision", 0.7828),
    ("rq1.tt.hvae.edge_recall", 0.9565),
    ("rq1.tt.hvae.edge_f1", 0.8610),
    ("rq2.hvae.copied.real10.loss", 0.0121),
    ("rq2.hvae.copied.real10.accuracy", 0.998),
    ("rq2.hvae.copied.real10.class.sn.precision", 1.0),
    ("rq2.hvae.copied.real10.class.sn.recall", 0.996),
    ("rq2.hvae.copied.real10.class.sn.f1", 0.998),
    ("rq2.hvae.copied.real10.class.tt.precision", 0.996),
    ("rq2.hvae.copied.real10.class.tt.recall", 1.0),
    ("rq2.hvae.copied.real10.class.tt.f1", 0.998),
    ("rq2.hvae.empirical.real10.loss", 0.0136),
    ("rq2.hvae.empirical.real10.accuracy", 0.999),
    ("rq2.hvae.empirical.real10.class.sn.precision", 1.0),
    ("rq2.hvae.empirical.real10.class.sn.recall", 0.997),
    ("rq2.hvae.empirical.real10.class.sn.f1", 0.999),
    ("rq2.hvae.empirical.real10.class.tt.precision", 0.997),
    ("rq2.hvae.empirical.real10.class.tt.recall", 1.0),
    ("rq2.hvae.empirical.real10.class.tt.f1", 0.999),
    ("rq3.hvae.copied.real10.accuracy", 0.826),
    ("rq3.hvae.copied.real10.class.sn.precision", 0.788),
    ("rq3.hvae.copied.real10.class.sn.recall", 0.893),
    ("rq3.hvae.copied.real10.class.sn.f1", 0.837),
    ("rq3.hvae.copied.real10.class.tt.precision", 0.814),
    ("rq3.hvae.copied.real10.class.tt.recall", 0.841),
    ("rq3.hvae.copied.real10.class.tt.f1", 0.825),
    ("rq3.hvae.empirical.real10.accuracy", 0.834),
    ("rq3.hvae.empirical.real10.class.sn.precision", 0.868),
    ("rq3.hvae.empirical.real10.class.sn.recall", 0.787),
    ("rq3.hvae.empirical.real10.class.sn.f1", 0.825),
    ("rq3.hvae.empirical.real10.class.tt.precision", 0.877),
    ("rq3.hvae.empirical.real10.class.tt.recall", 0.805),
    ("rq3.hvae.empirical.real10.class.tt.f1", 0.880),
    ("rq4.tt.hvae.empirical.fidelity.structure", 0.982),
    ("rq4.tt.hvae.empirical.fidelity.duration", 0.952),
    ("rq4.tt.hvae.empirical.fidelity.semantic", 0.986),
    ("rq4.tt.hvae.empirical.fidelity.overall", 0.974),
    ("rq4.sn.hvae.empirical.fidelity.structure", 0.624),
    ("rq4.sn.hvae.empirical.fidelity.duration", 0.402),
    ("rq4.sn.hvae.empirical.fidelity.semantic", 0.526),
    ("rq4.sn.hvae.empirical.fidelity.overall", 0.517),
    ("rq4.tt.flat-vae.empirical.fidelity.structure", 0.601),
    ("rq4.tt.flat-vae.empirical.fidelity.duration", 0.400),
    ("rq4.tt.flat-vae.empirical.fidelity.semantic", 0.632),
    ("rq4.tt.flat-vae.empirical.fidelity.overall", 0.545),
    ("rq4.sn.flat-vae.empirical.fidelity.structure", 0.639),
    ("rq4.sn.flat-vae.empirical.fidelity.duration", 0.429),
    ("rq4.sn.flat-vae.empirical.fidelity.semantic", 0.761),
    ("rq4.sn.flat-vae.empirical.fidelity.overall", 0.610),
    ("rq4.tt.random-sampling.empirical.fidelity.structure", 0.568),
    ("rq4.tt.random-sampling.empirical.fidelity.duration", 0.829),
    ("rq4.tt.random-sampling.empirical.fidelity.semantic", 0.330),
    ("rq4.tt.random-sampling.empirical.fidelity.overall", 0.575),
    ("rq4.sn.random-sampling.empirical.fidelity.structure", 0.795),
    ("rq4.sn.random-sampling.empirical.fidelity.duration", 0.853),
    ("rq4.sn.random-sampling.empirical.fidelity.semantic", 0.387),
    ("rq4.sn.random-sampling.empirical.fidelity.overall", 0.678),
    ("rq4.tt.hvae.empirical.memorisation.exact_duplicate_rate", 0.598),
    ("rq4.tt.hvae.empirical.memorisation.near_duplicate_rate", 0.988),
    ("rq4.tt.hvae.empirical.memorisation.unique_ratio", 0.012),
    ("rq4.sn.hvae.empirical.memorisation.exact_duplicate_rate", 0.0),
    ("rq4.sn.hvae.empirical.memorisation.near_duplicate_rate", 0.0),
    ("rq4.sn.hvae.empirical.memorisation.unique_ratio", 0.96),
];

/// Generators of the second study, in the order of its figures here.
pub(crate) const ANOMALY_GENERATORS: [&str; 3] = ["hvae", "random-sampling", "flat-vae"];

/// The second study: percentage of real training traces, and weighted F1 on held-out real traces for TrainTicket and SocialNetwork.
const ANOMALY_F1: [(u32, [f64; 3], [f64; 3]); 6] = [
    (0, [0.630, 0.544, 0.490], [0.479, 0.479, 0.206]),
    (10, [0.636, 0.566, 0.625], [0.637, 0.657, 0.613]),
    (30, [0.635, 0.571, 0.659], [0.655, 0.650, 0.652]),
    (50, [0.648, 0.657, 0.663], [0.658, 0.684, 0.664]),
    (70, [0.662, 0.662, 0.674], [0.655, 0.654, 0.659]),
    (100, [0.663, 0.672, 0.660], [0.667, 0.661, 0.662]),
];

/// The second study's weighted F1 for a system and a percentage, in the order of [`ANOMALY_GENERATORS`].
pub(crate) fn anomaly_f1(system: &str, percent: u32) -> Option<[f64; 3]> {
    let (_, tt, sn) = ANOMALY_F1.iter().find(|(share, ..)| *share == percent)?;
    match system {
        "tt" => Some(*tt),
        "sn" => Some(*sn),
        _ => None,
    }
}

/// The paper's figure for a key.
pub(crate) fn value(key: &str) -> Option<f64> {
    VALUES.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

/// The paper's accuracy of TSTR, which it gives as a range.
pub(crate) const TSTR_ACCURACY: &str = "72–78 %";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_once_and_every_share_is_one() {
        for (i, (key, value)) in VALUES.iter().enumerate() {
            assert!(VALUES[..i].iter().all(|(other, _)| other != key), "{key}");
            assert!(key.ends_with("_us") || (0.0..=1.0).contains(value), "{key}");
        }
    }
}
