//! Every trace at its time.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    select,
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracesmith_trace::SpanRecord;

use super::{
    batch::Batch,
    delivery::Delivery,
    relocate,
    settings::{SourceError, StreamSettings},
};
use crate::{Amount, Origin};

/// How far a stream may be behind its plan and still catch up. Timers are coarser than the gaps of a fast stream.
const CATCHING_UP: Duration = Duration::from_secs(1);

/// Longest time that a stream has no end for.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Lets traces wait for their times, collects them in batches and hands these to [`Delivery`].
pub(super) struct Pacer {
    arrivals: Box<dyn Iterator<Item = Duration> + Send>,
    plan: Plan,
    end: Instant,
    ids: Option<relocate::TraceIds>,
    origin: Origin,
    linger: Duration,
    batch: Batch,
    /// When the open batch must go, full or not.
    batch_leaves: Instant,
    under_way: Arc<Semaphore>,
    tasks: JoinSet<()>,
    delivery: Arc<Delivery>,
    halt: CancellationToken,
}

/// A trace and its time.
struct Waiting {
    due: Instant,
    begin_ns: i64,
    trace: Vec<SpanRecord>,
}

impl Pacer {
    pub fn new(settings: &StreamSettings, now: SystemTime, halt: CancellationToken, delivery: Arc<Delivery>) -> Self {
        let began = Instant::now();
        let began_ns = unix_ns(now);
        let seed = settings.origin.seed;
        Self {
            arrivals: settings.arrivals.clone().times(seed),
            plan: Plan { began, began_ns, late: Duration::ZERO },
            end: began + settings.duration.unwrap_or(FAR).min(FAR),
            ids: settings.new_ids.then(|| relocate::TraceIds::new(seed, began_ns)),
            origin: settings.origin.clone(),
            linger: settings.linger,
            batch: Batch::new(settings.spans_a_request.max(1)),
            batch_leaves: began,
            under_way: Arc::new(Semaphore::new(settings.concurrency.max(1))),
            tasks: JoinSet::new(),
            delivery,
            halt,
        }
    }

    /// Sends the traces of `source` and waits for the last answer. Returns how far the stream was behind its plan at the end.
    pub async fn run(mut self, mut source: mpsc::Receiver<Result<Vec<SpanRecord>, SourceError>>) -> Duration {
        let mut waiting: Option<Waiting> = None;
        loop {
            let due = waiting.as_ref().map_or(self.end, |waiting| waiting.due);
            select! {
                biased;
                () = self.halt.cancelled() => break,
                () = sleep_until(self.end) => break,
                () = sleep_until(self.batch_leaves), if !self.batch.is_empty() => self.send_batch().await,
                () = sleep_until(due), if waiting.is_some() => {
                    if let Some(waiting) = waiting.take() {
                        self.release(waiting).await;
                    }
                }
                trace = source.recv(), if waiting.is_none() => match trace {
                    Some(Ok(trace)) => waiting = Some(self.schedule(trace)),
                    Some(Err(error)) => {
                        self.delivery.fail(format!("the source of traces failed: {error}"));
                        break;
                    }
                    None => break,
                },
            }
        }
        self.send_batch().await;
        while self.tasks.join_next().await.is_some() {}
        self.plan.late
    }

    fn schedule(&mut self, trace: Vec<SpanRecord>) -> Waiting {
        // Arrivals have no end.
        let offset = self.arrivals.next().unwrap_or(FAR);
        let (due, begin_ns) = self.plan.place(offset.min(FAR), Instant::now());
        Waiting { due, begin_ns, trace }
    }

    /// Puts a trace whose time has come into the batch.
    async fn release(&mut self, waiting: Waiting) {
        let Waiting { begin_ns, mut trace, .. } = waiting;
        self.delivery.due(Amount { traces: 1, spans: trace.len() as u64 });
        relocate::move_to(&mut trace, begin_ns);
        if let Some(ids) = &mut self.ids {
            ids.renew(&mut trace);
        }
        if !self.batch.has_room_for(trace.len()) {
            self.send_batch().await;
        }
        if self.batch.is_empty() {
            self.batch_leaves = Instant::now() + self.linger;
        }
        self.batch.add(trace);
        if self.batch.is_full() {
            self.send_batch().await;
        }
    }

    /// Sends the batch as soon as fewer requests than allowed are under way.
    async fn send_batch(&mut self) {
        let empty = Batch::new(self.batch.limit());
        let batch = std::mem::replace(&mut self.batch, empty);
        if batch.is_empty() {
            return;
        }
        let permit = self.halt.run_until_cancelled(self.under_way.clone().acquire_owned()).await;
        let permit = match permit {
            Some(Ok(permit)) if !self.halt.is_cancelled() => permit,
            // The semaphore is never closed: the stream has ended.
            _ => return self.delivery.unsent(batch.amount()),
        };
        while self.tasks.try_join_next().is_some() {}
        let (delivery, origin) = (self.delivery.clone(), self.origin.clone());
        self.tasks.spawn(async move {
            let parts = batch.parts(&origin).collect();
            delivery.deliver(batch.amount().traces, parts).await;
            drop(permit);
        });
    }
}

/// Where the times of arrivals lie on the clocks.
struct Plan {
    began: Instant,
    began_ns: i64,
    /// By how much everything from now on is later than planned.
    late: Duration,
}

impl Plan {
    /// The moment of an arrival `offset` after the beginning, and the Unix time of it in ns. An arrival that is over for longer than
    /// [`CATCHING_UP`] is moved to `now`, and all after it by the same time.
    fn place(&mut self, offset: Duration, now: Instant) -> (Instant, i64) {
        let due = self.began + offset + self.late;
        let behind = now.saturating_duration_since(due);
        if behind > CATCHING_UP {
            self.late += behind;
        }
        let after = offset + self.late;
        let after_ns = i64::try_from(after.as_nanos()).unwrap_or(i64::MAX);
        (self.began + after, self.began_ns.saturating_add(after_ns))
    }
}

/// A clock before 1970 is at 1970, one beyond 2262 at 2262.
fn unix_ns(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_delay_is_caught_up_with_and_a_long_one_is_not() {
        let began = Instant::now();
        let mut plan = Plan { began, began_ns: 1000, late: Duration::ZERO };
        let seconds = Duration::from_secs;
        assert_eq!(plan.place(seconds(5), began), (began + seconds(5), 5_000_001_000));
        assert_eq!(plan.place(seconds(6), began + seconds(7)), (began + seconds(6), 6_000_001_000));
        assert_eq!(plan.place(seconds(7), began + seconds(10)), (began + seconds(10), 10_000_001_000));
        assert_eq!(plan.place(seconds(8), began + seconds(10)), (began + seconds(11), 11_000_001_000));
        assert_eq!(plan.late, seconds(3));
    }
}
