//! Models and traces that leave the house: without names, without rare shapes.

use crate::sandbox::Sandbox;

#[test]
fn a_model_of_pseudonyms_names_nothing_and_the_mapping_gives_the_names_back() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 150 --seed 1 --out train.csv");
    sandbox.write("salt", "0123456789abcdef0123456789abcdef\n");
    sandbox.succeed("fit --input train.csv --generator markov-tree --pseudonyms salt --names-out names.json --out model --quiet");
    let model = String::from_utf8(sandbox.read("model/model.json")).unwrap();
    assert!(!model.contains("ts-") && !model.contains("queryInfo") && model.contains("svc-"));
    sandbox.succeed("generate model -n 50 --seed 2 --out nameless.csv");
    sandbox.succeed("generate model -n 50 --seed 2 --names names.json --out named.csv");
    let [nameless, named] = ["nameless.csv", "named.csv"].map(|file| String::from_utf8(sandbox.read(file)).unwrap());
    assert!(!nameless.contains("ts-") && named.contains("ts-") && !named.contains("svc-"));
    assert_eq!(nameless.lines().count(), named.lines().count());
}

#[test]
fn a_salt_that_can_be_guessed_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("salt", "pepper");
    let failed =
        sandbox.run("fit --dataset trainticket-sim --traces 20 --generator markov-tree --pseudonyms salt --names-out n.json --out m");
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("salt: a salt of 6 bytes could be guessed"), "{}", failed.stderr);
}

#[test]
fn rare_shapes_are_replaced_or_left_out() {
    let sandbox = Sandbox::new();
    sandbox.succeed("datasets simulate trainticket-sim -n 300 --seed 1 --out train.csv");
    sandbox.succeed("fit --input train.csv --generator markov-tree --out model --quiet");
    // Markov trees have shapes that nobody has: with --novel rare they count as well.
    let traces = |options: &str| {
        sandbox.succeed(&format!("generate model -n 300 --out synthetic.csv {options}"));
        sandbox.json("inspect synthetic.csv --json")["summary"]["traces"].as_u64().unwrap()
    };
    assert_eq!(traces("--k-anonymity 5 --novel rare"), 300);
    let left = traces("--k-anonymity 5 --novel rare --rare suppress");
    assert!((1..300).contains(&left), "{left}");
    let failed = sandbox.run("generate model -n 10 --k-anonymity 100000 --novel rare --rare suppress --out none.csv");
    assert!(failed.stderr.contains("no trace is left") && !sandbox.path("none.csv").exists(), "{}", failed.stderr);
}
