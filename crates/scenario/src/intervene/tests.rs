use tracesmith_trace::{Corpus, SpanKind};

use crate::testing::{Call, corpus_of, corpus_without_starts};
use crate::{GroundTruth, Role, Scenario};

fn applied(corpus: &Corpus, effect: &str) -> (Corpus, GroundTruth) {
    let text = format!("target = \"db\"\n[[interventions]]\n{effect}");
    Scenario::parse("test", &text, &[]).unwrap().apply(corpus, 1).unwrap()
}

/// (operation, start, duration, status) of the spans of the first trace.
fn spans(corpus: &Corpus) -> Vec<(&str, f64, f64, u16)> {
    let trace = corpus.trace(0);
    (0..trace.span_count())
        .map(|i| (corpus.operations().name(trace.operations[i]), trace.starts_us[i], trace.durations_us[i], trace.statuses[i].number()))
        .collect()
}

/// (operation, cause, change in µs, status, removed spans) of all records.
fn records(truth: &GroundTruth) -> Vec<(&str, bool, f64, Option<u16>, usize)> {
    let record = |span: &'_ crate::SpanTruth| (span.role == Role::Cause, span.delta_us, span.status, span.removed_spans);
    truth
        .spans
        .iter()
        .map(|span| {
            let (cause, delta_us, status, removed) = record(span);
            (span.operation.as_str(), cause, delta_us, status, removed)
        })
        .collect()
}

/// A caller with a call to the database, which calls itself and a disk, and a later call.
fn nested() -> Vec<Call> {
    vec![
        Call::new("web/get", None, 0.0, 200.0),
        Call::new("db/query", Some(0), 10.0, 80.0),
        Call::new("db/scan", Some(1), 20.0, 40.0),
        Call::new("disk/read", Some(2), 30.0, 10.0),
        Call::new("web/render", Some(0), 100.0, 50.0),
    ]
}

#[test]
fn a_slower_service_takes_the_factor_once_even_if_it_calls_itself() {
    let (corpus, truth) = applied(&corpus_of(&[nested()]), "effect.slow = { factor = 3 }");
    let expected = [
        ("get", 0.0, 360.0, 200),
        ("query", 10.0, 240.0, 200),
        ("scan", 20.0, 120.0, 200),
        ("read", 30.0, 10.0, 200),
        ("render", 260.0, 50.0, 200),
    ];
    assert_eq!(spans(&corpus), expected);
    let expected =
        [("get", false, 160.0, None, 0), ("query", true, 80.0, None, 0), ("query", false, 80.0, None, 0), ("scan", true, 80.0, None, 0)];
    assert_eq!(records(&truth), expected);
    assert_eq!((truth.interventions[0].causes, truth.interventions[0].effects, truth.interventions[0].traces), (2, 2, 1));
}

#[test]
fn a_failed_call_ends_early_without_its_calls_and_lets_its_caller_fail() {
    let effect = "target = \"db/query\"\neffect.errors = { propagate = 1, cut = true, duration_factor = 0.25 }";
    let (corpus, truth) = applied(&corpus_of(&[nested()]), effect);
    assert_eq!(spans(&corpus), [("get", 0.0, 140.0, 500), ("query", 10.0, 20.0, 500), ("render", 40.0, 50.0, 200)]);
    assert_eq!(records(&truth), [("get", false, -60.0, Some(500), 0), ("query", true, -60.0, Some(500), 2)]);
    let spans: Vec<_> = truth.spans.iter().map(|span| (span.span, span.parent)).collect();
    assert_eq!(spans, [(Some(0), None), (Some(1), Some(0))]);
}

#[test]
fn without_a_cut_an_error_does_not_end_before_what_it_waits_for() {
    let (corpus, _) = applied(&corpus_of(&[nested()]), "target = \"db/query\"\neffect.errors = { duration_factor = 0 }");
    assert_eq!(spans(&corpus)[..2], [("get", 0.0, 170.0, 200), ("query", 10.0, 50.0, 500)]);
}

#[test]
fn a_status_that_is_not_of_http_becomes_error_and_a_caller_that_does_not_wait_stays_well() {
    let mut calls = nested();
    calls[1] = Call { status: 1, ..Call::new("db/query", Some(0), 10.0, 500.0) };
    let (corpus, truth) = applied(&corpus_of(&[calls]), "target = \"db/query\"\neffect.errors = { propagate = 1 }");
    assert_eq!(spans(&corpus)[..2], [("get", 0.0, 200.0, 200), ("query", 10.0, 500.0, 2)]);
    assert_eq!(truth.spans.len(), 1);
}

#[test]
fn nobody_answers_and_the_caller_waits_for_the_time_out() {
    let (corpus, truth) = applied(&corpus_of(&[nested()]), "effect.gone = { wait_us = { constant = 1000 } }");
    assert_eq!(spans(&corpus), [("get", 0.0, 1120.0, 500), ("query", 10.0, 1000.0, 504), ("render", 1020.0, 50.0, 200)]);
    assert_eq!(records(&truth), [("get", false, 920.0, Some(500), 0), ("query", true, 920.0, Some(504), 2)]);
}

#[test]
fn a_missing_call_leaves_no_span_and_its_caller_is_known() {
    let (corpus, truth) =
        applied(&corpus_of(&[nested()]), "effect.gone = { mode = \"missing\", wait_us = { constant = 5 }, propagate = 0 }");
    assert_eq!(spans(&corpus), [("get", 0.0, 125.0, 200), ("render", 25.0, 50.0, 200)]);
    assert_eq!(records(&truth), [("get", false, -75.0, None, 0), ("query", true, -75.0, None, 3)]);
    assert_eq!((truth.spans[1].span, truth.spans[1].parent), (None, Some(0)));
}

#[test]
fn the_client_span_of_a_call_shows_that_nobody_answers() {
    let client = Call { kind: SpanKind::Client, ..Call::new("web/call", Some(0), 10.0, 90.0) };
    let calls = vec![Call::new("web/get", None, 0.0, 200.0), client, Call::new("db/query", Some(1), 20.0, 60.0)];
    let (corpus, truth) = applied(&corpus_of(&[calls]), "effect.gone = { wait_us = { constant = 1000 }, propagate = 0 }");
    assert_eq!(spans(&corpus), [("get", 0.0, 1140.0, 200), ("call", 10.0, 1030.0, 504)]);
    assert_eq!(records(&truth), [("get", false, 940.0, None, 0), ("call", false, 940.0, Some(504), 0), ("query", true, 940.0, None, 1)]);
}

#[test]
fn a_root_of_a_service_that_is_gone_and_its_own_calls_are_left_alone() {
    let calls = vec![Call::new("db/get", None, 0.0, 200.0), Call::new("db/query", Some(0), 10.0, 80.0)];
    let corpus = corpus_of(&[calls]);
    let (same, truth) = applied(&corpus, "effect.gone = {}");
    assert_eq!((spans(&same), truth.spans.len()), (spans(&corpus), 0));
}

#[test]
fn calls_are_hit_in_the_window_and_as_often_as_the_probability_says() {
    let trace = |_| vec![Call::new("web/get", None, 0.0, 200.0), Call::new("db/query", Some(0), 10.0, 80.0)];
    let corpus = corpus_of(&(0..1_000).map(trace).collect::<Vec<_>>());
    let (after, truth) = applied(&corpus, "from_s = 200\nfor_s = 600\nprobability = 0.25\neffect.slow = { delay_us = { constant = 7 } }");
    let hit: Vec<usize> = (0..1_000).filter(|&i| after.trace(i).durations_us[1] == 87.0).collect();
    assert!(hit.iter().all(|&i| (200..800).contains(&i)), "the trace {i} begins {i} s after the first", i = hit[0]);
    assert!((110..190).contains(&hit.len()), "{}", hit.len());
    let named: Vec<usize> = truth.spans.iter().filter(|span| span.role == Role::Cause).map(|span| span.trace).collect();
    assert_eq!(named, hit);
}

#[test]
fn the_begin_of_a_call_decides_and_not_that_of_its_trace() {
    let calls =
        vec![Call::new("web/get", None, 0.0, 9e6), Call::new("db/query", Some(0), 1e6, 1e6), Call::new("db/query", Some(0), 4e6, 1e6)];
    let corpus = corpus_of(&[calls, nested()]);
    let text = "target = \"db\"\nduration_s = 9\nstart_unix_s = 0\nload.spikes = [{ at_s = 1, for_s = 8, factor = 0 }]
        [[interventions]]\nfrom_s = 3\nfor_s = 5\neffect.slow = { factor = 2 }";
    let (_, truth) = Scenario::parse("test", text, &[]).unwrap().apply(&corpus, 1).unwrap();
    assert_eq!(truth.interventions[0].causes, 1, "only the call that begins 4 to 5 s after the start: {:?}", truth.spans);
}

#[test]
fn without_starts_all_ancestors_that_are_no_shorter_wait() {
    let (corpus, _) =
        applied(&corpus_without_starts(&[nested()]), "target = \"db/scan\"\neffect.slow = { delay_us = { constant = 1000 } }");
    let durations: Vec<(&str, f64)> = spans(&corpus).into_iter().map(|(name, _, duration, _)| (name, duration)).collect();
    assert_eq!(durations, [("get", 1200.0), ("query", 1080.0), ("scan", 1040.0), ("read", 10.0), ("render", 50.0)]);
}

#[test]
fn interventions_act_one_after_the_other_on_what_is_left() {
    let first_gone =
        "target = \"db/query\"\neffect.errors = { cut = true }\n[[interventions]]\ntarget = \"disk\"\neffect.slow = { factor = 9 }";
    let (_, truth) = applied(&corpus_of(&[nested()]), first_gone);
    assert_eq!((truth.interventions[0].causes, truth.interventions[1].causes), (1, 0));
    let twice = "effect.slow = { factor = 2 }\n[[interventions]]\ntarget = \"db/scan\"\neffect.slow = { factor = 2 }";
    let (corpus, _) = applied(&corpus_of(&[nested()]), twice);
    assert_eq!(spans(&corpus)[2], ("scan", 20.0, 160.0, 200));
}
