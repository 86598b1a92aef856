//! Workload simulators of SocialNetwork and TrainTicket, calibrated on the published runs of Eadro.
//!
//! The tables beside this module hold, for every request shape, its tree, its frequency in normal time and inside each fault window, and the
//! quantiles of every span's duration there. They were measured on the run that each table names (Lee et al.,
//! *Eadro*, ICSE 2023). The quantiles alone say nothing about how the durations of one trace go together or when its spans start; what the
//! simulator makes of that is in `coupling` (children fit their parents, marginals stay exact) and `placement` (stages of calls).

mod coupling;
mod donor;
mod draw;
mod placement;
mod plan;
mod quantile;
mod schedule;
mod table;

#[cfg(test)]
mod calibration;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use tracesmith_formats::FaultWindow;
use tracesmith_trace::{Corpus, CorpusBuilder, Label};

use plan::Workload;
use schedule::Schedule;

/// A simulated system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// SocialNetwork of the DeathStarBench suite: 12 services, 59 operations, 1–30 spans a trace.
    SocialNetwork,
    /// TrainTicket: 13 services, 16 operations, 1–23 spans a trace.
    TrainTicket,
}

impl System {
    /// Name of the simulated data set.
    pub fn data_set(self) -> &'static str {
        match self {
            System::SocialNetwork => "socialnetwork-sim",
            System::TrainTicket => "trainticket-sim",
        }
    }

    fn workload(self) -> &'static Workload {
        static SOCIAL_NETWORK: LazyLock<Workload> = LazyLock::new(|| Workload::parse(include_str!("simulate/tables/socialnetwork.json")));
        static TRAIN_TICKET: LazyLock<Workload> = LazyLock::new(|| Workload::parse(include_str!("simulate/tables/trainticket.json")));
        match self {
            System::SocialNetwork => &SOCIAL_NETWORK,
            System::TrainTicket => &TRAIN_TICKET,
        }
    }
}

/// What to simulate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationConfig {
    /// The system.
    pub system: System,
    /// Number of traces.
    pub traces: usize,
    /// Seed; the same configuration gives the same corpus on every platform.
    #[serde(default)]
    pub seed: u64,
    /// Whether some spans of SocialNetwork's web server carry the nonsense durations of 2–200 s that the real run has. Without them these
    /// spans last a little longer than what they call. TrainTicket has no such spans.
    #[serde(default = "yes")]
    pub clock_overflow: bool,
    /// Whether faults are injected, with the share and the effect that each fault window of the real run had. Without them every trace is normal.
    #[serde(default = "yes")]
    pub faults: bool,
    /// Start of the run in nanoseconds since the Unix epoch.
    #[serde(default = "start_of_the_published_run")]
    pub start_ns: i64,
}

fn yes() -> bool {
    true
}

/// 2022-04-17 02:09:55 UTC, when the published SocialNetwork run began.
fn start_of_the_published_run() -> i64 {
    1_650_161_395_000_000_000
}

impl SimulationConfig {
    /// `traces` traces with clock overflow and faults.
    pub fn new(system: System, traces: usize, seed: u64) -> Self {
        Self { system, traces, seed, clock_overflow: true, faults: true, start_ns: start_of_the_published_run() }
    }
}

/// A simulated run.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// Traces by start, with start offsets in whole µs; the vocabularies have every name of the system, seen or not.
    pub corpus: Corpus,
    /// Fault windows by start; traces that start inside one are labelled with it.
    pub faults: Vec<FaultWindow>,
}

/// Simulates a run.
///
/// A run of more traces than the published one repeats its campaign of faults, so that rates and windows stay as they were. Every trace has
/// a random stream of its own.
pub fn simulate(config: &SimulationConfig) -> Simulation {
    let workload = config.system.workload();
    let schedule = Schedule::new(workload, config.traces, config.faults, config.start_ns);
    let mut traces: Vec<_> = (0..config.traces)
        .map(|index| {
            let mut rng = tracesmith_trace::rng(config.seed, &format!("{}/{index}", config.system.data_set()));
            let slot = schedule.slot(index);
            let mut trace = draw::trace(workload, slot.window, config.clock_overflow, &mut rng);
            trace.start_ns = slot.arrival_ns(trace.spans[0].duration_us, &mut rng);
            trace.label =
                workload.faults[..].get(slot.window.wrapping_sub(1)).map_or(Label::Normal, |share| Label::Abnormal(share.fault()));
            trace
        })
        .collect();
    traces.sort_by_key(|trace| trace.start_ns);
    let mut builder = CorpusBuilder::new(config.system.data_set(), workload.services.clone(), workload.operations.clone(), true);
    for trace in traces {
        builder.push(trace).expect("a simulated trace is a tree in preorder with times that are numbers");
    }
    Simulation { corpus: builder.finish(), faults: schedule.faults() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracesmith_trace::ValidityCounts;

    #[test]
    fn the_same_seed_gives_the_same_run_and_another_seed_another_one() {
        let config = SimulationConfig::new(System::SocialNetwork, 300, 7);
        assert_eq!(simulate(&config), simulate(&config));
        assert_ne!(simulate(&config).corpus, simulate(&SimulationConfig { seed: 8, ..config }).corpus);
    }

    #[test]
    fn every_trace_is_a_tree_and_has_an_id_of_its_own() {
        for system in [System::SocialNetwork, System::TrainTicket] {
            let corpus = simulate(&SimulationConfig::new(system, 2_000, 1)).corpus;
            let counts = ValidityCounts::of(&corpus);
            assert_eq!((counts.traces, counts.trees), (2_000, 2_000));
            let ids: std::collections::HashSet<_> = corpus.traces().map(|trace| trace.id.to_owned()).collect();
            assert_eq!(ids.len(), 2_000);
            assert!(ids.iter().all(|id| id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit())));
        }
    }

    #[test]
    fn labels_are_those_of_the_fault_windows() {
        for system in [System::SocialNetwork, System::TrainTicket] {
            let Simulation { corpus, faults } = simulate(&SimulationConfig::new(system, 3_000, 2));
            assert!(!faults.is_empty());
            for trace in corpus.traces() {
                let end_ns = trace.start_ns + (trace.durations_us[0] * 1000.0) as i64;
                let first = faults.iter().find(|window| window.start_ns <= end_ns && trace.start_ns <= window.end_ns);
                assert_eq!(first.map_or(Label::Normal, |window| Label::Abnormal(window.fault.clone())), *trace.label, "{}", trace.id);
            }
        }
    }

    #[test]
    fn without_faults_every_trace_is_normal() {
        let config = SimulationConfig { faults: false, ..SimulationConfig::new(System::TrainTicket, 500, 3) };
        let Simulation { corpus, faults } = simulate(&config);
        assert!(faults.is_empty());
        assert!(corpus.labels().iter().all(|label| *label == Label::Normal));
    }

    #[test]
    fn no_trace_is_a_run_too() {
        assert!(simulate(&SimulationConfig::new(System::TrainTicket, 0, 3)).corpus.is_empty());
    }

    #[test]
    fn a_config_has_defaults_and_rejects_unknown_keys() {
        let config: SimulationConfig = serde_json::from_str(r#"{"system": "social-network", "traces": 5}"#).unwrap();
        assert_eq!(config, SimulationConfig::new(System::SocialNetwork, 5, 0));
        let error = serde_json::from_str::<SimulationConfig>(r#"{"system": "social-network", "traces": 5, "trace": 1}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `trace`"), "{error}");
    }
}
