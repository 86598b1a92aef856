//! Lets one operation become slow in simulated traffic, and says which spans it touched.

use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith::scenario::Scenario;

fn main() -> anyhow::Result<()> {
    let config = SimulationConfig { faults: false, ..SimulationConfig::new(System::SocialNetwork, 200, 0) };
    let corpus = simulate(&config).corpus;
    let scenario = Scenario::preset("slow-dependency", &[])?;
    let (changed, truth) = scenario.apply(&corpus, 1)?;
    println!("{} of {} traces are labelled abnormal", changed.labels().iter().filter(|label| label.is_abnormal()).count(), changed.len());
    for done in &truth.interventions {
        println!("{} on {}: {} calls, {} callers that wait", done.name, done.target, done.causes, done.effects);
    }
    Ok(())
}
