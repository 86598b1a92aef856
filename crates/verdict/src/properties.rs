//! What holds for every verdict: the figures of identical windows, of windows in another order, and of windows that hardly are any.

use crate::canary::{CanaryConfig, Verdict, canary};
use crate::drift::{DriftConfig, drift};
use crate::fixture::{nested_corpus, odd_sets, reversed, shuffled};

#[test]
fn identical_windows_have_not_drifted_and_are_promoted() {
    let real = nested_corpus(1, 60);
    for same in [real.clone(), reversed(&real), shuffled(&real, 4)] {
        for (key, value) in drift(&real, &same, &DriftConfig::default(), 0).unwrap().figures() {
            assert_eq!(value, 0.0, "{key}");
        }
        let config = CanaryConfig { min_observations: 3, ..CanaryConfig::default() };
        assert_eq!(canary(&real, &same, &config, 0).unwrap().verdict, Verdict::Promote);
    }
}

#[test]
fn no_figure_depends_on_the_order_of_the_traces_of_any_side() {
    let (first, second) = (nested_corpus(1, 50), nested_corpus(2, 45));
    let config = DriftConfig { min_observations: 5, ..DriftConfig::default() };
    let expected = drift(&first, &second, &config, 7).unwrap();
    let (other_first, other_second) = (shuffled(&first, 9), shuffled(&second, 9));
    for (first, second) in [(&other_first, &second), (&first, &other_second), (&other_first, &other_second)] {
        assert_eq!(drift(first, second, &config, 7).unwrap(), expected);
    }
}

#[test]
fn odd_windows_have_finite_figures() {
    let finite = |what: String, figures: Vec<(String, f64)>| {
        for (key, value) in figures {
            assert!(value.is_finite(), "{what}: {key} is {value}");
        }
    };
    let config = DriftConfig { min_observations: 1, ..DriftConfig::default() };
    for (first, before) in odd_sets() {
        for (second, after) in odd_sets() {
            let pair = format!("{first} and {second}");
            finite(pair.clone(), drift(&before, &after, &config, 0).unwrap().figures());
            finite(pair, canary(&before, &after, &CanaryConfig::default(), 0).unwrap().figures());
        }
    }
}
