//! `tracesmith receive`: a collector in miniature.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::json;
use tracesmith_formats::{Format, Written, format_of_name, names, write_records};
use tracesmith_live::{Ended, MAX_REQUEST_BYTES, MAX_SPANS, ReceiveSettings, Received, Receiver, Stop};

use crate::{
    arguments::{note_lost, time, trace_format, written_format_help},
    terminal::{Terminal, print, print_json},
};

/// Receive traces over OTLP and write them to a file
///
/// Every port takes gRPC and HTTP (protobuf or JSON at /v1/traces), with gzip or without. Requests of more than 4 MiB are refused. Spans are
/// kept in memory, about 400 bytes each, and written at the end: at Ctrl-C or a limit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tracesmith receive --port 4317 --http-port 4318 --output captured.jsonl
  tracesmith receive --output training.csv.gz --to nezha-csv --max-traces 10000
  tracesmith receive --port 4317 --for 30s --json")]
pub struct Args {
    /// Port to listen on; 0 is any free one, which is then named
    #[arg(long, value_name = "P", default_value_t = 4317)]
    port: u16,
    /// Another port to listen on, for exporters that are set to 4318
    #[arg(long, value_name = "P")]
    http_port: Option<u16>,
    /// Address to listen on; an address other than loopback lets other machines send
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// File to write, compressed if it ends in .gz or .zst [default: count only]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(long, help = written_format_help("Format of the file", "else it must be given"), value_name = "FORMAT", value_parser = trace_format(), requires = "output")]
    to: Option<Format>,
    /// End when there are so many traces and no more spans of them come for a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_traces: Option<u32>,
    /// End when there are so many spans
    #[arg(long, value_name = "N", default_value_t = MAX_SPANS as u32, value_parser = clap::value_parser!(u32).range(1..))]
    max_spans: u32,
    /// End after this time, e.g. 90s, 10m, 1h
    #[arg(long = "for", value_name = "T", value_parser = time)]
    duration: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, terminal: Terminal) -> anyhow::Result<()> {
    let target = args.output.as_deref().map(|path| target(path, args.to)).transpose()?;
    let ports = [Some(args.port), args.http_port];
    let addresses: Vec<SocketAddr> = ports.into_iter().flatten().map(|port| (args.host, port).into()).collect();
    let receiver = Receiver::bind(&addresses)?;
    for address in receiver.addresses() {
        terminal.note(format_args!("listening on {address}, OTLP over gRPC and HTTP; Ctrl-C ends it"));
    }
    let settings = ReceiveSettings {
        max_traces: args.max_traces.map(|traces| traces as usize),
        max_spans: args.max_spans as usize,
        duration: args.duration,
    };
    let mut received = receiver.run(&settings, &Stop::on_interrupt());
    let spans = std::mem::take(&mut received.spans);
    let count = spans.len();
    let written = match target {
        Some((path, format)) if count > 0 => {
            let written = write_records(spans, format, path).context("cannot write what was received")?;
            note_lost(&written, format, terminal);
            Some((path, written))
        }
        _ => None,
    };
    report(&received, count, written.as_ref(), args.json, terminal)?;
    if count == 0 && args.output.is_some() {
        bail!("no span came: nothing was written");
    }
    Ok(())
}

/// The file and its format, checked before anything is received that could not be written.
fn target(path: &Path, format: Option<Format>) -> anyhow::Result<(&Path, Format)> {
    let Some(format) = format.or_else(|| format_of_name(path)) else {
        bail!("the name {} does not say a format: give --to {}", path.display(), names(", --to "));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    Ok((path, format))
}

fn report(received: &Received, spans: usize, written: Option<&(&Path, Written)>, json: bool, terminal: Terminal) -> anyhow::Result<()> {
    for (what, spans) in received.warnings.counts().into_iter().filter(|&(_, spans)| spans > 0) {
        terminal.note(format_args!("note: {what} in {spans} spans"));
    }
    let Received { traces, requests, refused_requests, rejected_spans, ended, .. } = received;
    let why = match ended {
        Ended::Stopped => "stopped",
        Ended::Duration => "time is over",
        Ended::Traces => "all traces are there",
        Ended::Spans => "as many spans as may be kept (--max-spans, or 2 GiB of requests)",
    };
    if json {
        return print_json(&json!({
            "traces": traces, "spans": spans, "requests": requests, "refused_requests": refused_requests, "rejected_spans": rejected_spans,
            "ended": why, "file": written.map(|(path, _)| path.display().to_string()),
        }));
    }
    let refused = if *refused_requests > 0 { format!(", {refused_requests} requests refused") } else { String::new() };
    let rejected = if *rejected_spans > 0 { format!(", {rejected_spans} spans rejected") } else { String::new() };
    let file = written.map(|(path, written)| format!("{}: {} traces, {} spans\n", path.display(), written.traces, written.spans));
    Ok(print(format!("{traces} traces, {spans} spans in {requests} requests{refused}{rejected}; {why}\n{}", file.unwrap_or_default()))?)
}

// The help names it.
const _: () = assert!(MAX_REQUEST_BYTES == 4 << 20);
