//! The spans of a request on their way into the store.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    decode::{Decoded, NoRequest, Rejected},
    store::Store,
};
use crate::messages::{ExportTracePartialSuccess, ExportTraceServiceResponse};

/// Takes what requests bring.
pub(super) struct Intake {
    store: Arc<Store>,
}

impl Intake {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Takes the spans of a request and says what was not taken.
    pub fn take(
        &self,
        request: Bytes,
        decode: impl FnOnce(Bytes) -> Result<Decoded, NoRequest>,
    ) -> Result<Option<ExportTracePartialSuccess>, NoRequest> {
        let Rejected { spans, reason } = self.store.add(request.len(), || decode(request))?;
        let partial = || ExportTracePartialSuccess { rejected_spans: i64::try_from(spans).unwrap_or(i64::MAX), error_message: reason };
        Ok((spans > 0).then(partial))
    }

    /// Counts a request of which nothing could be used.
    pub fn refuse(&self) {
        self.store.refuse();
    }
}

/// The answer to a request of which something was taken.
pub(super) fn response(partial_success: Option<ExportTracePartialSuccess>) -> ExportTraceServiceResponse {
    ExportTraceServiceResponse { partial_success }
}
