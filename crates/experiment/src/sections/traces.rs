//! The traces themselves, of the first seed.

use super::figures::figure;
use super::findings::Findings;
use crate::pictures::Pictures;
use crate::report::{Axis, Block, Plot, Points, Section};
use crate::results;

/// The viewer of a system and pictures of random traces, one a generator.
pub(super) fn section(findings: &Findings<'_>) -> Option<Section> {
    let (mut blocks, mut pictures) = (Vec::new(), Vec::new());
    for Pictures { system, viewer, random, .. } in &findings.outcome.visuals.pictures {
        blocks.push(Block::Text(format!(
            "Real (held out) and synthetic traces of {system} of the same shape, side by side, of the first seed. Point at a span for its service and status."
        )));
        blocks.push(Block::Viewer(viewer.clone()));
        let Some((real, generated)) = random.split_first() else { continue };
        for column in generated {
            let id = format!("traces-{system}-{}", column.name);
            let caption = format!("Random traces, {system}: real and by {}; each on its own time axis", column.name);
            pictures.push(figure(id, caption, Plot::Waterfalls { columns: vec![real.clone(), column.clone()] }));
        }
    }
    if blocks.is_empty() {
        return None;
    }
    blocks.push(Block::Details { summary: "Random traces".into(), blocks: pictures, numbers: results::FILE });
    Some(Section { id: "traces".into(), title: "Traces, real and synthetic".into(), blocks })
}

/// Quantiles of real against synthetic durations, for the operations that generators get wrong most.
pub(super) fn quantiles(findings: &Findings<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for Pictures { system, worst, .. } in &findings.outcome.visuals.pictures {
        for (rank, operation) in worst.iter().enumerate() {
            let mut series: Vec<Points> =
                operation.lines.iter().map(|line| Points { name: line.name.clone(), points: line.points.clone() }).collect();
            let real = || operation.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
            let ends = [real().fold(f64::INFINITY, f64::min), real().fold(0.0, f64::max)];
            series.push(Points { name: "same as real".into(), points: ends.map(|end| (end, end)).to_vec() });
            let plot = Plot::Lines { series, x: Axis::log("real duration (µs)"), y: Axis::log("synthetic duration (µs)") };
            let (service, name) = (tracesmith_view::printable(&operation.service), tracesmith_view::printable(&operation.operation));
            let caption = format!(
                "Quantiles (2 % to 98 %) of the durations of {service} {name}, {system}: number {} of the operations whose log-durations \
                 differ most on average over the generators (by a factor of {:.2})",
                rank + 1,
                operation.distance.exp()
            );
            blocks.push(figure(format!("quantiles-{system}-{}", rank + 1), caption, plot));
        }
    }
    blocks
}
