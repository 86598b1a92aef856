//! Statuses of spans that are no HTTP status.
//!
//! A status is a number: 0 where nothing is known, an HTTP status code, or one of the two constants here. They are the numbers of OTLP's
//! `Status.StatusCode`, which are smaller than every HTTP status code.

/// The source says that the span succeeded, and gives no HTTP status.
pub const STATUS_OK: u16 = 1;

/// The source says that the span failed, and gives no HTTP status.
pub const STATUS_ERROR: u16 = 2;

/// Whether a span of this status failed: an HTTP status of the server's errors, or the error of a source without HTTP statuses.
pub fn is_error(status: u16) -> bool {
    status >= 500 || status == STATUS_ERROR
}
