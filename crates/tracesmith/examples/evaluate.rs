//! Judges traces of a baseline against held-out ones, beside the ceiling of real traces.

use tracesmith::evaluate::{compare, memorisation, privacy, validity};
use tracesmith::generate::{Fit, Generator, MarkovTree, Request};
use tracesmith::ingest::simulate::{SimulationConfig, System, simulate};
use tracesmith::model::Device;
use tracesmith::trace::split;

fn main() -> anyhow::Result<()> {
    let real = simulate(&SimulationConfig::new(System::SocialNetwork, 600, 0)).corpus;
    let parts = split(real.len(), 0.4, 1);
    let (training, held_out) = (real.select(&parts.train), real.select(&parts.held_out));
    let fit = Fit { seed: 0, device: &Device::flex(), resume: None, observe: &mut |_, _| {} };
    let generator = MarkovTree::default().fit(&training, fit)?;
    let synthetic = generator.sample(&Request::new(training.len(), 7))?;
    let ceiling = compare(&held_out, &training, 0)?;
    let judged = compare(&held_out, &synthetic, 0)?;
    println!("overall fidelity {:.3}, ceiling {:.3}", judged.fidelity.overall, ceiling.fidelity.overall);
    println!("valid traces {:.3}", validity(&held_out, &synthetic)?.valid_share);
    let copied = memorisation(&training, &held_out, &synthetic)?;
    println!("exact duplicates {:.3}, natural rate {:.3}", copied.exact_duplicate_rate, copied.natural_rate);
    println!("membership inference: AUC {:.3}", privacy(&training, &held_out, &synthetic, 0)?.membership.auc.value);
    Ok(())
}
