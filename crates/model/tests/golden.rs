//! The accountant against numerical integration, Opacus and dp-accounting: `golden/accountant.py` computes what is compared here.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use tracesmith_model::accountant::{SampledGaussian, epsilon, noise_multiplier};

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/accountant.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn divergences_of_noisy_steps_agree_with_numerical_integration() {
    for case in golden()["divergences"].as_array().unwrap() {
        let case = numbers(case);
        let ours = SampledGaussian::new(case[1], case[0]).unwrap().divergence(case[2]);
        // Relative, as divergences of single steps are tiny.
        assert!((ours / case[3] - 1.0).abs() < 1e-7, "{case:?}: {ours}");
    }
}

#[test]
fn privacy_of_whole_trainings_agrees_with_opacus_and_google() {
    for case in golden()["trainings"].as_array().unwrap() {
        let [rate, noise, steps, delta, opacus, google] = numbers(case)[..] else { panic!("{case}") };
        let ours = epsilon(noise, rate, steps as u64, delta).unwrap();
        assert!((ours / opacus - 1.0).abs() < 1e-6, "{case}: {ours}");
        // dp-accounting is asked for integer orders only, and cannot do better than all of them.
        assert!(ours <= google + 1e-9 && ours >= 0.95 * google, "{case}: {ours}");
        let found = noise_multiplier(ours, rate, steps as u64, delta).unwrap();
        assert!((found / noise - 1.0).abs() < 1e-6, "{case}: {found}");
    }
}
