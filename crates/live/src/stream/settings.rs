//! How traces are sent, and its limits.

use std::{error::Error, path::PathBuf, time::Duration};

use crate::{Arrivals, Endpoint, Headers, LiveError, Origin, Retry};

/// Most traces a second unless set otherwise.
pub const MAX_RATE: f64 = 100.0;

/// Most spans of a request unless set otherwise; what exporters of OpenTelemetry have.
pub const SPANS_A_REQUEST: usize = 512;

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

    /// Checks what [`crate::stream()`] checks first.
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
