//! One trace.

use rand::distr::Distribution;
use rand::{Rng, RngExt};
use tracesmith_trace::{Edge, Label, Span, Status, Trace, preorder};

use super::placement;
use super::plan::{Shape, SpanPlan, Timing, Workload};

/// Where a span whose clock does not overflow lies between the spans it calls (0) and its caller (1): where `Follow` and `Unfollow`, the two
/// calls of the same web server that are measured properly, lie.
const REPAIRED_POSITION: std::ops::Range<f64> = 0.6..0.8;

/// Draws of the calls that a span makes one by one until they fit into it together, as they always do in the real run. Each call alone fits;
/// drawing again where the sum does not shortens few of them, which keeps their distributions. Calls made side by side are not drawn again:
/// there it is the far tails that do not fit, and they would be lost.
const ATTEMPTS: usize = 6;

/// A trace in `window`, without its start and its label.
pub fn trace(workload: &Workload, window: usize, clock_overflow: bool, rng: &mut impl Rng) -> Trace {
    let id = format!("{:016x}", rng.next_u64());
    let shape = &workload.shapes[workload.mixes[window].sample(rng)];
    let measured = durations(shape, window, rng);
    let fitting = repaired(shape, &measured, rng);
    let starts = placement::starts(shape, &fitting, rng);
    let status = shape.status.of(measured[0]);
    let span = |i: usize| {
        let plan = &shape.spans[i];
        Span {
            service: plan.service,
            operation: plan.operation,
            start_us: starts[i],
            duration_us: if clock_overflow { measured[i] } else { fitting[i] },
            status: if plan.has_status { Status::from_number(status) } else { Status::UNSET },
            // The tables the simulation reproduces have neither kinds nor attributes.
            ..Span::default()
        }
    };
    let (order, edges) = ordered(shape, &starts);
    Trace { id, start_ns: 0, label: Label::Unknown, spans: order.into_iter().map(span).collect(), edges }
}

/// Durations in whole µs, as the tracer of the real run gives them.
fn durations(shape: &Shape, window: usize, rng: &mut impl Rng) -> Vec<f64> {
    let window = &shape.windows[window];
    let timings = &window.alternatives[window.weights.sample(rng)];
    let root: f64 = rng.random();
    let mut probabilities = vec![root; timings.len()];
    let mut durations = vec![timings[0].duration.at(root).round(); timings.len()];
    for (parent, calls) in shape.calls.iter().enumerate() {
        for _ in 0..ATTEMPTS {
            for &call in calls {
                (probabilities[call], durations[call]) = call_duration(&shape.spans[call], &timings[call], &probabilities, &durations, rng);
            }
            if !placement::one_by_one(&shape.spans, calls) || placement::sequential_us(&shape.spans, calls, &durations) <= durations[parent]
            {
                break;
            }
        }
    }
    durations
}

/// Probability and duration of a span whose host has been drawn.
fn call_duration(span: &SpanPlan, timing: &Timing, probabilities: &[f64], durations: &[f64], rng: &mut impl Rng) -> (f64, f64) {
    let probability = match (&timing.coupling, span.host) {
        (Some(coupling), Some(host)) => coupling.draw(probabilities[host], rng),
        _ => rng.random(),
    };
    // Measured quantiles that never cross can do so between two knots, by a little.
    let longest = span.host.filter(|_| timing.fits).map_or(f64::INFINITY, |host| durations[host]);
    (probability, timing.duration.at(probability).round().min(longest))
}

/// The durations with those of the overflowing clock replaced by ones between the spans below and the span above.
fn repaired(shape: &Shape, measured: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let mut fitting = measured.to_vec();
    for (i, span) in shape.spans.iter().enumerate().filter(|(_, span)| span.overflows) {
        let below = shape.spans.iter().zip(measured).filter(|(child, _)| child.parent == Some(i));
        let above = span.host.map_or(0.0, |host| measured[host]);
        // A caller that gives up early does not stop what it called.
        let longest = below.map(|(_, &duration)| duration).fold(0.0, f64::max).min(above);
        fitting[i] = (longest + rng.random_range(REPAIRED_POSITION) * (above - longest)).round();
    }
    fitting
}

/// Preorder of the spans by start, and the edges between the new positions.
fn ordered(shape: &Shape, starts: &[f64]) -> (Vec<usize>, Vec<Edge>) {
    let parents: Vec<Option<usize>> = shape.spans.iter().map(|span| span.parent).collect();
    let labels: Vec<(u32, u32)> = shape.spans.iter().map(|span| (span.service, span.operation)).collect();
    let starts: Vec<i64> = starts.iter().map(|&start| start as i64).collect();
    let order = preorder(&parents, &labels, Some(&starts));
    let mut position = vec![0u32; order.len()];
    for (new, &old) in (0u32..).zip(&order) {
        position[old] = new;
    }
    let edges = (0..parents.len()).filter_map(|i| Some(Edge { parent: position[parents[i]?], child: position[i] })).collect();
    (order, edges)
}
