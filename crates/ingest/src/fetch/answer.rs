//! What a server's answer means for a download.

use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode};

use super::partial::Version;

/// Longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

pub(super) enum Meaning {
    /// The whole file follows.
    Whole,
    /// The rest of the file follows.
    Rest,
    /// There is no rest.
    NoRest,
    /// It may be better later.
    Later,
    /// It will not be better.
    Never(&'static str),
}

pub(super) fn meaning(status: StatusCode) -> Meaning {
    match status.as_u16() {
        200 => Meaning::Whole,
        206 => Meaning::Rest,
        416 => Meaning::NoRest,
        408 | 425 | 429 | 500 | 502 | 503 | 504 => Meaning::Later,
        401 | 403 | 407 => Meaning::Never("it wants a login; download the file in a browser, or give another address with --url"),
        404 | 410 => Meaning::Never("the file is not there (any more): look on the data set's page, and give the address with --url"),
        _ => Meaning::Never("this is not the file: look on the data set's page, and give the address with --url"),
    }
}

pub(super) fn version(headers: &HeaderMap) -> Version {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Version { etag: text("etag"), last_modified: text("last-modified") }
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-length")?.to_str().ok()?.trim().parse().ok()
}

/// How long the server wants to be left alone, in the form of seconds; at most two minutes.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// First byte and size of the whole of `Content-Range: bytes 5-9/10` or `bytes */10` (RFC 9110, section 14.4).
pub(super) fn content_range(headers: &HeaderMap) -> Option<(Option<u64>, Option<u64>)> {
    let (range, total) = headers.get("content-range")?.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
    let first = match range.split_once('-') {
        Some((first, _)) => Some(first.trim().parse().ok()?),
        None => None,
    };
    Some((first, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(ureq::http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn ranges_are_read_and_nonsense_is_none() {
        let range = |value| content_range(&headers("content-range", value));
        assert_eq!(range("bytes 5-9/10"), Some((Some(5), Some(10))));
        assert_eq!(range("bytes 5-9/*"), Some((Some(5), None)));
        assert_eq!(range("bytes */10"), Some((None, Some(10))));
        assert_eq!([range("lines 1-2/3"), range("bytes x-9/10"), range("bytes")], [None; 3]);
    }

    #[test]
    fn no_server_makes_us_wait_for_ever() {
        assert_eq!(retry_after(&headers("retry-after", "7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("retry-after", "999999999")), Some(LONGEST_WAIT));
        assert_eq!(retry_after(&headers("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")), None);
    }
}
