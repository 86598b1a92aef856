//! Writes simulated traces in every format: `export [FOLDER]`.

use std::path::PathBuf;

use tracesmith::formats::{all, write_corpus};
use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| "exported".into(), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let corpus = simulate(&SimulationConfig::new(System::TrainTicket, 100, 0)).corpus;
    for format in all() {
        let path = folder.join(format.name());
        let written = write_corpus(&corpus, format, &path)?;
        println!("{}: {} traces, {} spans", path.display(), written.traces, written.spans);
    }
    Ok(())
}
