//! Draws traces from a model that `fit` wrote: `sample [MODEL_DIR]`.

use std::path::PathBuf;

use tracesmith::generate::{Request, load};
use tracesmith::model::Device;
use tracesmith::trace::SizeMode;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| "model".into(), PathBuf::from);
    let generator = load(&folder, &Device::flex(), |_| ())?;
    let request = Request::new(5, 42).with_size(SizeMode::Empirical);
    let corpus = generator.sample(&request)?;
    for trace in corpus.traces() {
        println!("{}: {} spans, {:.0} µs", trace.id, trace.span_count(), trace.durations_us[0]);
        for (span, depth) in trace.depths().into_iter().enumerate() {
            let (service, operation) = (corpus.services().name(trace.services[span]), corpus.operations().name(trace.operations[span]));
            println!("{:indent$}{service}/{operation} {:.0} µs", "", trace.durations_us[span], indent = 2 * (depth + 1));
        }
    }
    Ok(())
}
