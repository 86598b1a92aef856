//! Asks a question of simulated traces in SQL, and makes traces of a table again: `table`.

use tracesmith::frame::{cells, query, records, span_table};
use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith::ingest::{IngestOptions, ingest_records};

fn main() -> anyhow::Result<()> {
    let corpus = simulate(&SimulationConfig::new(System::TrainTicket, 1000, 0)).corpus;
    let spans = span_table(&corpus);

    let slowest = query(
        &spans,
        "SELECT service, operation, COUNT(*) AS spans, QUANTILE_CONT(duration_us, 0.99) AS p99_us
         FROM spans GROUP BY service, operation ORDER BY p99_us DESC LIMIT 5",
    )?;
    cells(&slowest).for_each(|row| println!("{row:?}"));

    // Any polars expression works on the table; what comes back is read as a file would be.
    let kept = spans.slice(0, spans.height() / 2);
    let rows = records(&kept)?;
    let (some, report) = ingest_records(rows.spans, rows.has_starts, &IngestOptions::default())?;
    println!("{} of {} traces, {} incomplete", some.len(), corpus.len(), report.traces_dropped());
    Ok(())
}
