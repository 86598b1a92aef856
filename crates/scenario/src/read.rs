//! Scenarios from files and presets, with errors that name the key.

use std::fs;
use std::path::Path;

use toml::{Table, Value};
use tracesmith_trace::{nearest_name, with_nearest};

use crate::check::check;
use crate::presets::PRESETS;
use crate::{Scenario, ScenarioError};

impl Scenario {
    /// The preset of this name, or the scenario in the file of this path, with `overrides`: `key=value` with dotted keys, in which a number
    /// stands for an element of a list (`interventions.0.probability=0.5`).
    ///
    /// # Errors
    /// [`ScenarioError`] names the scenario, the key, and the nearest valid key or preset where one is unknown.
    pub fn open(name: &str, overrides: &[String]) -> Result<Self, ScenarioError> {
        if PRESETS.iter().any(|preset| preset.name == name) {
            return Self::preset(name, overrides);
        }
        let path = Path::new(name);
        let is_word = path.extension().is_none() && path.components().count() <= 1;
        if is_word && !path.exists() { Self::preset(name, overrides) } else { Self::load(path, overrides) }
    }

    /// The scenario in a file, with overrides as in [`Scenario::open`].
    ///
    /// # Errors
    /// As [`Scenario::open`].
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, ScenarioError> {
        let text = fs::read_to_string(path).map_err(|source| ScenarioError::Io { path: path.to_owned(), source })?;
        let mut scenario = Self::parse(&path.display().to_string(), &text, overrides)?;
        if scenario.title.is_empty() {
            scenario.title = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        }
        Ok(scenario)
    }

    /// A scenario that comes with tracesmith (see [`PRESETS`]), with overrides as in [`Scenario::open`].
    ///
    /// # Errors
    /// As [`Scenario::open`].
    pub fn preset(name: &str, overrides: &[String]) -> Result<Self, ScenarioError> {
        let names = || PRESETS.iter().map(|preset| preset.name);
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else {
            let presets = names().collect::<Vec<_>>().join(", ");
            let nearest = nearest_name(name, names()).unwrap_or("");
            return Err(ScenarioError::UnknownPreset { name: name.to_owned(), presets, nearest });
        };
        Self::parse(name, preset.toml, overrides)
    }

    /// The scenario of a TOML text; `name` stands for it in messages.
    ///
    /// # Errors
    /// As [`Scenario::open`].
    pub fn parse(name: &str, text: &str, overrides: &[String]) -> Result<Self, ScenarioError> {
        let syntax = |error: toml::de::Error| ScenarioError::Syntax {
            scenario: name.to_owned(),
            message: error.to_string().trim_end().replace('\n', "\n  "),
        };
        let key_error = |(key, message): (String, String)| ScenarioError::Key { scenario: name.to_owned(), key, message };
        let mut content = Value::Table(toml::from_str::<Table>(text).map_err(syntax)?);
        for text in overrides {
            let (key, value) = text.split_once('=').ok_or_else(|| ScenarioError::Override(text.clone()))?;
            set(&mut content, key.trim(), parse_value(value.trim())).map_err(|message| key_error((key.trim().to_owned(), message)))?;
        }
        let scenario: Self = serde_path_to_error::deserialize(content).map_err(|error| {
            let place = error.path().to_string();
            let message = error.inner().to_string();
            let key = if place == "." { "scenario".to_owned() } else { place.replace('[', ".").replace(']', "") };
            key_error((key, with_nearest(message.lines().next().unwrap_or(&message))))
        })?;
        check(&scenario).map_err(key_error)?;
        Ok(scenario)
    }
}

/// A TOML value, or the text itself where it is none.
fn parse_value(text: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| text.into())
}

/// Sets a dotted key, below tables that are made where they are missing, and elements of lists.
fn set(content: &mut Value, key: &str, value: Value) -> Result<(), String> {
    let mut place = content;
    for part in key.split('.') {
        place = match place {
            _ if part.is_empty() => return Err("is no key".to_owned()),
            Value::Table(table) => table.entry(part.to_owned()).or_insert_with(|| Table::new().into()),
            Value::Array(list) => {
                let length = list.len();
                let element = part.parse::<usize>().ok().and_then(|number| list.get_mut(number));
                element.ok_or_else(|| format!("{part:?} is none of the {length} elements of the list, which are counted from 0"))?
            }
            _ => return Err(format!("what {part:?} is to be set in is a value, not a table")),
        };
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Distribution, Effect, Intervention};

    fn parse(text: &str, overrides: &[&str]) -> Result<Scenario, ScenarioError> {
        Scenario::parse("test", text, &overrides.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    const BASE: &str = "
        duration_s = 100
        [[interventions]]
        name = \"slow db\"
        from_s = 10
        for_s = 50.5
        effect.slow = { factor = 2, delay_us = { uniform = { min = 1, max = 5 } } }
    ";

    #[test]
    fn every_key_has_a_default_and_integers_are_numbers_too() {
        assert_eq!(parse("", &[]).unwrap(), Scenario::default());
        let Intervention { for_s, probability, target, effect: Effect::Slow(slow), .. } = parse(BASE, &[]).unwrap().interventions.remove(0)
        else {
            panic!("another effect");
        };
        assert_eq!((for_s, probability, target, slow.factor), (Some(50.5), 1.0, None, 2.0));
        assert_eq!(slow.delay_us, Distribution::Uniform { min: 1.0, max: 5.0 });
    }

    #[test]
    fn overrides_take_toml_values_plain_words_and_elements_of_lists() {
        let overrides = ["target=ts-order/GET:/api?x=1", "interventions.0.probability=0.25", "load.rate=3", "requests.mix={\"a/b\"=2}"];
        let scenario = parse(BASE, &overrides).unwrap();
        assert_eq!((scenario.target.as_str(), scenario.interventions[0].probability), ("ts-order/GET:/api?x=1", 0.25));
        assert_eq!((scenario.load.rate, scenario.requests.mix["a/b"]), (Some(3.0), 2.0));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key_and_the_nearest_valid_one() {
        let cases = [
            ("durations_s=1", "unknown key `durations_s`; did you mean `duration_s`?"),
            ("interventions.0.fom_s=1", "interventions.0.fom_s: unknown key `fom_s`; did you mean `from_s`?"),
            ("interventions.0.effect.slow.fctor=1", "interventions.0.effect.slow.fctor: unknown key `fctor`; did you mean `factor`?"),
            ("interventions.0.effect={slo={}}", "interventions.0.effect: unknown value `slo`; did you mean `slow`?"),
            ("interventions.0.effect={slow={}, gone={}}", "interventions.0.effect"),
            ("interventions.0.effect.slow.delay_us={unform={}}", "unknown value `unform`; did you mean `uniform`?"),
            ("interventions.0.effect.slow.delay_us={uniform={min=1, mx=2}}", "unknown key `mx`; did you mean `max`?"),
            ("interventions.0.effect.slow.factor=-2", "interventions.0.effect.slow.factor: -2 does not slow anything down"),
            ("interventions.0.effect.slow.delay_us={constant=-5}", "delay_us: -5 is no time"),
            ("interventions.0.probability=1.5", "interventions.0.probability: 1.5 is not between 0 and 1"),
            ("interventions.0.from_s=100", "from_s: begins 100 s after the start, but the scenario ends after 100 s (duration_s)"),
            ("duration_s=60", "interventions.0.for_s: ends 60.5 s after the start, but the scenario ends after 60 s (duration_s)"),
            ("interventions.0.from_s=-1", "interventions.0.from_s: -1 must be a number, 0 or more"),
            ("interventions.0.for_s=0", "interventions.0.for_s: 0 must be a number above 0"),
            ("interventions.1.from_s=1", "\"1\" is none of the 1 elements of the list"),
            ("target.x=1", "target: invalid type: map, expected a string"),
            ("duration_s=0", "duration_s: 0 must be a number above 0"),
            ("duration_s=nan", "duration_s: NaN must be a number above 0"),
            ("start_unix_s=-1", "beyond every clock"),
            ("requests.label=sick", "requests.label: unknown value `sick`"),
            ("requests.label=unknown", "requests.label: it is normal or abnormal"),
            ("requests.size=0", "requests.size: "),
            ("requests.where={fult=\"cpu\"}", "requests.where: traces have no attribute `fult`; did you mean `fault`?"),
            (
                "requests={where={label=\"normal\"}, label=\"abnormal\"}",
                "requests.where: `label` is asked for twice, as `normal` and as `abnormal`",
            ),
            ("requests={where={root=\"a\"}, mix={a=1}}", "requests.where.root: requests.mix says as well"),
            ("requests.mix={a=0}", "requests.mix: the weights add up to nothing"),
            ("load.spikes=[{at_s=10, for_s=5}]", "missing field `factor`"),
            ("load.spikes=[{at_s=10, for_s=5, factor=-1}]", "load.spikes.0.factor: -1 must be a number, 0 or more"),
            ("load.spikes=[{at_s=0, for_s=100, factor=0}]", "load: no trace can be placed"),
            ("load.diurnal={period_s=0.01}", "load.diurnal.period_s: 0.01 s is too short for 100 s"),
            ("nonsense", "\"nonsense\" sets nothing: write key=value"),
            ("duration_s.x=1", "duration_s.x: what \"x\" is to be set in is a value"),
            ("a..b=1", "a..b: is no key"),
        ];
        for (text, expected) in cases {
            let error = parse(BASE, &[text]).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(parse("load.rate = 2", &[]).unwrap_err().to_string().contains("load: give duration_s too"));
        assert!(matches!(parse("not toml", &[]), Err(ScenarioError::Syntax { .. })));
    }

    #[test]
    fn a_word_is_a_preset_and_a_path_a_file() {
        assert_eq!(Scenario::open("cascade", &[]).unwrap(), Scenario::preset("cascade", &[]).unwrap());
        let error = Scenario::open("slow-dependecy", &[]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"slow-dependency\"?") && error.contains("long-tail"), "{error}");
        assert!(matches!(Scenario::open("none.toml", &[]), Err(ScenarioError::Io { .. })));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        fs::write(&path, BASE).unwrap();
        let scenario = Scenario::open(path.to_str().unwrap(), &["target=db".to_owned()]).unwrap();
        assert_eq!((scenario.title.as_str(), scenario.target.as_str()), ("mine", "db"));
    }
}
