//! A small anomaly experiment from its file to its report.

use std::collections::BTreeMap;

use crate::sandbox::{Sandbox, names};

const EXPERIMENT: &str = r#"
seeds = [1, 2]
questions = ["anomaly"]
data = { traces = 240 }
utility = { sweep = [0, 50, 100], sizes = ["empirical"], classifier = { hidden = 8, train = { epochs = 2, batch = 16 } } }

[systems]
tt = { dataset = "trainticket-sim" }
plain = { dataset = "plain.csv" }

[generators.random-sampling]
kind = "random-sampling"

[generators.flat-vae]
kind = "flat-vae"
model = { latent = 4, hidden = 8 }
train = { epochs = 2, batch = 16 }

[generators.hvae]
kind = "hvae"
model = { conditional = true, latent = 4, hidden = 8 }
train = { epochs = 2, batch = 16 }

[generators.tree-hvae]
kind = "tree-hvae"
model = { structure_width = 16, timing_width = 16, encoder_width = 8, label_width = 8 }
train = { steps = 6 }
"#;

#[test]
fn detectors_are_trained_on_every_share_and_what_cannot_be_measured_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("anomaly.toml", EXPERIMENT);
    sandbox.succeed("datasets simulate trainticket-sim -n 60 --seed 5 --out plain.csv");
    let done = sandbox.succeed("run anomaly.toml --out report --threads 2");
    assert!(done.stdout.contains("tt · tree-hvae: anomaly weighted F1, synthetic only"), "{}", done.stdout);

    let metrics: BTreeMap<String, f64> = serde_json::from_slice(&sandbox.read("report/metrics.json")).unwrap();
    for generator in ["random-sampling", "flat-vae", "hvae", "tree-hvae"] {
        for share in [0, 50] {
            for end in ["weighted_precision", "weighted_recall", "weighted_f1", "pr_auc", "false_alarm_rate"] {
                let key = format!("anomaly.tt.{generator}.real{share}.{end}");
                assert!((0.0..=1.0).contains(&metrics[&format!("{key}.mean")]) && metrics[&format!("{key}.n")] == 2.0, "{key}");
            }
        }
        // As many synthetic abnormal traces as real training traces are abnormal.
        let traces = |of: &str| {
            let kinds = metrics
                .iter()
                .filter(|(key, _)| key.starts_with(&format!("anomaly.tt.{of}.faults.")) && key.ends_with(".synthetic_traces.mean"));
            kinds.map(|(_, mean)| mean).sum::<f64>()
        };
        assert!(traces(generator) > 0.0 && traces(generator) == traces("ceiling"), "{generator}");
    }
    assert!(metrics.contains_key("anomaly.tt.ceiling.weighted_f1.mean"));
    assert!(metrics.keys().all(|key| !key.contains("plain") && !key.contains("real100")), "{metrics:?}");

    let report = String::from_utf8(sandbox.read("report/report.md")).unwrap();
    for said in [
        "system plain: no trace is labelled normal or abnormal",
        "one that takes no labels is fitted twice",
        "Weighted F1 on held-out real traces, tt",
        "Effects of faults (M7)",
        "**cpu_load**",
    ] {
        assert!(report.contains(said), "{said:?} is not said\n{report}");
    }
    assert!(!report.contains("paper: hvae"), "the paper's figures were measured on other data");
    assert!(names(&sandbox.path("report/figures")).contains(&"anomaly-sweep-tt.svg".to_owned()));
    assert!(!report.contains("generator flat-vae:"), "every generator is measured");
    // Neither flat-vae, which has a fit a class, nor the system without labels is asked for traces of any class.
    assert!(names(&sandbox.path("report/synthetic")).iter().all(|name| name.starts_with("tt.") && !name.contains("flat-vae")));
    assert!(done.stderr.contains("fit flat-vae of normal traces · tt · seed 1"), "{}", done.stderr);
    assert!(!done.stderr.contains("fit flat-vae · "), "no fit on both classes is needed: {}", done.stderr);
}
