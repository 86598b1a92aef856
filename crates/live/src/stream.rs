//! Sending traces to a collector as if a system were running now.
//!
//! A thread takes traces from the source; the pacer lets each one wait for its time, moves its starts there and puts it into a batch; batches
//! go to the collector, so many at a time. Queues between them are short: a slow collector makes the pacer wait, and the pacer the source.

mod batch;
mod delivery;
mod pacer;
mod relocate;
mod settings;

use std::{
    sync::Arc,
    thread,
    time::{Instant, SystemTime},
};

use tokio::{runtime, sync::mpsc};
use tracesmith_trace::SpanRecord;

pub use self::settings::{MAX_RATE, SPANS_A_REQUEST, SourceError, StreamSettings};
use self::{delivery::Delivery, pacer::Pacer};
use crate::{
    LiveError, Stop, Tally,
    export::{Connecting, Exporter},
};

/// Traces that wait for their time.
const QUEUED_TRACES: usize = 64;

/// Sends the traces of `source` until they, the settings or `stop` end it, and says what became of them.
///
/// The earliest start of each trace is moved to the moment when it arrives, and the trace sent then: the ends of its spans lie ahead by their
/// durations. A source or a collector that is too slow makes the stream fall behind; more than a second of that is not made up for, the rest
/// of the stream comes later. The first request that is refused, or not taken after all attempts, ends the stream.
///
/// `source` is read on a thread of its own, which may outlive the stream by the trace that it is busy with.
///
/// # Errors
/// [`LiveError`] if nothing can be sent at all. What happens after that is in the [`Tally`].
pub fn stream<I>(source: I, settings: &StreamSettings, stop: &Stop) -> Result<Tally, LiveError>
where
    I: IntoIterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send + 'static,
    I::IntoIter: 'static,
{
    settings.check()?;
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(LiveError::Runtime)?;
    runtime.block_on(run(source, settings, stop))
}

async fn run<I>(source: I, settings: &StreamSettings, stop: &Stop) -> Result<Tally, LiveError>
where
    I: IntoIterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send + 'static,
    I::IntoIter: 'static,
{
    let connecting =
        Connecting { headers: &settings.headers, tls_ca: settings.tls_ca.as_deref(), gzip: settings.gzip, timeout: settings.timeout };
    let exporter = Exporter::new(&settings.endpoint, settings.retry, &connecting)?;
    let _listening = stop.listen();
    // Cancelled from outside and by a failure; only the former cancels `stop`, too.
    let halt = stop.token().child_token();
    let delivery = Arc::new(Delivery::new(exporter, halt.clone()));
    let began = Instant::now();
    let pacer = Pacer::new(settings, SystemTime::now(), halt, delivery.clone());
    let late = pacer.run(traces_of(source, settings.traces)).await;
    let mut tally = delivery.tally();
    tally.set_times(began.elapsed(), late);
    tally.stopped = stop.token().is_cancelled();
    Ok(tally)
}

/// The traces of `source`, taken by a thread as the receiver makes room for them.
fn traces_of<I>(source: I, limit: Option<u64>) -> mpsc::Receiver<Result<Vec<SpanRecord>, SourceError>>
where
    I: IntoIterator<Item = Result<Vec<SpanRecord>, SourceError>> + Send + 'static,
    I::IntoIter: 'static,
{
    let (sender, receiver) = mpsc::channel(QUEUED_TRACES);
    let limit = limit.unwrap_or(u64::MAX);
    thread::spawn(move || {
        let mut taken = 0;
        for trace in source {
            // There is nothing to time or to send in a trace without spans.
            let is_empty = trace.as_ref().is_ok_and(Vec::is_empty);
            if !is_empty {
                taken += 1;
                if sender.blocking_send(trace).is_err() {
                    return;
                }
            }
            if taken >= limit {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests;
