//! `tracesmith stream`: traces to a collector, as if a system were running now.

mod source;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use tracesmith_formats::Format;
use tracesmith_live::{
    Amount, Arrivals, Endpoint, Headers, MAX_ATTEMPTS, MAX_RATE, Origin, Pattern, Protocol, Recording, Retry, SPANS_A_REQUEST, Stop,
    StreamSettings, Tally, read_traces, stream,
};

use self::source::{Source, open};
use crate::{
    arguments::{formats, one_of, time},
    table::table,
    terminal::{Terminal, print, print_json},
};

/// Send traces to an OpenTelemetry collector as if a system were running now
///
/// Traces come from a model, without end, or from a file, each once unless -n or --duration says otherwise. The start of each is moved to now.
/// Every resource says that it is synthetic (tracesmith.synthetic = true, tracesmith.dataset.id, .dataset.version, .scenario, .seed), and
/// nothing leaves this machine without --allow-remote. Ctrl-C ends the stream; the requests under way are finished and everything is counted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith stream model --endpoint http://localhost:4317 --rate 20
  tracesmith stream model --endpoint http://localhost:4318 --protocol http --pattern bursty:5:10s:0.1 --rate 30 --duration 10m
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
    /// End after so many traces
    #[arg(short = 'n', long = "traces", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    traces: Option<u64>,
    #[command(flatten)]
    sending: Sending,
    /// Keep the trace ids of the file, which is then sent once at most [default: new ones, so that traces never join those of an earlier stream]
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
    /// Scenario that resources name
    #[arg(long, value_name = "NAME", default_value = "none")]
    scenario: String,
    /// Seed of everything random but the jitter of waits
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// When traces begin.
#[derive(Debug, clap::Args)]
struct Pace {
    /// Mean number of traces a second [default: 10]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Highest number of traces a second that --rate, a peak of --pattern or the recorded arrivals may have
    #[arg(long, value_name = "R", default_value_t = MAX_RATE, value_parser = rate)]
    max_rate: f64,
    /// How the rate goes with time: constant, poisson, diurnal[:PERIOD[:AMPLITUDE]] or bursty[:FACTOR[:LENGTH[:SHARE]]], which without numbers
    /// are diurnal:24h:0.8 and bursty:5:10s:0.1 [default: constant]
    #[arg(long, value_name = "NAME")]
    pattern: Option<Pattern>,
    /// Let traces begin as they were recorded: those of the file at its times, others with gaps drawn in blocks from those of --arrivals
    #[arg(long, conflicts_with_all = ["rate", "pattern"])]
    replay_arrivals: bool,
    /// Trace file with the starts to learn arrivals from; a model keeps none
    #[arg(long, value_name = "TRACES", requires = "replay_arrivals")]
    arrivals: Option<PathBuf>,
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

fn rate(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|rate| *rate > 0.0 && f64::is_finite(*rate)).ok_or_else(|| "it must be a number above 0".to_owned())
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let endpoint = Endpoint::parse(&args.endpoint, args.protocol)?;
    let mut headers = Headers::default();
    args.sending.headers.iter().try_for_each(|header| headers.add(header))?;
    let source = open(&args.source, args.from)?;
    if args.keep_ids {
        check_kept_ids(&source, &args)?;
    }
    let origin = Origin {
        dataset: args.dataset_id.clone().unwrap_or_else(|| source.name()),
        version: args.dataset_version.clone().map_or_else(|| source.version(), Ok)?,
        scenario: args.scenario.clone(),
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
        new_ids: !args.keep_ids,
        concurrency: args.sending.concurrency.into(),
        spans_a_request: args.sending.batch as usize,
        timeout: args.sending.timeout,
        retry: Retry { attempts: args.sending.attempts, ..Retry::default() },
        ..StreamSettings::new(endpoint, origin, arrivals(&args.pace, &source, args.seed)?)
    };
    settings.check()?;
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
    match source.recorded() {
        Some(traces) if args.traces.is_some_and(|asked| asked > traces.traces.len() as u64) => {
            bail!(
                "{} has {} traces: more of them would repeat ids, so -n and --keep-ids contradict each other",
                args.source.display(),
                traces.traces.len()
            )
        }
        Some(_) if args.duration.is_some() && args.traces.is_none() => {
            bail!("--duration repeats the traces of a file, and --keep-ids their ids: give -n, too, or leave one of them out")
        }
        _ => Ok(()),
    }
}

fn arrivals(pace: &Pace, source: &Source, seed: u64) -> anyhow::Result<Arrivals> {
    if !pace.replay_arrivals {
        return Ok(Arrivals::Pattern { pattern: pace.pattern.unwrap_or(Pattern::Constant), rate: pace.rate.unwrap_or(10.0) });
    }
    match (&pace.arrivals, source.recorded()) {
        (Some(path), _) => {
            let starts = read_traces(path, None)?.starts_ns();
            let recording = Recording::new(starts, seed).with_context(|| format!("cannot learn arrivals from {}", path.display()))?;
            Ok(Arrivals::Learnt(recording.learn()))
        }
        (None, Some(traces)) => {
            let recording = Recording::new(traces.starts_ns(), seed).context("cannot replay the arrivals of the file")?;
            Ok(Arrivals::Recorded(recording))
        }
        (None, None) => bail!("a model keeps no arrivals of its training traces: give --arrivals TRACES to learn them from, or --rate"),
    }
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
