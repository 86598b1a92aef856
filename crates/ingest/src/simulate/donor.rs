//! Which measured durations stand in for those of a shape in a window where too few traces were seen.

use super::table::{FaultShare, Sample, ShapeTable};

/// Fewer traces than this say too little about a distribution.
const FEWEST_TRACES: usize = 5;

/// The durations that a shape takes in a window.
#[derive(Debug)]
pub struct Donor<'a> {
    /// Measured durations that are equally near; they stand for the window together, each with the weight of its traces.
    pub samples: Vec<&'a Sample>,
    /// For every span of the shape the position of its counterpart in the samples.
    pub counterparts: Vec<usize>,
}

/// The best source for `shape` in `window`: measured on the shape itself before on a larger shape that contains it, and there in the nearest
/// windows (see [`distance`]).
pub fn find<'a>(shapes: &'a [ShapeTable], shape: usize, window: usize, faults: &[FaultShare]) -> Option<Donor<'a>> {
    let itself = (0..shapes[shape].nodes.len()).collect();
    let larger =
        (0..shapes.len()).filter(|&other| other != shape).filter_map(|other| Some((other, embed(&shapes[shape], &shapes[other])?)));
    let distance = |sample: &Sample| distance(&shapes[shape], sample.window, window, faults);
    std::iter::once((shape, itself)).chain(larger).find_map(|(source, counterparts)| {
        let enough = || shapes[source].samples.iter().filter(|sample| sample.traces >= FEWEST_TRACES);
        let nearest = enough().map(distance).min()?;
        Some(Donor { samples: enough().filter(|sample| distance(sample) == nearest).collect(), counterparts })
    })
}

/// How far the window `from` is from being `to` for a shape: 0 itself; 1 the same service with a fault of the same family (`network_delay`,
/// `network_loss`); 2 normal time and faults of the same family in services that the shape does not call; 3 anything else.
fn distance(shape: &ShapeTable, from: usize, to: usize, faults: &[FaultShare]) -> u8 {
    let fault = |window: usize| window.checked_sub(1).and_then(|i| faults.get(i));
    let family = |fault: &FaultShare| fault.kind.split('_').next().map(str::to_owned);
    let calls = |service: &str| shape.nodes.iter().any(|node| node.service == service);
    match (fault(from), fault(to)) {
        _ if from == to => 0,
        (Some(a), Some(b)) if a.service == b.service && family(a) == family(b) => 1,
        (None, _) => 2,
        (Some(a), Some(b)) if family(a) == family(b) && !calls(&a.service) => 2,
        _ => 3,
    }
}

/// Counterparts of all spans of `small` in `large`, if `large` contains that tree with its root at the root.
fn embed(small: &ShapeTable, large: &ShapeTable) -> Option<Vec<usize>> {
    let mut counterparts = vec![usize::MAX; small.nodes.len()];
    place(small, large, 0, 0, &mut counterparts).then_some(counterparts)
}

/// Matches the subtree of `node` with that of `host`; larger subtrees choose first, so that a leaf does not take the place of a call that goes on.
fn place(small: &ShapeTable, large: &ShapeTable, node: usize, host: usize, counterparts: &mut [usize]) -> bool {
    let (a, b) = (&small.nodes[node], &large.nodes[host]);
    if (&a.service, &a.operation) != (&b.service, &b.operation) {
        return false;
    }
    counterparts[node] = host;
    let mut children = children(small, node);
    children.sort_by_key(|&child| std::cmp::Reverse(size(small, child)));
    let mut free = self::children(large, host);
    children.into_iter().all(|child| match free.iter().position(|&h| place(small, large, child, h, counterparts)) {
        Some(i) => {
            free.remove(i);
            true
        }
        None => false,
    })
}

fn children(shape: &ShapeTable, node: usize) -> Vec<usize> {
    (0..shape.nodes.len()).filter(|&child| shape.nodes[child].parent() == Some(node)).collect()
}

fn size(shape: &ShapeTable, node: usize) -> usize {
    1 + children(shape, node).into_iter().map(|child| size(shape, child)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::table::Table;

    #[test]
    fn a_failed_request_takes_the_durations_of_the_request_that_contains_it() {
        let table: Table = serde_json::from_str(include_str!("tables/trainticket.json")).unwrap();
        let failed = table.shapes.iter().position(|shape| shape.nodes.len() == 8).unwrap();
        let loss = table.faults.iter().position(|fault| fault.service == "ts-contacts-service" && fault.kind == "network_loss").unwrap();
        let donor = find(&table.shapes, failed, loss + 1, &table.faults).unwrap();
        assert_eq!(donor.samples.len(), 1);
        assert_eq!(table.faults[donor.samples[0].window - 1].kind, "network_delay");
        assert_eq!(donor.samples[0].quantiles.len(), 9);
        assert_eq!(donor.counterparts, [0, 1, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_window_of_few_traces_takes_what_its_fault_does_not_touch() {
        let table: Table = serde_json::from_str(include_str!("tables/trainticket.json")).unwrap();
        let image_code = table.shapes.iter().position(|shape| shape.nodes[0].operation == "imageCode").unwrap();
        let travel_delay =
            table.faults.iter().position(|fault| fault.service == "ts-travel-service" && fault.kind == "network_delay").unwrap();
        let donor = find(&table.shapes, image_code, travel_delay + 1, &table.faults).unwrap();
        let kinds: Vec<_> =
            donor.samples.iter().map(|sample| sample.window.checked_sub(1).map(|i| table.faults[i].kind.as_str())).collect();
        assert!(kinds.len() > 2 && kinds.contains(&None) && !kinds.contains(&Some("cpu_load")), "{kinds:?}");
    }
}
