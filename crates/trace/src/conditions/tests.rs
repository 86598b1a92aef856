use super::*;
use crate::{CorpusBuilder, Fault, Label, Span, Trace, Vocabulary};

/// Traces of one root each, `web/get` and `web/put` in turn: one normal, two under a fault, one without a label.
fn corpus() -> Corpus {
    let mut builder = CorpusBuilder::new("test", Vocabulary::new(["web"]), Vocabulary::new(["get", "put"]), false);
    let fault = |kind: &str, service: &str| Label::Abnormal(Fault { service: service.into(), kind: kind.into() });
    let labels = [Label::Normal, fault("cpu_load", "web"), fault("cpu_load", "a,b"), Label::Unknown];
    for (number, label) in labels.into_iter().enumerate() {
        let spans = vec![Span { operation: number as u32 % 2, ..Span::default() }; 1];
        builder.push(Trace { id: number.to_string(), label, spans, ..Trace::default() }).unwrap();
    }
    builder.finish()
}

fn met(conditions: &str) -> Vec<usize> {
    conditions.parse::<Conditions>().unwrap().met_by(&corpus())
}

#[test]
fn traces_are_found_by_their_attributes() {
    let cases: [(&str, &[usize]); 12] = [
        ("label=normal", &[0]),
        ("label=abnormal", &[1, 2]),
        ("fault=cpu_load", &[1, 2]),
        ("fault=cpu_load,service=web", &[1]),
        ("service=a\\,b", &[2]),
        ("fault=network_delay", &[]),
        ("root=web/put", &[1, 3]),
        ("root=get", &[0, 2]),
        ("size=1", &[0, 1, 2, 3]),
        ("size=2", &[]),
        ("size=empirical", &[0, 1, 2, 3]),
        ("load=medium,label=abnormal,root=get", &[2]),
    ];
    for (conditions, expected) in cases {
        assert_eq!(met(conditions), expected, "{conditions}");
    }
    assert_eq!(Conditions::default().select(&corpus()), Ok(corpus()));
}

#[test]
fn conditions_are_printed_and_stored_as_they_are_read() {
    let text = "fault=cpu_load,root=a\\,b\\\\=c,size=7";
    let conditions: Conditions = text.parse().unwrap();
    assert_eq!(conditions.to_string(), text);
    assert_eq!(conditions.get("root"), Some("a,b\\=c"));
    let json = serde_json::to_string(&conditions).unwrap();
    assert_eq!(json, r#"{"fault":"cpu_load","root":"a,b\\=c","size":"7"}"#);
    assert_eq!(serde_json::from_str::<Conditions>(&json).unwrap(), conditions);
    assert_eq!(serde_json::from_str::<Conditions>(r#"{"size":7}"#).unwrap().size(), SizeMode::Fixed(7));
    assert_eq!("size=fixed:7".parse::<Conditions>().unwrap(), Conditions::default().with_size(SizeMode::Fixed(7)));
}

#[test]
fn what_is_wrong_is_named_with_what_would_be_right() {
    let cases = [
        ("fult=cpu_load", "no attribute `fult`; did you mean `fault`? Attributes are label, fault, service, root, size, load"),
        ("label=sick", "label=sick: it is normal or abnormal"),
        ("size=0", "size=0: unknown size"),
        ("load=huge", "load=huge: it is low, medium or high"),
        ("fault=", "fault=: the value is missing"),
        ("normal", "`normal` is no condition: write NAME=VALUE"),
        ("", "`` is no condition"),
        ("fault=a,fault=b", "`fault` is asked for twice, as `a` and as `b`"),
    ];
    for (text, expected) in cases {
        let error = text.parse::<Conditions>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = serde_json::from_str::<Conditions>(r#"{"lable":"normal"}"#).unwrap_err().to_string();
    assert!(error.contains("did you mean `label`?"), "{error}");
    assert!("fault=a,fault=a".parse::<Conditions>().is_ok());
}

#[test]
fn where_no_trace_is_found_the_nearest_values_are_named() {
    let said = |text: &str| text.parse::<Conditions>().unwrap().select(&corpus()).unwrap_err().to_string();
    assert_eq!(said("fault=cpu_laod"), "no trace has fault=cpu_laod; values of fault are, the nearest first: cpu_load");
    assert_eq!(said("label=normal,root=put"), "no trace has label=normal,root=put; some meet each of these, none all");
}

#[test]
fn a_fault_is_abnormal_and_what_is_open_is_taken_from_others() {
    let parse = |text: &str| text.parse::<Conditions>().unwrap();
    assert_eq!(parse("fault=cpu_load").class(), Some(Class::Abnormal));
    assert_eq!(parse("size=3").class(), None);
    assert_eq!(Conditions::default().with_class(Class::Normal).class(), Some(Class::Normal));
    assert_eq!(parse("size=3,root=a").or(&parse("size=4,label=normal")), parse("size=3,root=a,label=normal"));
    assert_eq!(parse("size=3").and(&parse("root=a")), Ok(parse("size=3,root=a")));
    assert!(parse("size=3").and(&parse("size=4")).is_err());
}

#[test]
fn programs_bring_their_own_attributes_once() {
    static LETTERS: TraceAttribute =
        TraceAttribute::new("letters", "letters of the id", Value::Spans(|_, trace| vec![trace.id.len().to_string()]));
    register(&LETTERS).unwrap();
    assert_eq!(register(&LETTERS), Err(ConditionError::Registered("letters")));
    static SPACED: TraceAttribute = TraceAttribute::new("two words", "", Value::Corpus(|_| Vec::new()));
    assert_eq!(register(&SPACED), Err(ConditionError::Name("two words")));
    assert_eq!(met("letters=1"), [0, 1, 2, 3]);
    assert!(attributes().iter().any(|attribute| attribute.name == "letters"));
    assert_eq!(LETTERS.vocabulary(&corpus()).names(), ["1"]);
}
