//! The real excerpts. Each test says so when its file is not there.

use std::path::{Path, PathBuf};

use tracesmith_codec::{Codec, CodecConfig};
use tracesmith_evaluate::statistics::ks_similarity;
use tracesmith_ingest::{CleaningConfig, Manifest, REAL_DATA_VARIABLE, ingest};
use tracesmith_trace::{Corpus, split};

use crate::corpora::{structure, there_and_back, times};

fn real(name: &str) -> Option<Corpus> {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets");
    let folder = std::env::var_os(REAL_DATA_VARIABLE).map_or_else(usual, PathBuf::from);
    match Manifest::find(name).unwrap().locate_in(&[folder]) {
        Ok(located) => Some(ingest(&located.data, &located.options(name, CleaningConfig::default())).unwrap().corpus),
        Err(missing) => {
            eprintln!("SKIPPED: {missing}");
            None
        }
    }
}

/// Share of starts and durations that come back within `tolerance` of themselves and a nanosecond.
fn share_within(tolerance: f64, before: &Corpus, after: &Corpus) -> f64 {
    let pairs: Vec<(f64, f64)> = before.traces().zip(after.traces()).flat_map(|(a, b)| times(a).into_iter().zip(times(b))).collect();
    let within = pairs.iter().filter(|(before, after)| (before - after).abs() <= tolerance * before.abs() + 1e-3).count();
    within as f64 / pairs.len() as f64
}

/// Training and held-out traces there and back, with the usual settings and with a table for every slot.
fn comes_back(name: &str) {
    let Some(corpus) = real(name) else { return };
    let sides = split(corpus.len(), 0.2, 1);
    let (train, held_out) = (corpus.select(&sides.train), corpus.select(&sides.held_out));
    let usual = Codec::fit(&train, &CodecConfig::default()).unwrap();
    // Smoothed tables cut off the outermost of the rare slots' times; all others come back as exactly as an f32 says.
    for (codec, least) in [(&usual, 0.96), (&Codec::fit(&train, &CodecConfig { min_slot: 1, ..CodecConfig::default() }).unwrap(), 0.999)] {
        for side in [&train, &held_out] {
            let after = there_and_back(codec, side);
            assert!(side.traces().zip(after.traces()).all(|(before, after)| structure(before) == structure(after)), "{name}");
        }
        let after = there_and_back(codec, &train);
        let share = share_within(1e-4, &train, &after);
        assert!(share >= least, "{name}: {share}");
        let ks = ks_similarity(train.span_durations_us(), after.span_durations_us());
        assert!(ks >= 0.99, "{name}: {ks}");
    }
    let ks = ks_similarity(held_out.span_durations_us(), there_and_back(&usual, &held_out).span_durations_us());
    assert!(ks >= 0.98, "{name}, held out: {ks}");
}

#[test]
fn eadro_social_network_comes_back() {
    comes_back("eadro-sn");
}

#[test]
fn eadro_train_ticket_comes_back() {
    comes_back("eadro-tt");
}

#[test]
fn nezha_online_boutique_comes_back() {
    comes_back("nezha-ob");
}

#[test]
fn nezha_train_ticket_comes_back() {
    comes_back("nezha-tt");
}
