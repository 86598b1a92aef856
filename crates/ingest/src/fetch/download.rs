//! One file over HTTP, gone on with where an earlier attempt stopped.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    thread,
    time::Duration,
};

use ureq::{Agent, Body, http::Response};

use super::{
    answer::{self, Meaning, meaning},
    error::FetchError,
    event::FetchEvent,
    options::HttpOptions,
    partial::Partial,
    space,
};

/// Longest wait between two attempts unless the server asks for a longer one.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// A file to be downloaded.
pub(super) struct Download<'a> {
    pub(super) url: &'a str,
    /// Its name for people.
    pub(super) file: &'a str,
    /// Where it goes when it is complete.
    pub(super) target: &'a Path,
    /// Its size, if the manifest pins it.
    pub(super) size: Option<u64>,
    /// Whether a checksum will tell if two versions of the file were mixed.
    pub(super) is_pinned: bool,
}

/// How an attempt failed.
enum Failure {
    Final(FetchError),
    Passing { reason: String, wait: Option<Duration> },
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

fn passing(reason: impl Into<String>) -> Failure {
    Failure::Passing { reason: reason.into(), wait: None }
}

impl Download<'_> {
    /// Downloads the file unless it is there.
    pub(super) fn run(&self, http: &HttpOptions, observe: &mut dyn FnMut(FetchEvent<'_>)) -> Result<(), FetchError> {
        if self.target.exists() {
            return Ok(());
        }
        let agent = agent(self.url, http);
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.attempt(&agent, observe) {
                Ok(()) => return Ok(()),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { reason, .. }) if attempts > http.retries => {
                    let kept = Partial::of(self.target).bytes();
                    return Err(FetchError::GaveUp { url: self.url.to_owned(), reason, attempts, kept });
                }
                Err(Failure::Passing { reason, wait }) => {
                    let backoff = http.backoff.saturating_mul(1 << (attempts - 1).min(16)).min(LONGEST_BACKOFF);
                    let wait = wait.unwrap_or(backoff);
                    observe(FetchEvent::Retry { reason: &reason, wait });
                    thread::sleep(wait);
                }
            }
        }
    }

    fn attempt(&self, agent: &Agent, observe: &mut dyn FnMut(FetchEvent<'_>)) -> Result<(), Failure> {
        let partial = Partial::of(self.target);
        let offset = self.resume_at(&partial)?;
        let response = self.ask(agent, offset, &partial)?;
        let headers = response.headers();
        match meaning(response.status()) {
            Meaning::Whole => {
                let total = answer::content_length(headers);
                self.check_announced(total, 0)?;
                let file = partial.restart(&answer::version(headers)).map_err(FetchError::io(partial.path()))?;
                self.receive(response, file, 0, total, observe)?;
            }
            Meaning::Rest => {
                let total = self.check_rest(&response, offset, &partial)?;
                let file = partial.append().map_err(FetchError::io(partial.path()))?;
                self.receive(response, file, offset, total, observe)?;
            }
            // The announced size was a lie: there is no more than what came.
            Meaning::NoRest if offset > 0 && answer::content_range(headers) == Some((None, Some(offset))) => {}
            Meaning::NoRest => {
                partial.discard().map_err(FetchError::io(partial.path()))?;
                return Err(passing("the server has no rest of the file, which is another one now: starting again"));
            }
            Meaning::Later => {
                return Err(Failure::Passing {
                    reason: format!("the server answers {}", response.status()),
                    wait: answer::retry_after(headers),
                });
            }
            Meaning::Never(advice) => {
                let status = response.status().to_string();
                return Err(FetchError::Status { url: self.url.to_owned(), status, advice }.into());
            }
        }
        Ok(partial.complete(self.target).map_err(FetchError::io(self.target))?)
    }

    /// Where to go on: at the end of what came, if it can be known that the rest is of the same file.
    fn resume_at(&self, partial: &Partial) -> Result<u64, FetchError> {
        let offset = partial.bytes();
        if offset > 0 && (self.is_pinned || partial.version().if_range().is_some()) {
            return Ok(offset);
        }
        partial.discard().map_err(FetchError::io(partial.path()))?;
        Ok(0)
    }

    fn ask(&self, agent: &Agent, offset: u64, partial: &Partial) -> Result<Response<Body>, Failure> {
        let mut request = agent.get(self.url).header("accept-encoding", "identity");
        if offset > 0 {
            request = request.header("range", format!("bytes={offset}-"));
            if let Some(version) = partial.version().if_range() {
                request = request.header("if-range", version);
            }
        }
        request.call().map_err(|error| self.failure(&error))
    }

    /// Which errors may pass: those of the network; not those of the address or of a certificate.
    fn failure(&self, error: &ureq::Error) -> Failure {
        match error {
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_) => passing(error.to_string()),
            _ => FetchError::Url { url: self.url.to_owned(), reason: error.to_string() }.into(),
        }
    }

    /// Refuses a file of another size than the manifest's, and one that does not fit on the disk, before it comes.
    fn check_announced(&self, total: Option<u64>, have: u64) -> Result<(), FetchError> {
        let Some(total) = total else { return Ok(()) };
        if let Some(expected) = self.size.filter(|expected| *expected != total) {
            return Err(FetchError::Size { file: self.file.to_owned(), found: total, expected });
        }
        space::require(self.folder(), total.saturating_sub(have))
    }

    /// Checks that the rest is that of our bytes; gives the size of the whole.
    fn check_rest(&self, response: &Response<Body>, offset: u64, partial: &Partial) -> Result<Option<u64>, Failure> {
        let range = answer::content_range(response.headers());
        let (ours, theirs) = (partial.version(), answer::version(response.headers()));
        let is_same = theirs.etag.is_none() || ours.etag.is_none() || theirs.etag == ours.etag;
        let (Some((Some(first), total)), true) = (range, is_same) else {
            partial.discard().map_err(FetchError::io(partial.path()))?;
            return Err(passing("the server sends a part of another file: starting again"));
        };
        if first != offset {
            partial.discard().map_err(FetchError::io(partial.path()))?;
            return Err(passing(format!("the server sends the part from byte {first} instead of {offset}: starting again")));
        }
        self.check_announced(total, offset)?;
        Ok(total)
    }

    fn receive(
        &self,
        response: Response<Body>,
        mut file: File,
        offset: u64,
        total: Option<u64>,
        observe: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<(), Failure> {
        let path = self.target;
        let mut body = response.into_body().into_reader();
        let mut watch = space::Watch::new(self.folder());
        let mut chunk = vec![0; 1 << 16];
        let mut done = offset;
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        loop {
            let read = body.read(&mut chunk).map_err(|error| passing(format!("the transfer stopped after {done}{of} bytes: {error}")))?;
            if read == 0 {
                break;
            }
            file.write_all(&chunk[..read]).map_err(FetchError::io(path))?;
            watch.written(read as u64)?;
            done += read as u64;
            observe(FetchEvent::Received { file: self.file, bytes: done, of: total });
        }
        match total {
            Some(total) if done < total => Err(passing(format!("the server broke off after {done} of {total} bytes"))),
            _ => Ok(()),
        }
    }

    fn folder(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("."))
    }
}

fn agent(url: &str, http: &HttpOptions) -> Agent {
    Agent::config_builder()
        // Who asks for encryption is not redirected to an address without.
        .https_only(url.starts_with("https:"))
        .http_status_as_error(false)
        .timeout_connect(Some(http.patience))
        .timeout_recv_response(Some(http.patience))
        .timeout_per_read(Some(http.patience))
        .user_agent(concat!("tracesmith/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}
