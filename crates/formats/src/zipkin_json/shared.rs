//! Spans that a client and a server share.
//!
//! With B3 propagation a server may report its part of a call under the id of the client's span and mark it `shared`. A tree needs two spans:
//! the server's half gets an id of its own below the client's, and what the server's service did below the old id follows it. Without the
//! client's half there is nothing to tell apart, and the server's keeps its id.

use std::collections::HashMap;

use tracesmith_trace::SpanRecord;

use crate::wire_id;

/// A span as Zipkin has it: perhaps the server's half of one.
pub(super) struct Half {
    pub record: SpanRecord,
    pub shared: bool,
}

/// The spans of a trace, or of a part of one, with an id for each half.
pub(super) fn separate(mut spans: Vec<Half>) -> Vec<SpanRecord> {
    if spans.iter().all(|span| !span.shared) {
        return spans.into_iter().map(|span| span.record).collect();
    }
    let service_of = |span: &Half| (span.record.span_id.clone(), span.record.service.clone());
    let clients: HashMap<String, String> = spans.iter().filter(|span| !span.shared).map(service_of).collect();
    // Shared id → service and new id of the server's half.
    let mut servers: HashMap<String, (String, String)> = HashMap::new();
    for Half { record, shared } in &mut spans {
        if *shared && clients.contains_key(&record.span_id) {
            let own = wire_id::span_digits(&format!("server of {}", record.span_id));
            servers.insert(record.span_id.clone(), (record.service.clone(), own.clone()));
            record.parent_id = Some(std::mem::replace(&mut record.span_id, own));
        }
    }
    for Half { record, shared } in &mut spans {
        let Some((id, (service, own))) = record.parent_id.as_ref().and_then(|parent| servers.get_key_value(parent)) else { continue };
        // Where both halves are of one service, nothing says whose child it is; it stays below the client's.
        let is_servers = *service == record.service && clients.get(id) != Some(service);
        if is_servers && !*shared {
            record.parent_id = Some(own.clone());
        }
    }
    spans.into_iter().map(|span| span.record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::records;

    fn half(id: &str, parent: Option<&str>, service: &str, shared: bool) -> Half {
        let record = SpanRecord { span_id: id.into(), parent_id: parent.map(Into::into), service: service.into(), ..records(1).remove(0) };
        Half { record, shared }
    }

    #[test]
    fn the_half_of_the_server_goes_below_that_of_the_client_and_takes_its_children_along() {
        let spans = separate(vec![
            half("leaf", Some("call"), "shop", false),
            half("root", None, "web", false),
            half("call", Some("root"), "web", false),
            half("call", Some("root"), "shop", true),
            half("retry", Some("call"), "web", false),
        ]);
        let server = spans[3].span_id.clone();
        assert_ne!(server, "call");
        let parents: Vec<_> = spans.iter().map(|span| span.parent_id.as_deref()).collect();
        assert_eq!(parents, [Some(server.as_str()), None, Some("root"), Some("call"), Some("call")]);
    }

    #[test]
    fn a_shared_child_of_a_shared_span_follows_the_server() {
        let spans = separate(vec![
            half("a", None, "web", false),
            half("a", None, "shop", true),
            half("b", Some("a"), "shop", false),
            half("b", Some("a"), "bank", true),
        ]);
        assert_eq!(spans[1].parent_id.as_deref(), Some("a"));
        assert_eq!(spans[2].parent_id.as_ref(), Some(&spans[1].span_id));
        assert_eq!(spans[3].parent_id.as_deref(), Some("b"));
    }

    #[test]
    fn without_the_half_of_the_client_nothing_changes() {
        let spans = separate(vec![half("a", Some("gateway"), "shop", true), half("b", Some("a"), "shop", false)]);
        assert_eq!((spans[0].span_id.as_str(), spans[0].parent_id.as_deref()), ("a", Some("gateway")));
        assert_eq!(spans[1].parent_id.as_deref(), Some("a"));
    }
}
