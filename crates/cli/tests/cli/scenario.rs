//! Traces of scenarios, with their ground truth.

use crate::sandbox::Sandbox;

/// A folder with a model of fault-free traces.
pub fn fitted(generator: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 200 --seed 1 --no-faults --format nezha-csv --out train.csv");
    sandbox.succeed(&format!("fit --input train.csv --generator {generator} --out model --quiet"));
    sandbox
}

#[test]
fn a_preset_gives_traces_with_a_truth_that_other_verbs_read() {
    let sandbox = fitted("markov-tree");
    let line = "generate model --scenario slow-dependency --seed 3 --out slow.json --ground-truth truth.jsonl --faults-out faults.json";
    let generated = sandbox.succeed(line);
    assert!(
        generated.stderr.contains("slow.json: 1200 traces") && generated.stderr.contains("slow dependency (slow "),
        "{}",
        generated.stderr
    );
    let inspected = sandbox.json("inspect slow.json --faults faults.json --json");
    assert_eq!(inspected["summary"]["validity"]["trees"], 1200);
    assert!(inspected["summary"]["labels"].as_array().unwrap().len() == 2, "{inspected}");
    let truth = String::from_utf8(sandbox.read("truth.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(truth.lines().next().unwrap()).unwrap();
    assert_eq!((&first["record"], &first["scenario"]), (&"scenario".into(), &"slow-dependency".into()));
    assert!(truth.lines().count() > 100);
    let (traces, once) = (sandbox.read("slow.json"), truth);
    sandbox.succeed(line);
    assert!(sandbox.read("slow.json") == traces && sandbox.read("truth.jsonl") == once.into_bytes(), "the same seed gives the same files");
}

#[test]
fn a_mix_of_roots_is_asked_for_or_chosen() {
    for generator in ["markov-tree", "random-sampling"] {
        let sandbox = fitted(generator);
        sandbox.succeed("generate model -n 200 --out any.csv --format nezha-csv --seed 5");
        let any = String::from_utf8(sandbox.read("any.csv")).unwrap();
        let header: Vec<&str> = any.lines().next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name)).unwrap();
        let (parent, operation) = (column("ParentID"), column("OperationName"));
        let roots = |text: &str| -> Vec<String> {
            let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
            rows.filter(|row| row[parent] == "root" || row[parent].is_empty()).map(|row| row[operation].to_owned()).collect()
        };
        let wanted = roots(&any).remove(0);
        sandbox.write("mix.toml", format!("[requests.mix]\n{wanted:?} = 1\n"));
        sandbox.succeed("generate model -n 30 --scenario mix.toml --out mix.csv --format nezha-csv");
        let found = roots(&String::from_utf8(sandbox.read("mix.csv")).unwrap());
        assert!(found.len() == 30 && found.iter().all(|root| *root == wanted), "{generator}: {found:?} are not all {wanted}");
    }
}

#[test]
fn what_is_wrong_with_a_scenario_is_one_message() {
    let sandbox = fitted("markov-tree");
    sandbox.write("no-rate.toml", "duration_s = 10\n");
    for (options, expected) in [
        ("--scenario cascad", "did you mean \"cascade\"?"),
        ("--scenario none.toml", "none.toml: "),
        ("--scenario cascade --scenario-set target=nowhere", "\"nowhere\" matches no service"),
        ("--scenario cascade --scenario-set duration_s=200", "but the scenario ends after 200 s"),
        ("--scenario cascade --scenario-set requests.mix={nothing=1}", "no training trace begins with \"nothing\""),
        ("--scenario cascade --scenario-set requests.size=huge", "scenario cascade: requests.size: unknown size \"huge\""),
        ("--scenario no-rate.toml", "give -n N"),
    ] {
        let done = sandbox.run(&format!("generate model {options} --out out.csv"));
        assert!(done.code == Some(1) && done.stderr.contains(expected) && done.stderr.lines().count() == 1, "{options}: {}", done.stderr);
    }
    assert_eq!(sandbox.run("generate model --ground-truth truth.jsonl -n 3 --out out.csv").code, Some(2));
    assert_eq!(sandbox.run("generate model --out out.csv").code, Some(2));
    assert!(!sandbox.content().contains(&"out.csv".to_owned()));
}
