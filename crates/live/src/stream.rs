//! Sending traces to a collector as if a system were running now.
//!
//! A thread takes traces from the source; the pacer lets each one wait for its time, moves its starts there and puts it into a batch; batches
//! go to the collector, so many at a time. Queues between them are short: a slow collector makes the pacer wait, and the pacer the source.

mod batch;
mod delivery;
mod pacer;
mod relocate;

use std::{
    error::Error,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::{runtime, sync::mpsc};
use tracesmith_trace::SpanRecord;

use self::{delivery::Delivery, pacer::Pacer};
use crate::{
    Arrivals, Endpoint, Headers, LiveError, Origin, Retry, Stop, Tally,
    export::{Connecting, Exporter},
};

/// Most traces a second unless set otherwise.
pub const MAX_RATE: f64 = 100.0;

/// Most spans of a request unless set otherwise; what exporters of OpenTelemetry have.
pub const SPANS_A_REQUEST: usize = 512;

/// Traces that wait for their time.
const QUEUED_TRACES: usize = 64;

/// Why a source has no more traces.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// How traces are sent.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    /// Where to.
    pub endpoint: Endpoint,
    /// Whether that may be another machine.
    pub allow_remote: bool,
    /// File with the certificates (PEM) that sign the collector's; `None` for those of the system.
    pub tls_ca: Option<PathBuf>,
    /// Headers for every request.
    pub headers: Headers,
    /// Whether requests are compressed.
    pub gzip: bool,
    /// What every resource says about its origin. The seed is that of arrivals and new ids, too.
    pub origin: Origin,
    /// When traces begin.
    pub arrivals: Arrivals,
    /// Highest [`Arrivals::rate`] that is allowed, in traces a second.
    pub max_rate: f64,
    /// Ends the stream after so many traces.
    pub traces: Option<u64>,
    /// Ends the stream after this time.
    pub duration: Option<Duration>,
    /// Whether traces get new ids. With ids that a collector has seen before, new spans join old traces.
    pub new_ids: bool,
    /// Requests under way at a time, at least 1.
    pub concurrency: usize,
    /// Most spans of a request, at least 1.
    pub spans_a_request: usize,
    /// Longest time that a trace waits for others to share a request with.
    pub linger: Duration,
    /// Time for one attempt of a request, connecting included.
    pub timeout: Duration,
    /// What happens when an attempt fails.
    pub retry: Retry,
}

impl StreamSettings {
    /// To `endpoint` on this machine, without an end, with the usual limits.
    pub fn new(endpoint: Endpoint, origin: Origin, arrivals: Arrivals) -> Self {
        Self {
            endpoint,
            allow_remote: false,
            tls_ca: None,
            headers: Headers::default(),
            gzip: false,
            origin,
            arrivals,
            max_rate: MAX_RATE,
            traces: None,
            duration: None,
            new_ids: true,
            concurrency: 4,
            spans_a_request: SPANS_A_REQUEST,
            linger: Duration::from_millis(200),
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
        }
    }

    /// Checks what [`stream`] checks first.
    ///
    /// # Errors
    /// [`LiveError::Remote`] and [`LiveError::TooFast`].
    pub fn check(&self) -> Result<(), LiveError> {
        if !self.allow_remote && !self.endpoint.is_loopback() {
            return Err(LiveError::Remote { endpoint: self.endpoint.to_string() });
        }
        let rate = self.arrivals.rate();
        // A rate that is no number is above every cap.
        if rate <= self.max_rate { Ok(()) } else { Err(LiveError::TooFast { rate, cap: self.max_rate }) }
    }
}

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
