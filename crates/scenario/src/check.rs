//! What the types of a scenario do not say.

use tracesmith_trace::Class;

use crate::{Distribution, Effect, Intervention, Load, LoadCurve, Scenario};

/// More waves than this on one time line are a mistake in the unit.
const MOST_WAVES: f64 = 1_000.0;

/// A key and what is wrong with it.
type Flaw = (String, String);

/// Whether all values of a scenario make sense together.
pub fn check(scenario: &Scenario) -> Result<(), Flaw> {
    let duration_s = scenario.duration_s;
    if let Some(duration) = duration_s {
        positive("duration_s", duration)?;
    } else if scenario.load != Load::default() {
        return flaw("load", "give duration_s too: a load needs a time line");
    }
    let far = i64::MAX / 2_000_000_000;
    if scenario.start_unix_s.is_some_and(|start| !(0..far).contains(&start)) || duration_s.is_some_and(|duration| duration > far as f64) {
        return flaw("start_unix_s, duration_s", "such a time is beyond every clock");
    }
    if scenario.requests.label == Some(Class::Unknown) {
        return flaw("requests.label", "it is normal or abnormal");
    }
    scenario.requests.check_short().map_err(|error| ("requests.where".to_owned(), error.to_string()))?;
    if scenario.requests.conditions.root().is_some() && !scenario.requests.mix.is_empty() {
        return flaw("requests.where.root", "requests.mix says as well what traces begin with: leave one out");
    }
    share("requests.rare_shapes", scenario.requests.rare_shapes)?;
    for (root, &weight) in &scenario.requests.mix {
        not_negative(&format!("requests.mix.{root:?}"), weight)?;
    }
    let mix: f64 = scenario.requests.mix.values().sum();
    if !scenario.requests.mix.is_empty() && (mix <= 0.0 || !mix.is_finite()) {
        return flaw("requests.mix", "the weights add up to nothing that can be shared out");
    }
    if let Some(duration) = duration_s {
        check_load(&scenario.load, duration)?;
    }
    scenario.interventions.iter().enumerate().try_for_each(|(number, intervention)| {
        let within = |(key, message): Flaw| (format!("interventions.{number}.{key}"), message);
        check_intervention(intervention, duration_s).map_err(within)
    })
}

fn check_load(load: &Load, duration_s: f64) -> Result<(), Flaw> {
    if let Some(rate) = load.rate {
        positive("load.rate", rate)?;
    }
    if let Some(wave) = &load.diurnal {
        positive("load.diurnal.period_s", wave.period_s)?;
        share("load.diurnal.amplitude", wave.amplitude)?;
        if !wave.peak_s.is_finite() {
            return flaw("load.diurnal.peak_s", "is no time");
        }
        if duration_s / wave.period_s > MOST_WAVES {
            return flaw("load.diurnal.period_s", format!("{} s is too short for {duration_s} s", wave.period_s));
        }
    }
    for (number, spike) in load.spikes.iter().enumerate() {
        let key = |name: &str| format!("load.spikes.{number}.{name}");
        not_negative(&key("factor"), spike.factor)?;
        check_window(&key(""), "at_s", spike.at_s, Some(spike.for_s), Some(duration_s))?;
    }
    let expected = LoadCurve::new(load, duration_s).expected();
    if expected > 0.0 && expected.is_finite() {
        Ok(())
    } else {
        flaw("load", "no trace can be placed: the load is nowhere above 0, or infinite")
    }
}

fn check_intervention(intervention: &Intervention, duration_s: Option<f64>) -> Result<(), Flaw> {
    check_window("", "from_s", intervention.from_s, intervention.for_s, duration_s)?;
    share("probability", intervention.probability)?;
    match &intervention.effect {
        Effect::Slow(slow) => {
            if !(1.0..f64::INFINITY).contains(&slow.factor) {
                return flaw("effect.slow.factor", format!("{} does not slow anything down: use a number, 1 or more", slow.factor));
            }
            time("effect.slow.delay_us", &slow.delay_us)
        }
        Effect::Errors(errors) => {
            share("effect.errors.propagate", errors.propagate)?;
            share("effect.errors.duration_factor", errors.duration_factor)
        }
        Effect::Gone(gone) => {
            share("effect.gone.propagate", gone.propagate)?;
            time("effect.gone.wait_us", &gone.wait_us)
        }
    }
}

/// A window that begins on the time line and ends there, where it is known.
fn check_window(prefix: &str, from_key: &str, from_s: f64, for_s: Option<f64>, duration_s: Option<f64>) -> Result<(), Flaw> {
    let from_key = format!("{prefix}{from_key}");
    not_negative(&from_key, from_s)?;
    if let Some(length) = for_s {
        positive(&format!("{prefix}for_s"), length)?;
    }
    let Some(duration) = duration_s else { return Ok(()) };
    let end = from_s + for_s.unwrap_or(0.0);
    if from_s >= duration {
        return flaw(from_key, format!("begins {from_s} s after the start, but the scenario ends after {duration} s (duration_s)"));
    }
    if end > duration {
        return flaw(
            format!("{prefix}for_s"),
            format!("ends {end} s after the start, but the scenario ends after {duration} s (duration_s)"),
        );
    }
    Ok(())
}

fn time(key: &str, distribution: &Distribution) -> Result<(), Flaw> {
    distribution.flaw().map_or(Ok(()), |message| flaw(key, message))
}

fn positive(key: &str, value: f64) -> Result<(), Flaw> {
    if value > 0.0 && value.is_finite() { Ok(()) } else { flaw(key, format!("{value} must be a number above 0")) }
}

fn not_negative(key: &str, value: f64) -> Result<(), Flaw> {
    if (0.0..f64::INFINITY).contains(&value) { Ok(()) } else { flaw(key, format!("{value} must be a number, 0 or more")) }
}

fn share(key: &str, value: f64) -> Result<(), Flaw> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { flaw(key, format!("{value} is not between 0 and 1")) }
}

fn flaw<T>(key: impl Into<String>, message: impl Into<String>) -> Result<T, Flaw> {
    Err((key.into(), message.into()))
}
