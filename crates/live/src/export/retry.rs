//! How long to wait before another attempt.

use std::time::Duration;

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

impl Retry {
    /// The wait after attempt number `attempt`, counted from 1: half to all of the exponential backoff, by `jitter` in [0, 1), so that clients
    /// that failed together do not come back together; at least what the collector `asked` for.
    pub(super) fn wait(&self, attempt: u32, asked: Option<Duration>, jitter: f64) -> Result<Duration, Enough> {
        if attempt >= self.attempts {
            return Err(Enough::Attempts(attempt));
        }
        if let Some(asked) = asked.filter(|&asked| asked > self.longest_asked) {
            return Err(Enough::Asked { asked, longest: self.longest_asked });
        }
        let doubled = self.first_wait.saturating_mul(1 << (attempt - 1).min(20));
        let backoff = doubled.min(self.longest_wait).mul_f64(0.5 + jitter / 2.0);
        Ok(backoff.max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_takes_up_to_half() {
        let retry = Retry { attempts: 100, ..Retry::default() };
        let waits = |jitter| [1, 2, 3, 6, 99].map(|attempt| retry.wait(attempt, None, jitter).unwrap().as_millis());
        assert_eq!(waits(1.0), [500, 1000, 2000, 10_000, 10_000]);
        assert_eq!(waits(0.0), [250, 500, 1000, 5000, 5000]);
    }

    #[test]
    fn what_the_collector_asks_for_is_kept_unless_it_is_too_long() {
        let wait = |seconds| Retry::default().wait(1, Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!(wait(60), Ok(Duration::from_secs(60)));
        assert_eq!(wait(0), Ok(Duration::from_millis(375)));
        assert_eq!(wait(3600).unwrap_err().to_string(), "it asks for a wait of 3600 s, longer than 60 s");
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let retry = Retry::default();
        assert!(retry.wait(MAX_ATTEMPTS - 1, None, 0.0).is_ok());
        assert_eq!(retry.wait(MAX_ATTEMPTS, None, 0.0), Err(Enough::Attempts(MAX_ATTEMPTS)));
    }
}
