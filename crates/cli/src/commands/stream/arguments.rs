//! What `tracesmith stream` can be told.

use std::{path::PathBuf, time::Duration};

use tracesmith_formats::Format;
use tracesmith_live::{MAX_ATTEMPTS, Protocol, SPANS_A_REQUEST};

use super::pace::Pace;
use crate::{
    arguments::{one_of, time, trace_format},
    conditions::ConditionArgs,
    scenario::ScenarioArgs,
};

const SCENARIO: &str = "What happens to the system meanwhile: a TOML file, or one of cascade, error-burst, long-tail, slow-dependency and \
    traffic-spike; with a trace file just a name. Resources name it, or none";
const GROUND_TRUTH: &str = "File for what the scenario did to which span, as JSON lines, written before the first trace is sent. Traces keep their \
    ids for it (OTLP puts 16 zeros before short ones), so send them once or change --seed; its times are those of the scenario, not those at \
    which traces are sent";

/// Send traces to an OpenTelemetry collector as if a system were running now
///
/// Traces come from a model, without end, or from a file, each once unless -n or --duration says otherwise. The start of each is moved to now.
/// With --scenario a model makes all traces of the scenario first, in memory, which are then sent once, when the scenario says.
/// Every resource says that it is synthetic (tracesmith.synthetic = true, tracesmith.dataset.id, .dataset.version, .scenario, .seed), and
/// nothing leaves this machine without --allow-remote. Ctrl-C ends the stream; the requests under way are finished and everything is counted.
#[derive(Debug, clap::Args)]
#[command(mut_arg("scenario", |arg| arg.help(SCENARIO)), mut_arg("ground_truth", |arg| arg.help(GROUND_TRUTH)))]
#[command(mut_arg("faults_out", |arg| arg.hide(true)))]
#[command(after_help = "\
Examples:
  tracesmith stream model --endpoint http://localhost:4317 --rate 20
  tracesmith stream model --endpoint http://localhost:4318 --protocol http --pattern bursty:5:10s:0.1 --rate 30 --duration 10m
  tracesmith stream model --endpoint http://localhost:4317 --label abnormal --root checkout --size fixed:12
  tracesmith stream model --endpoint http://localhost:4317 --scenario slow-dependency --ground-truth truth.jsonl
  tracesmith stream traces.csv --endpoint http://localhost:4317 --replay-arrivals
  tracesmith stream model --endpoint https://collector.example:4317 --allow-remote --header 'authorization=Bearer …' --tls-ca ca.pem

Exit codes: 0 the collector took everything, or Ctrl-C ended it; 1 something was rejected or not taken, which ends the stream.")]
pub struct Args {
    /// Folder that `tracesmith fit` wrote, or a trace file of any format
    #[arg(value_name = "MODEL_DIR|TRACES")]
    pub source: PathBuf,
    /// The collector: http://HOST:PORT or https://HOST:PORT; over http a path is kept, without one it is /v1/traces
    #[arg(long, value_name = "URL")]
    pub endpoint: String,
    /// OTLP over gRPC (usually port 4317) or over HTTP with protobuf (4318)
    #[arg(long, value_name = "NAME", default_value = "grpc", value_parser = one_of(Protocol::ALL.map(|protocol| (protocol.name(), protocol))))]
    pub protocol: Protocol,
    #[command(flatten)]
    pub pace: Pace,
    /// End after this time, e.g. 90s, 10m, 1h
    #[arg(long, value_name = "T", value_parser = time)]
    pub duration: Option<Duration>,
    /// End after so many traces; of a scenario, how many there are [default: as the load of the scenario makes]
    #[arg(short = 'n', long = "traces", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub traces: Option<u64>,
    #[command(flatten)]
    pub sending: Sending,
    /// Keep the trace ids; a file is then sent once at most [default: new ones, so that traces never join those of an earlier stream]
    #[arg(long)]
    pub keep_ids: bool,
    /// Format of a trace file [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = trace_format())]
    pub from: Option<Format>,
    /// Id of the data set that resources name [default: the name of the data or the file]
    #[arg(long, value_name = "ID")]
    pub dataset_id: Option<String>,
    /// Version of the data set that resources name [default: a hash of the model or the file]
    #[arg(long, value_name = "VERSION")]
    pub dataset_version: Option<String>,
    #[command(flatten)]
    pub conditions: ConditionArgs,
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Seed of everything random but the jitter of waits
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// How requests are sent.
#[derive(Debug, clap::Args)]
pub struct Sending {
    /// Requests under way at a time
    #[arg(long, value_name = "C", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Most spans of a request; a larger trace takes several
    #[arg(long, value_name = "SPANS", default_value_t = SPANS_A_REQUEST as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch: u32,
    /// Time for an attempt of a request
    #[arg(long, value_name = "T", default_value = "10s", value_parser = time)]
    pub timeout: Duration,
    /// Attempts that a request gets where OTLP allows more than one; the waits between them double
    #[arg(long, value_name = "N", default_value_t = MAX_ATTEMPTS, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub attempts: u32,
    /// Compress requests
    #[arg(long)]
    pub gzip: bool,
    /// Header for every request; may be given several times
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub headers: Vec<String>,
    /// File with the certificates (PEM) that sign the collector's [default: those of the system]
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Let traces leave this machine
    #[arg(long)]
    pub allow_remote: bool,
}
