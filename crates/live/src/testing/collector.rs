//! Collectors that answer as they are told, each on a free port of this machine for as long as the test process lives.

use std::{
    future::Future,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tonic::{
    Request, Response, Status,
    server::{Grpc, UnaryService},
};

use crate::byte_codec::ByteCodec;

/// What an HTTP collector does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Sends nothing.
    Hang,
}

impl Reply {
    /// A reply with a status line, headers and a body.
    pub fn http(status: &str, headers: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", body.len());
        Self::Raw([head.as_bytes(), body].concat())
    }
}

/// Answers requests with `replies` one after the other, the last one for ever. The counter has the number of requests.
pub(crate) fn http_collector(replies: Vec<Reply>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (replies, counter) = (replies.clone(), counter.clone());
            thread::spawn(move || reply(stream, &replies, &counter));
        }
    });
    (address, requests)
}

fn reply(stream: TcpStream, replies: &[Reply], counter: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    let request = counter.fetch_add(1, Ordering::SeqCst);
    match &replies[request.min(replies.len() - 1)] {
        Reply::Raw(bytes) => (&stream).write_all(bytes).ok(),
        Reply::Hang => {
            thread::sleep(Duration::from_secs(60));
            None
        }
    }
}

/// Answers calls with `reply`, which gets the number of the call.
pub(crate) fn grpc_collector(reply: fn(usize) -> Result<Vec<u8>, Status>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let counter = counter.clone();
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let service = Scripted { reply, calls: counter.clone() };
                        async move { Ok::<_, std::convert::Infallible>(Grpc::new(ByteCodec).unary(service, request).await) }
                    });
                    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await
                });
            }
        });
    });
    (address, calls)
}

struct Scripted {
    reply: fn(usize) -> Result<Vec<u8>, Status>,
    calls: Arc<AtomicUsize>,
}

impl UnaryService<Bytes> for Scripted {
    type Response = Bytes;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        let reply = (self.reply)(self.calls.fetch_add(1, Ordering::SeqCst));
        Box::pin(async move { Ok(Response::new(reply?.into())) })
    }
}
