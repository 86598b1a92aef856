//! The columns that are read: names of today and before, and what they may hold.

use tracesmith_trace::span_table;

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    TraceId,
    SpanId,
    ParentId,
    Service,
    Operation,
    Kind,
    StatusCode,
    HttpStatus,
    /// Code and HTTP status in one number, in files of the first version.
    Status,
    Start,
    Duration,
    Label,
    FaultKind,
    FaultService,
    Attributes,
}

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    Time,
    Number,
    TextOrNumber,
}

impl Field {
    pub const ALL: [Self; 15] = [
        Self::TraceId,
        Self::SpanId,
        Self::ParentId,
        Self::Service,
        Self::Operation,
        Self::Kind,
        Self::StatusCode,
        Self::HttpStatus,
        Self::Status,
        Self::Start,
        Self::Duration,
        Self::Label,
        Self::FaultKind,
        Self::FaultService,
        Self::Attributes,
    ];

    /// Names of the column, that of today first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::TraceId => &[span_table::TRACE_ID],
            Self::SpanId => &[span_table::SPAN_ID],
            Self::ParentId => &[span_table::PARENT_ID],
            Self::Service => &[span_table::SERVICE],
            Self::Operation => &[span_table::OPERATION],
            Self::Kind => &[span_table::SPAN_KIND, "kind"],
            Self::StatusCode => &[span_table::STATUS_CODE],
            Self::HttpStatus => &[span_table::HTTP_STATUS],
            Self::Status => &["status"],
            Self::Start => &[span_table::START, "start_ns"],
            Self::Duration => &[span_table::DURATION_US],
            Self::Label => &[span_table::LABEL],
            Self::FaultKind => &[span_table::FAULT_KIND],
            Self::FaultService => &[span_table::FAULT_SERVICE],
            Self::Attributes => &[span_table::ATTRIBUTES],
        }
    }

    /// Name of the column of today.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    pub fn content(self) -> Content {
        match self {
            Self::Start => Content::Time,
            Self::Duration | Self::HttpStatus | Self::Status => Content::Number,
            Self::StatusCode => Content::TextOrNumber,
            _ => Content::Text,
        }
    }

    /// Whether a file without the column can be read.
    pub fn may_be_missing(self) -> bool {
        !matches!(self, Self::TraceId | Self::SpanId | Self::ParentId | Self::Service | Self::Operation | Self::Duration)
    }

    /// Whether a column of another type is one of another program, which means something else by the name.
    pub fn may_mean_something_else(self) -> bool {
        matches!(self, Self::Label | Self::FaultKind | Self::FaultService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_at_their_places() {
        assert!(Field::ALL.into_iter().enumerate().all(|(place, field)| field as usize == place));
    }
}
