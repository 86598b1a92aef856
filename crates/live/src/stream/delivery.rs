//! Batches on their way to the collector, and what became of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::batch::Part;
use crate::{
    Amount, Tally,
    export::{Exporter, Outcome},
};

/// Delivers batches and counts. It ends the stream at the first batch that is not taken.
pub(super) struct Delivery {
    exporter: Exporter,
    halt: CancellationToken,
    tally: Mutex<Tally>,
}

impl Delivery {
    pub fn new(exporter: Exporter, halt: CancellationToken) -> Self {
        Self { exporter, halt, tally: Mutex::default() }
    }

    pub fn tally(&self) -> Tally {
        self.count().clone()
    }

    fn count(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts traces whose time has come.
    pub fn due(&self, amount: Amount) {
        self.count().due.add(amount);
    }

    /// Counts traces that are not sent any more.
    pub fn unsent(&self, amount: Amount) {
        self.count().unsent.add(amount);
    }

    /// Ends the stream.
    pub fn fail(&self, reason: String) {
        // The first reason is the one; others follow from it.
        self.count().failure.get_or_insert(reason);
        self.halt.cancel();
    }

    /// Sends the requests of a batch of `traces` one after the other, up to the first that is not taken.
    pub async fn deliver(&self, traces: u64, parts: Vec<Part>) {
        let mut batch = Counted::default();
        for part in parts {
            // The first request goes out in any case: the stream went on when the batch was let through.
            if batch.has_failed() || (batch.sent > 0 && self.halt.is_cancelled()) {
                batch.unsent += part.spans;
                continue;
            }
            let (outcome, retries) = self.exporter.deliver(&part.request, &self.halt).await;
            {
                let mut tally = self.count();
                tally.requests += 1;
                tally.retries += u64::from(retries);
            }
            batch.sent += part.spans;
            self.take(&mut batch, part.spans, outcome);
        }
        batch.book(traces, &mut self.count());
    }

    fn take(&self, batch: &mut Counted, spans: u64, outcome: Outcome) {
        match outcome {
            Outcome::Taken { rejected, message } => {
                // A collector may say that it rejected more than it got.
                let rejected = rejected.min(spans);
                batch.accepted += spans - rejected;
                batch.rejected += rejected;
                if let Some(message) = message {
                    self.count().message.get_or_insert(message);
                }
            }
            Outcome::Refused { reason } => {
                batch.rejected += spans;
                self.fail(reason);
            }
            Outcome::GivenUp { reason } => {
                batch.given_up += spans;
                self.fail_unless_halted(reason);
            }
        }
    }

    /// A request that had no further attempt because the stream was stopped is no failure.
    fn fail_unless_halted(&self, reason: String) {
        if !self.halt.is_cancelled() {
            self.fail(reason);
        }
    }
}

/// Spans of a batch.
#[derive(Default)]
struct Counted {
    sent: u64,
    accepted: u64,
    rejected: u64,
    given_up: u64,
    unsent: u64,
}

impl Counted {
    fn has_failed(&self) -> bool {
        self.given_up > 0 || self.unsent > 0
    }

    /// Books the spans, and the traces where the worst of them went.
    fn book(&self, traces: u64, tally: &mut Tally) {
        let worst = [self.given_up, self.rejected, self.unsent].iter().position(|&spans| spans > 0);
        let traces_if = |is: bool| if is { traces } else { 0 };
        tally.sent.add(Amount { traces: traces_if(self.sent > 0), spans: self.sent });
        tally.given_up.add(Amount { traces: traces_if(worst == Some(0)), spans: self.given_up });
        tally.rejected.add(Amount { traces: traces_if(worst == Some(1)), spans: self.rejected });
        tally.unsent.add(Amount { traces: traces_if(worst == Some(2)), spans: self.unsent });
        tally.accepted.add(Amount { traces: traces_if(worst.is_none()), spans: self.accepted });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_a_batch_are_in_one_count_only() {
        let book = |sent, accepted, rejected, given_up, unsent| {
            let mut tally = Tally::default();
            Counted { sent, accepted, rejected, given_up, unsent }.book(2, &mut tally);
            [tally.accepted, tally.rejected, tally.given_up, tally.unsent].map(|amount| (amount.traces, amount.spans))
        };
        assert_eq!(book(9, 9, 0, 0, 0), [(2, 9), (0, 0), (0, 0), (0, 0)]);
        assert_eq!(book(9, 8, 1, 0, 0), [(0, 8), (2, 1), (0, 0), (0, 0)]);
        assert_eq!(book(9, 3, 1, 5, 7), [(0, 3), (0, 1), (2, 5), (0, 7)]);
        assert_eq!(book(3, 3, 0, 0, 4), [(0, 3), (0, 0), (0, 0), (2, 4)]);
    }
}
