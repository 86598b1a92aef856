//! `tracesmith stream`: traces to a collector, as if a system were running now.

mod pace;
mod source;

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use tracesmith_formats::Format;
use tracesmith_live::{
    Amount, Endpoint, Headers, MAX_ATTEMPTS, Origin, Protocol, Retry, SPANS_A_REQUEST, Stop, StreamSettings, Tally, stream,
};

use self::{
    pace::Pace,
    source::{SENT_AS, Source, open},
};
use crate::{
    arguments::{formats, one_of, time},
    conditions::ConditionArgs,
    scenario::ScenarioArgs,
    table::table,
    terminal::{Terminal, print, print_json},
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
    source: PathBuf,
    /// The collector: http://HOST:PORT or https://HOST:PORT; over http a path is kept, without one it is /v1/traces
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// OTLP over gRPC (usually port 4317) or over HTTP with protobuf (4318)
    #[arg(long, value_name = "NAME", default_value = "grpc", value_parser = one_of(Protocol::ALL.map(|protocol| (protocol.name(), protocol))))]
    protocol: Protocol,
    #[command(flatten)]
    pace: Pace,
    /// End after this time, e.g. 90s, 10m, 1h
    #[arg(long, value_name = "T", value_parser = time)]
    duration: Option<Duration>,
    /// End after so many traces; of a scenario, how many there are [default: as the load of the scenario makes]
    #[arg(short = 'n', long = "traces", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    traces: Option<u64>,
    #[command(flatten)]
    sending: Sending,
    /// Keep the trace ids; a file is then sent once at most [default: new ones, so that traces never join those of an earlier stream]
    #[arg(long)]
    keep_ids: bool,
    /// Format of a trace file [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(formats()))]
    from: Option<Format>,
    /// Id of the data set that resources name [default: the name of the data or the file]
    #[arg(long, value_name = "ID")]
    dataset_id: Option<String>,
    /// Version of the data set that resources name [default: a hash of the model or the file]
    #[arg(long, value_name = "VERSION")]
    dataset_version: Option<String>,
    #[command(flatten)]
    conditions: ConditionArgs,
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Seed of everything random but the jitter of waits
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How requests are sent.
#[derive(Debug, clap::Args)]
struct Sending {
    /// Requests under way at a time
    #[arg(long, value_name = "C", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Most spans of a request; a larger trace takes several
    #[arg(long, value_name = "SPANS", default_value_t = SPANS_A_REQUEST as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Time for an attempt of a request
    #[arg(long, value_name = "T", default_value = "10s", value_parser = time)]
    timeout: Duration,
    /// Attempts that a request gets where OTLP allows more than one; the waits between them double
    #[arg(long, value_name = "N", default_value_t = MAX_ATTEMPTS, value_parser = clap::value_parser!(u32).range(1..=100))]
    attempts: u32,
    /// Compress requests
    #[arg(long)]
    gzip: bool,
    /// Header for every request; may be given several times
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// File with the certificates (PEM) that sign the collector's [default: those of the system]
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Let traces leave this machine
    #[arg(long)]
    allow_remote: bool,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let endpoint = Endpoint::parse(&args.endpoint, args.protocol)?;
    let mut headers = Headers::default();
    args.sending.headers.iter().try_for_each(|header| headers.add(header))?;
    let source = open(&args, terminal)?;
    if args.keep_ids {
        check_kept_ids(&source, &args)?;
    }
    let origin = Origin {
        dataset: args.dataset_id.clone().unwrap_or_else(|| source.name()),
        version: args.dataset_version.clone().map_or_else(|| source.version(), Ok)?,
        scenario: scenario_name(&args, &source),
        seed: args.seed,
    };
    let settings = StreamSettings {
        allow_remote: args.sending.allow_remote,
        tls_ca: args.sending.tls_ca,
        headers,
        gzip: args.sending.gzip,
        max_rate: args.pace.max_rate,
        traces: args.traces,
        duration: args.duration,
        new_ids: !args.keep_ids && !args.scenario.wants_truth(),
        concurrency: args.sending.concurrency.into(),
        spans_a_request: args.sending.batch as usize,
        timeout: args.sending.timeout,
        retry: Retry { attempts: args.sending.attempts, ..Retry::default() },
        ..StreamSettings::new(endpoint, origin, args.pace.arrivals(&source, args.seed)?)
    };
    settings.check()?;
    if let Some(truth) = source.truth() {
        args.scenario.write(truth, SENT_AS, terminal)?;
    }
    terminal.note(format_args!("{} → {}; Ctrl-C ends it", source.name(), settings.endpoint));
    let is_once = args.traces.is_none() && args.duration.is_none();
    let tally = stream(source.traces(args.seed, is_once), &settings, &Stop::on_interrupt())?;
    if args.json {
        print_json(&tally)?
    } else {
        print(summary(&tally))?
    }
    verdict(&tally)
}

/// Ids that come twice would put spans of two times into one trace.
fn check_kept_ids(source: &Source, args: &Args) -> anyhow::Result<()> {
    let Source::File { traces, .. } = source else { return Ok(()) };
    let count = traces.len();
    if args.traces.is_some_and(|asked| asked > count as u64) {
        let path = args.source.display();
        bail!("{path} has {count} traces: more of them would repeat ids, so -n and --keep-ids contradict each other");
    }
    if args.duration.is_some() && args.traces.is_none() {
        bail!("--duration repeats the traces of a file, and --keep-ids their ids: give -n, too, or leave one of them out");
    }
    Ok(())
}

/// What resources say about the scenario: its title, or for a file the name that was given.
fn scenario_name(args: &Args, source: &Source) -> String {
    let name = source.truth().map(|truth| truth.scenario.as_str()).or(args.scenario.name());
    name.unwrap_or("none").to_owned()
}

fn summary(tally: &Tally) -> String {
    let row = |name: &str, amount: Amount| [name.to_owned(), amount.traces.to_string(), amount.spans.to_string()];
    let rows = [
        row("due", tally.due),
        row("sent", tally.sent),
        row("accepted", tally.accepted),
        row("rejected", tally.rejected),
        row("given up", tally.given_up),
        row("unsent", tally.unsent),
    ];
    let late = if tally.late_seconds > 0.0 { format!(", {:.1} s behind plan", tally.late_seconds) } else { String::new() };
    let message = tally.message.as_ref().map(|message| format!("the collector says: {message}\n")).unwrap_or_default();
    format!(
        "{}{} requests, {} retries, {:.1} s{late}\n{message}",
        table(["", "traces", "spans"], &rows),
        tally.requests,
        tally.retries,
        tally.seconds
    )
}

fn verdict(tally: &Tally) -> anyhow::Result<()> {
    if let Some(failure) = &tally.failure {
        bail!("the stream ended early: {failure}");
    }
    if tally.is_good() || (tally.stopped && tally.rejected.spans == 0) {
        return Ok(());
    }
    bail!("the collector rejected {} spans", tally.rejected.spans)
}
