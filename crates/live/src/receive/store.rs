//! What has been received.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio_util::sync::CancellationToken;
use tracesmith_formats::ReadWarnings;
use tracesmith_trace::SpanRecord;

use super::{
    decode::{Decoded, Rejected},
    outcome::{Ended, Received},
    settings::{MAX_HELD_BYTES, ReceiveSettings},
};

/// Keeps spans up to its limits.
pub(super) struct Store {
    max_traces: usize,
    max_spans: usize,
    kept: Mutex<Kept>,
    all_traces: CancellationToken,
    all_spans: CancellationToken,
}

#[derive(Default)]
struct Kept {
    spans: Vec<SpanRecord>,
    traces: HashSet<String>,
    bytes: u64,
    requests: u64,
    refused_requests: u64,
    rejected_spans: u64,
    warnings: ReadWarnings,
    last_span: Option<Instant>,
}

impl Store {
    pub fn new(settings: &ReceiveSettings) -> Self {
        Self {
            max_traces: settings.max_traces.unwrap_or(usize::MAX),
            max_spans: settings.max_spans,
            kept: Mutex::default(),
            all_traces: CancellationToken::new(),
            all_spans: CancellationToken::new(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there are as many traces as wanted.
    pub async fn all_traces(&self) {
        self.all_traces.cancelled().await;
    }

    /// Waits until there are as many spans as may be.
    pub async fn all_spans(&self) {
        self.all_spans.cancelled().await;
    }

    /// When the last span was taken.
    pub fn last_span(&self) -> Option<Instant> {
        self.kept().last_span
    }

    /// Counts a request of which nothing could be used.
    pub fn refuse(&self) {
        self.kept().refused_requests += 1;
    }

    /// Decodes a request and takes its spans. One request is decoded at a time, which bounds the memory for that.
    pub fn add<E>(&self, bytes: usize, decode: impl FnOnce() -> Result<Decoded, E>) -> Result<Rejected, E> {
        let kept = &mut *self.kept();
        let Decoded { spans, warnings, mut rejected } = decode()?;
        kept.requests += 1;
        kept.bytes += bytes as u64;
        kept.warnings += warnings;
        for span in spans {
            if let Err(reason) = self.add_span(kept, span) {
                rejected.add(reason);
            }
        }
        kept.rejected_spans += rejected.spans;
        if kept.traces.len() >= self.max_traces {
            self.all_traces.cancel();
        }
        if kept.spans.len() >= self.max_spans || kept.bytes >= MAX_HELD_BYTES {
            self.all_spans.cancel();
        }
        Ok(rejected)
    }

    fn add_span(&self, kept: &mut Kept, span: SpanRecord) -> Result<(), String> {
        if kept.spans.len() >= self.max_spans || self.all_spans.is_cancelled() {
            return Err(format!("the receiver has its {} spans", kept.spans.len()));
        }
        if !kept.traces.contains(&span.trace_id) {
            if kept.traces.len() >= self.max_traces {
                return Err(format!("the receiver has its {} traces", self.max_traces));
            }
            kept.traces.insert(span.trace_id.clone());
        }
        kept.last_span = Some(Instant::now());
        kept.spans.push(span);
        Ok(())
    }

    /// Everything received. The store is empty then.
    pub fn take(&self, ended: Ended) -> Received {
        let Kept { spans, traces, requests, refused_requests, rejected_spans, warnings, .. } = std::mem::take(&mut *self.kept());
        Received { spans, traces: traces.len(), requests, refused_requests, rejected_spans, warnings, ended }
    }
}
