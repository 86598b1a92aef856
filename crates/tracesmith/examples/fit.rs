//! Fits tree-hvae on simulated traces, or on the files given, and keeps the model: `fit [MODEL_DIR [FILE…]]`.

use std::path::PathBuf;

use tracesmith::generate::{Fit, Generator, TreeHvaeGenerator};
use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith::ingest::{CleaningConfig, IngestOptions, ingest};
use tracesmith::model::Device;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().unwrap_or_else(|| "model".into());
    let files: Vec<PathBuf> = arguments.collect();
    let corpus = if files.is_empty() {
        simulate(&SimulationConfig::new(System::TrainTicket, 400, 0)).corpus
    } else {
        let options =
            IngestOptions { name: "mine".into(), format: None, faults: Vec::new(), clock_offset_s: 0, cleaning: CleaningConfig::default() };
        ingest(&files, &options)?.corpus
    };
    let mut generator = TreeHvaeGenerator::default();
    generator.train.steps = 200;
    let mut observe = |terms: &'static [&'static str], record: &tracesmith::model::train::EpochRecord| {
        let parts: Vec<String> = terms.iter().zip(&record.terms).map(|(term, value)| format!("{term} {value:.2}")).collect();
        println!("epoch {}: {}", record.epoch, parts.join(", "));
    };
    let fitted = generator.fit(&corpus, Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut observe })?;
    std::fs::create_dir_all(&folder)?;
    fitted.save(&folder)?;
    println!("{} parameters in {}", fitted.training().parameters, folder.display());
    Ok(())
}
