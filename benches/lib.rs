//! The data that all benchmarks share: a simulated corpus, and the real excerpts where they are at hand.

use std::env;
use std::path::{Path, PathBuf};

use tracesmith_ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith_ingest::{CleaningConfig, Located, Manifest, REAL_DATA_VARIABLE, ingest};
use tracesmith_trace::Corpus;

/// Traces of the simulated corpus.
pub const TRACES: usize = 1_000;

/// The simulated SocialNetwork corpus, always the same.
pub fn simulated() -> Corpus {
    simulate(&SimulationConfig::new(System::SocialNetwork, TRACES, 0)).corpus
}

/// The files of the real data set `name`, below the folder that [`REAL_DATA_VARIABLE`] names or in `../shared/datasets`. Says so where they
/// are missing.
///
/// # Panics
/// If there is no data set of this name.
pub fn locate(name: &str) -> Option<Located> {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/datasets");
    let folder = env::var_os(REAL_DATA_VARIABLE).map_or_else(usual, PathBuf::from);
    let manifest = Manifest::find(name).expect("a data set of datasets/");
    match manifest.locate_in(&[folder]) {
        Ok(located) => Some(located),
        Err(missing) => {
            eprintln!("SKIPPED: {missing}");
            None
        }
    }
}

/// The simulated corpus and the real excerpts of Eadro that are at hand, by name.
///
/// # Panics
/// If a real excerpt is there and cannot be read.
pub fn corpora() -> Vec<(String, Corpus)> {
    let real = ["eadro-sn", "eadro-tt"].into_iter().filter_map(|name| Some((name, locate(name)?)));
    let read = |(name, located): (&str, Located)| {
        let ingested = ingest(&located.data, &located.options(name, CleaningConfig::default()));
        (name.to_owned(), ingested.unwrap_or_else(|error| panic!("{name}: {error}")).corpus)
    };
    let simulated = simulated();
    [(simulated.name().to_owned(), simulated)].into_iter().chain(real.map(read)).collect()
}
