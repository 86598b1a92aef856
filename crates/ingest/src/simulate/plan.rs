//! A table made ready for drawing.

use rand::distr::weighted::WeightedIndex;
use tracesmith_trace::Vocabulary;

use super::coupling::Coupling;
use super::donor;
use super::quantile::QuantileFunction;
use super::table::{FaultShare, Sample, ShapeTable, Table};

/// A system's requests with their mix and durations in every window; window 0 is normal time.
#[derive(Debug)]
pub struct Workload {
    /// All service names.
    pub services: Vocabulary,
    /// All operation names.
    pub operations: Vocabulary,
    /// Fault windows of one campaign; that of window w is at w − 1.
    pub faults: Vec<FaultShare>,
    /// Traces of one campaign in every window.
    pub traces: Vec<usize>,
    /// Length of one campaign in seconds.
    pub length_s: u32,
    /// Request shapes.
    pub shapes: Vec<Shape>,
    /// For every window the mix of shapes.
    pub mixes: Vec<WeightedIndex<u32>>,
}

/// A request shape.
#[derive(Debug)]
pub struct Shape {
    /// Spans, parents before children.
    pub spans: Vec<SpanPlan>,
    /// For every span the spans it calls, stage after stage.
    pub calls: Vec<Vec<usize>>,
    /// The root's status.
    pub status: StatusRule,
    /// For every window the durations.
    pub windows: Vec<WindowPlan>,
}

/// Durations of a shape in a window: one measured sample, or several that stand in together.
#[derive(Debug)]
pub struct WindowPlan {
    /// Which alternative a trace takes.
    pub weights: WeightedIndex<usize>,
    /// Traces of every alternative.
    traces: Vec<usize>,
    /// For every alternative the durations of all spans.
    pub alternatives: Vec<Vec<Timing>>,
}

/// What is the same for a span in all windows.
#[derive(Debug)]
pub struct SpanPlan {
    /// Id of the service.
    pub service: u32,
    /// Id of the operation.
    pub operation: u32,
    /// Position of the parent.
    pub parent: Option<usize>,
    /// See [`super::table::Node::stage`].
    pub stage: usize,
    /// Nearest ancestor whose duration is real, which this span must fit into.
    pub host: Option<usize>,
    /// Whether the measured duration is the nonsense of the overflowing clock.
    pub overflows: bool,
    /// Whether the span has the root's status.
    pub has_status: bool,
}

/// Duration of a span in a window.
#[derive(Debug)]
pub struct Timing {
    /// Measured distribution.
    pub duration: QuantileFunction,
    /// How it goes with the host's; `None` for roots and overflowing spans.
    pub coupling: Option<Coupling>,
    /// Whether it never exceeds the host's in the measured quantiles.
    pub fits: bool,
}

/// The root's status.
#[derive(Debug, Clone, Copy)]
pub struct StatusRule {
    usual: u16,
    slow: Option<(f64, u16)>,
}

impl StatusRule {
    /// Status of a root that lasts `root_us` µs.
    pub fn of(&self, root_us: f64) -> u16 {
        match self.slow {
            Some((threshold_us, status)) if root_us >= threshold_us => status,
            _ => self.usual,
        }
    }
}

impl Workload {
    /// Makes a compiled-in table ready.
    ///
    /// # Panics
    /// If the table is not what it should be, which the tests would have shown.
    pub fn parse(json: &str) -> Self {
        let table: Table = serde_json::from_str(json).expect("a compiled-in table is valid JSON of this form");
        let nodes = || table.shapes.iter().flat_map(|shape| &shape.nodes);
        let services = Vocabulary::new(nodes().map(|node| node.service.as_str()));
        let operations = Vocabulary::new(nodes().map(|node| node.operation.as_str()));
        let shapes = (0..table.shapes.len()).map(|shape| Shape::new(&table, shape, &services, &operations)).collect();
        let mix = |window: usize| {
            WeightedIndex::new(table.shapes.iter().map(|shape| shape.counts[window])).expect("every window has traces of some shape")
        };
        let mixes = (0..=table.faults.len()).map(mix).collect();
        let traces = std::iter::once(table.normal_traces).chain(table.faults.iter().map(|fault| fault.traces)).collect();
        Self { services, operations, traces, length_s: table.length_s, shapes, mixes, faults: table.faults }
    }
}

impl Shape {
    fn new(table: &Table, position: usize, services: &Vocabulary, operations: &Vocabulary) -> Self {
        let shape = &table.shapes[position];
        let overflows = overflowing_spans(table, position);
        let root = &shape.nodes[0];
        let mut spans: Vec<SpanPlan> = Vec::with_capacity(shape.nodes.len());
        for (node, &overflows) in shape.nodes.iter().zip(&overflows) {
            let parent = node.parent();
            spans.push(SpanPlan {
                service: services.require(&node.service).expect("the vocabulary is of this table"),
                operation: operations.require(&node.operation).expect("the vocabulary is of this table"),
                parent,
                stage: node.stage,
                host: parent.and_then(|parent| if spans[parent].overflows { spans[parent].host } else { Some(parent) }),
                overflows,
                has_status: table.status_on_every_span || (&node.service, &node.operation) == (&root.service, &root.operation),
            });
        }
        let windows: Vec<_> = (0..=table.faults.len()).map(|window| WindowPlan::new(table, position, window, &spans)).collect();
        Self { status: status_rule(shape, &windows), calls: calls(&spans), spans, windows }
    }

    /// A shape without durations.
    #[cfg(test)]
    pub fn untimed(spans: Vec<SpanPlan>) -> Self {
        Self { calls: calls(&spans), spans, status: StatusRule { usual: 0, slow: None }, windows: Vec::new() }
    }
}

/// For every span the spans it calls, stage after stage.
fn calls(spans: &[SpanPlan]) -> Vec<Vec<usize>> {
    let mut calls = vec![Vec::new(); spans.len()];
    for (i, span) in spans.iter().enumerate() {
        if let Some(parent) = span.parent {
            calls[parent].push(i);
        }
    }
    calls.iter_mut().for_each(|calls| calls.sort_by_key(|&call| spans[call].stage));
    calls
}

/// Spans whose median is above their parent's in every window: no concurrency explains that, only the clock does.
fn overflowing_spans(table: &Table, shape: usize) -> Vec<bool> {
    let nodes = &table.shapes[shape].nodes;
    let middle = table.probabilities.len() / 2;
    let donors: Vec<_> = (0..=table.faults.len()).filter_map(|window| donor::find(&table.shapes, shape, window, &table.faults)).collect();
    let overflows = |(node, parent): (usize, usize)| {
        donors.iter().flat_map(|donor| donor.samples.iter().map(|sample| (sample, &donor.counterparts))).all(|(sample, counterparts)| {
            let median = |node: usize| sample.quantiles[counterparts[node]][middle];
            median(node) > median(parent)
        })
    };
    nodes.iter().enumerate().map(|(i, node)| node.parent().is_some_and(|parent| overflows((i, parent)))).collect()
}

impl WindowPlan {
    fn new(table: &Table, shape: usize, window: usize, spans: &[SpanPlan]) -> Self {
        let donor = donor::find(&table.shapes, shape, window, &table.faults).expect("every shape is part of one that was measured");
        let traces: Vec<usize> = donor.samples.iter().map(|sample| sample.traces).collect();
        Self {
            weights: WeightedIndex::new(&traces).expect("every sample has traces"),
            traces,
            alternatives: donor.samples.iter().map(|sample| timings(table, sample, &donor.counterparts, spans)).collect(),
        }
    }

    /// Share of roots that last at most `us` µs.
    fn share_of_roots(&self, us: f64) -> f64 {
        let up_to = |(&traces, timings): (&usize, &Vec<Timing>)| traces as f64 * timings[0].duration.probability_of(us);
        self.traces.iter().zip(&self.alternatives).map(up_to).sum::<f64>() / self.traces.iter().sum::<usize>() as f64
    }
}

fn timings(table: &Table, sample: &Sample, counterparts: &[usize], spans: &[SpanPlan]) -> Vec<Timing> {
    let quantiles = |span: usize| &sample.quantiles[counterparts[span]];
    let function = |span: usize| QuantileFunction::new(quantiles(span), &table.probabilities, sample.traces);
    let functions: Vec<_> = (0..spans.len()).map(function).collect();
    let timing = |(i, span): (usize, &SpanPlan)| Timing {
        duration: functions[i].clone(),
        coupling: span.host.filter(|_| !span.overflows).map(|host| Coupling::new(&functions[host], &functions[i])),
        fits: span.host.is_some_and(|host| quantiles(i).iter().zip(quantiles(host)).all(|(own, hosts)| own <= hosts)),
    };
    spans.iter().enumerate().map(timing).collect()
}

/// A shape with two statuses failed where it was slowest: in the published run all failed reads of the home timeline, and no other, took 10 s or
/// more. The threshold is the quantile of the root's durations in all windows that leaves the failed share above it.
fn status_rule(shape: &ShapeTable, windows: &[WindowPlan]) -> StatusRule {
    let total: u32 = shape.statuses.values().sum();
    let mut by_count: Vec<(u32, u16)> = shape.statuses.iter().map(|(&status, &count)| (count, status)).collect();
    by_count.sort_unstable_by(|a, b| b.cmp(a));
    let usual = by_count.first().map_or(0, |&(_, status)| status);
    let slow = by_count.get(1).map(|&(count, status)| (root_quantile(shape, windows, 1.0 - f64::from(count) / f64::from(total)), status));
    StatusRule { usual, slow }
}

/// Quantile in µs of the root's duration over all windows, by bisection.
fn root_quantile(shape: &ShapeTable, windows: &[WindowPlan], probability: f64) -> f64 {
    let total: u32 = shape.counts.iter().sum();
    let below = |us: f64| -> f64 {
        let counts = shape.counts.iter().zip(windows);
        counts.map(|(&count, window)| f64::from(count) * window.share_of_roots(us)).sum::<f64>() / f64::from(total)
    };
    let (mut low, mut high) = (0f64, 1e12f64.ln());
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if below(middle.exp()) < probability { low = middle } else { high = middle }
    }
    high.exp()
}

#[cfg(test)]
mod tests {
    use crate::simulate::System;
    use std::collections::BTreeSet;

    #[test]
    fn exactly_the_known_spans_overflow() {
        let workload = System::SocialNetwork.workload();
        let spans = workload.shapes.iter().flat_map(|shape| &shape.spans).filter(|span| span.overflows);
        let names: BTreeSet<&str> = spans.map(|span| workload.operations.name(span.operation)).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["GetFollowee", "GetFollower", "Login", "RegisterUser", "compose_post_client"]);
        assert!(System::TrainTicket.workload().shapes.iter().flat_map(|shape| &shape.spans).all(|span| !span.overflows));
    }

    #[test]
    fn reads_of_the_home_timeline_fail_when_they_take_seconds() {
        let workload = System::SocialNetwork.workload();
        let root = workload.operations.id("/api/home-timeline/read").unwrap();
        let read = workload.shapes.iter().find(|shape| shape.spans[0].operation == root && shape.spans.len() == 6).unwrap();
        assert_eq!([2e3, 2e6, 1.3e7].map(|us| read.status.of(us)), [200, 200, 500]);
    }
}
