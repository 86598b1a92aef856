//! Ending early, in good order.

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Ends a stream or a receiver before its time. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    token: CancellationToken,
    on_interrupt: bool,
}

impl Stop {
    /// Stops when [`Stop::now`] is called.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops at Ctrl-C, too. A second Ctrl-C ends the process at once.
    pub fn on_interrupt() -> Self {
        Self { on_interrupt: true, ..Self::default() }
    }

    /// Stops.
    pub fn now(&self) {
        self.token.cancel();
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Waits for signals in the background for as long as the guard lives, which must be created within a runtime.
    pub(crate) fn listen(&self) -> Listening {
        let token = self.token.clone();
        Listening(self.on_interrupt.then(|| tokio::spawn(interrupts(token))))
    }
}

async fn interrupts(token: CancellationToken) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    token.cancel();
    if tokio::signal::ctrl_c().await.is_ok() {
        // The exit code of a process that SIGINT ends.
        std::process::exit(130);
    }
}

/// Stops waiting for signals when dropped.
pub(crate) struct Listening(Option<JoinHandle<()>>);

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
