//! A collector in miniature: takes spans over OTLP and keeps them in memory.

mod decode;
mod export_service;
mod grpc;
mod http;
mod store;

use std::{
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{self, Runtime},
    select,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracesmith_formats::Tolerated;
use tracesmith_trace::SpanRecord;

use self::{export_service::ExportService, store::Store};
use crate::{LiveError, Stop};

/// Longest request that is taken, in bytes after decompression: the usual limit of gRPC.
pub const MAX_REQUEST_BYTES: usize = 4 << 20;

/// Spans that are kept unless set otherwise. Each takes some 400 bytes of memory, more if it has long names or many attributes.
pub const MAX_SPANS: usize = 1_000_000;

/// Bytes of requests after decompression whose spans are kept.
pub const MAX_HELD_BYTES: u64 = 2 << 30;

/// How long the receiver waits for further spans of its traces when it has all the traces that it wants.
const SETTLING: Duration = Duration::from_secs(1);

/// How long open requests have to end when the receiver stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests of one connection under way at a time.
const STREAMS: u32 = 16;

/// When a receiver ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiveSettings {
    /// After so many traces, when no further spans of them come; spans of other traces are rejected then.
    pub max_traces: Option<usize>,
    /// After so many spans; more are rejected.
    pub max_spans: usize,
    /// After this time.
    pub duration: Option<Duration>,
}

impl Default for ReceiveSettings {
    fn default() -> Self {
        Self { max_traces: None, max_spans: MAX_SPANS, duration: None }
    }
}

/// Why a receiver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was stopped.
    Stopped,
    /// [`ReceiveSettings::duration`] is over.
    Duration,
    /// It has [`ReceiveSettings::max_traces`].
    Traces,
    /// It has [`ReceiveSettings::max_spans`], or spans of [`MAX_HELD_BYTES`].
    Spans,
}

/// What a receiver got.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The spans, in the order in which they came.
    pub spans: Vec<SpanRecord>,
    /// Number of their traces.
    pub traces: usize,
    /// Requests that were taken, if only in part.
    pub requests: u64,
    /// Requests that were refused as a whole, for example because they were no OTLP.
    pub refused_requests: u64,
    /// Spans that were rejected one by one: without ids, or after the receiver had enough.
    pub rejected_spans: u64,
    /// Spans that were taken with something replaced.
    pub tolerated: Tolerated,
    /// Why it ended.
    pub ended: Ended,
}

/// A receiver that listens on its ports. Every port takes OTLP over gRPC and over HTTP (protobuf or JSON), compressed with gzip or not.
pub struct Receiver {
    runtime: Runtime,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Receiver {
    /// Listens on `addresses`; port 0 is any that is free.
    ///
    /// # Errors
    /// [`LiveError::Listen`] if one is taken or is not of this machine.
    pub fn bind(addresses: &[SocketAddr]) -> Result<Self, LiveError> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(LiveError::Runtime)?;
        let mut listeners = Vec::new();
        let mut bound = Vec::new();
        for &address in addresses {
            let listen = |source| LiveError::Listen { address, source };
            let listener = runtime.block_on(TcpListener::bind(address)).map_err(listen)?;
            bound.push(listener.local_addr().map_err(listen)?);
            listeners.push(listener);
        }
        Ok(Self { runtime, listeners, addresses: bound })
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Takes spans until `stop` or the settings end it.
    pub fn run(self, settings: &ReceiveSettings, stop: &Stop) -> Received {
        let Self { runtime, listeners, .. } = self;
        runtime.block_on(serve(listeners, settings, stop))
    }
}

async fn serve(listeners: Vec<TcpListener>, settings: &ReceiveSettings, stop: &Stop) -> Received {
    let store = Arc::new(Store::new(settings));
    let service = Arc::new(ExportService::new(store.clone()));
    let _listening = stop.listen();
    // Cancelled when nothing more is accepted.
    let closing = CancellationToken::new();
    // Every connection holds the sender, and nobody sends: the channel closes with the last connection.
    let (open, mut all_closed) = mpsc::channel(1);
    for listener in listeners {
        tokio::spawn(accept(listener, service.clone(), open.clone(), closing.clone()));
    }
    drop(open);
    let ended = end(&store, settings, stop).await;
    closing.cancel();
    // Whoever has not got an answer by then gets none.
    let _ = timeout(LAST_ANSWERS, all_closed.recv()).await;
    store.take(ended)
}

async fn end(store: &Store, settings: &ReceiveSettings, stop: &Stop) -> Ended {
    let duration = async {
        match settings.duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    select! {
        biased;
        () = stop.token().cancelled() => Ended::Stopped,
        () = duration => Ended::Duration,
        () = store.all_spans() => Ended::Spans,
        () = settled(store) => Ended::Traces,
    }
}

/// Waits until all traces are there and no span of them has come for a while.
async fn settled(store: &Store) {
    store.all_traces().await;
    loop {
        let quiet = store.last_span().map_or(SETTLING, |last| Instant::now().saturating_duration_since(last));
        if quiet >= SETTLING {
            return;
        }
        sleep(SETTLING - quiet).await;
    }
}

async fn accept(listener: TcpListener, service: Arc<ExportService>, open: mpsc::Sender<()>, closing: CancellationToken) {
    while let Some(accepted) = closing.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let (service, open, closing) = (service.clone(), open.clone(), closing.clone());
                tokio::spawn(async move {
                    talk(stream, service, &closing).await;
                    drop(open);
                });
            }
            // Too many open files, most likely: some may be closed soon.
            Err(error) => {
                tracing::warn!("a connection cannot be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn talk(stream: TcpStream, service: Arc<ExportService>, closing: &CancellationToken) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    server.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, std::convert::Infallible>(service.answer(request).await) }
    });
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), answer));
    let ended = select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection failed: {error}");
    }
}

#[cfg(test)]
mod tests;
