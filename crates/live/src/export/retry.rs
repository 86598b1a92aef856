//! How long to wait before another attempt.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use thiserror::Error;

/// Attempts that a request gets unless set otherwise.
pub const MAX_ATTEMPTS: u32 = 6;

/// Exponential backoff with jitter, and what ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// Attempts that a request gets, the first one included.
    pub attempts: u32,
    /// Wait before the second attempt; it doubles with each further one.
    pub first_wait: Duration,
    /// Longest wait of our own.
    pub longest_wait: Duration,
    /// Longest wait that a collector may ask for; more of it ends the attempts.
    pub longest_asked: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: MAX_ATTEMPTS,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            longest_asked: Duration::from_secs(60),
        }
    }
}

/// Why there is no further attempt.
#[derive(Debug, Clone, PartialEq, Error)]
pub(super) enum Enough {
    #[error("after {0} attempts")]
    Attempts(u32),
    #[error("it asks for a wait of {} s, longer than {} s", asked.as_secs(), longest.as_secs())]
    Asked { asked: Duration, longest: Duration },
}

/// The waits between the attempts of one request.
pub(super) struct Waits {
    retry: Retry,
    backoff: ExponentialBackoff,
}

impl Retry {
    /// The waits of a request: half to all of the exponential backoff, by `seed`, so that clients that failed together do not come back
    /// together.
    pub(super) fn waits(&self, seed: u64) -> Waits {
        // Jitter adds up to as much again.
        let backoff = ExponentialBuilder::new()
            .with_min_delay(self.first_wait / 2)
            .with_max_delay(self.longest_wait / 2)
            .with_max_times(self.attempts.saturating_sub(1) as usize)
            .with_jitter()
            .with_jitter_seed(seed);
        Waits { retry: *self, backoff: backoff.build() }
    }
}

impl Waits {
    /// The wait before the next attempt: at least what the collector `asked` for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Result<Duration, Enough> {
        let backoff = self.backoff.next().ok_or(Enough::Attempts(self.retry.attempts))?;
        if let Some(asked) = asked.filter(|&asked| asked > self.retry.longest_asked) {
            return Err(Enough::Asked { asked, longest: self.retry.longest_asked });
        }
        Ok(backoff.max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_takes_up_to_half() {
        let retry = Retry { attempts: 100, ..Retry::default() };
        for seed in 0..50 {
            let mut waits = retry.waits(seed);
            for whole in [500, 1000, 2000, 4000, 8000, 10_000, 10_000] {
                let wait = waits.next(None).unwrap().as_millis();
                assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole} ms");
            }
        }
        assert_ne!(retry.waits(1).next(None), retry.waits(2).next(None));
    }

    #[test]
    fn what_the_collector_asks_for_is_kept_unless_it_is_too_long() {
        let wait = |seconds| Retry::default().waits(0).next(Some(Duration::from_secs(seconds)));
        assert_eq!(wait(60), Ok(Duration::from_secs(60)));
        assert_eq!(wait(0), Retry::default().waits(0).next(None));
        assert_eq!(wait(3600).unwrap_err().to_string(), "it asks for a wait of 3600 s, longer than 60 s");
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let mut waits = Retry::default().waits(0);
        (1..MAX_ATTEMPTS).for_each(|_| assert!(waits.next(None).is_ok()));
        assert_eq!(waits.next(None), Err(Enough::Attempts(MAX_ATTEMPTS)));
    }
}
