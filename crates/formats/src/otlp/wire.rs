//! Reading encoded spans one at a time.
//!
//! In protobuf an empty span or attribute is two bytes, and some hundred in memory: a message that is small on the wire (and smaller in a
//! compressed file) could fill it. Hence no message is decoded as a whole: a span is, without the attributes that have no meaning here (but one).

use prost::{
    DecodeError, Message,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use tracesmith_trace::SpanRecord;

use super::{
    meaning::span_record,
    message::{BadSpan, KeyValue, SERVICE_NAME, Span, is_wanted},
};
use crate::{FormatError, ReadWarnings};

/// Field numbers, by message.
const REQUEST_RESOURCE_SPANS: u32 = 1;
const RESOURCE_SPANS_RESOURCE: u32 = 1;
const RESOURCE_SPANS_SCOPE_SPANS: u32 = 2;
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_SPANS_SPANS: u32 = 2;
const SPAN_ATTRIBUTES: u32 = 9;

/// Why reading encoded spans ended.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The bytes are no such message.
    Decode(DecodeError),
    /// A message within another one is longer than that.
    Length,
    /// A span has an impossible value.
    Span(BadSpan),
    /// The caller wants no more.
    Refused(FormatError),
}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// The encoded [`super::message::ResourceSpans`] of an encoded request.
pub(crate) fn resource_spans(request: &[u8]) -> impl Iterator<Item = Result<&[u8], WireError>> {
    Messages { rest: request, field: REQUEST_RESOURCE_SPANS }
}

/// Calls `visit` with every span of an encoded [`super::message::ResourceSpans`].
pub(crate) fn visit_records(
    resource_spans: &[u8],
    warnings: &mut ReadWarnings,
    visit: &mut dyn FnMut(SpanRecord) -> Result<(), FormatError>,
) -> Result<(), WireError> {
    let service = service_name(resource_spans)?;
    for scope_spans in (Messages { rest: resource_spans, field: RESOURCE_SPANS_SCOPE_SPANS }) {
        for span in (Messages { rest: scope_spans?, field: SCOPE_SPANS_SPANS }) {
            let record = span_record(decode_span(span?)?, service.clone(), warnings).map_err(WireError::Span)?;
            visit(record).map_err(WireError::Refused)?;
        }
    }
    Ok(())
}

fn service_name(resource_spans: &[u8]) -> Result<Option<String>, WireError> {
    let mut name = None;
    for resource in (Messages { rest: resource_spans, field: RESOURCE_SPANS_RESOURCE }) {
        for attribute in (Messages { rest: resource?, field: RESOURCE_ATTRIBUTES }) {
            let attribute = KeyValue::decode(attribute?)?;
            if name.is_none() && attribute.key == SERVICE_NAME {
                name = attribute.value.and_then(|value| value.string_value);
            }
        }
    }
    Ok(name)
}

fn decode_span(mut encoded: &[u8]) -> Result<Span, WireError> {
    let mut span = Span::default();
    while !encoded.is_empty() {
        let (field, wire_type) = decode_key(&mut encoded)?;
        if field == SPAN_ATTRIBUTES && wire_type == WireType::LengthDelimited {
            let attribute = KeyValue::decode(take_message(&mut encoded)?)?;
            if is_wanted(&span.attributes, &attribute) {
                span.attributes.push(attribute);
            }
        } else {
            span.merge_field(field, wire_type, &mut encoded, DecodeContext::default())?;
        }
    }
    Ok(span)
}

/// The messages in one field of an encoded message; everything else is skipped.
struct Messages<'a> {
    rest: &'a [u8],
    field: u32,
}

impl<'a> Messages<'a> {
    fn next_message(&mut self) -> Result<Option<&'a [u8]>, WireError> {
        while !self.rest.is_empty() {
            let (field, wire_type) = decode_key(&mut self.rest)?;
            if field == self.field && wire_type == WireType::LengthDelimited {
                return take_message(&mut self.rest).map(Some);
            }
            skip_field(wire_type, field, &mut self.rest, DecodeContext::default())?;
        }
        Ok(None)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8], WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_message().transpose()
    }
}

fn take_message<'a>(encoded: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let length = decode_varint(encoded)?;
    let parts = usize::try_from(length).ok().and_then(|length| encoded.split_at_checked(length));
    let (message, rest) = parts.ok_or(WireError::Length)?;
    *encoded = rest;
    Ok(message)
}
