//! `tracesmith stream`: traces to a collector, as if a system were running now.

mod arguments;
mod arrivals;
mod pace;
mod source;

use anyhow::bail;
use tracesmith_live::{Amount, Endpoint, Headers, Origin, Retry, Stop, StreamSettings, Tally, stream};

pub use self::arguments::Args;
use self::{
    arrivals::arrivals,
    source::{SENT_AS, Source, open},
};
use crate::{
    table::table,
    terminal::{Terminal, print, print_json},
};

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
        ..StreamSettings::new(endpoint, origin, arrivals(&args.pace, &source, args.seed)?)
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
