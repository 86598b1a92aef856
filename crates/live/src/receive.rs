//! A collector in miniature: takes spans over OTLP and keeps them in memory.

mod decode;
mod export_service;
mod grpc;
mod http;
mod intake;
mod outcome;
mod settings;
mod store;

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{Request, Response, body::Incoming, service::service_fn};
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
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt, limit::GlobalConcurrencyLimitLayer};

use self::{intake::Intake, store::Store};
pub use self::{
    outcome::{Ended, Received},
    settings::{MAX_HELD_BYTES, MAX_REQUEST_BYTES, MAX_SPANS, ReceiveSettings},
};
use crate::{LiveError, Stop};

/// How long the receiver waits for further spans of its traces when it has all the traces that it wants.
const SETTLING: Duration = Duration::from_secs(1);

/// How long open requests have to end when the receiver stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that are read at a time; each takes [`MAX_REQUEST_BYTES`] twice at most.
const REQUESTS: usize = 16;

/// Requests of one connection under way at a time.
const STREAMS: u32 = 16;

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
    let intake = Arc::new(Intake::new(store.clone()));
    let answer = tower::service_fn(move |request| {
        let intake = intake.clone();
        async move { Ok::<_, Infallible>(export_service::answer(intake, request).await) }
    });
    let service = GlobalConcurrencyLimitLayer::new(REQUESTS).layer(answer);
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

async fn accept<S>(listener: TcpListener, service: S, open: mpsc::Sender<()>, closing: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
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

async fn talk<S>(stream: TcpStream, service: S, closing: &CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    server.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    // Each request waits for its turn among those of all connections.
    let answer = service_fn(move |request| service.clone().oneshot(request));
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
