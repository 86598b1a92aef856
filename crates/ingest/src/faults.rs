//! From fault windows to labels.

use tracesmith_formats::FaultWindow;
use tracesmith_trace::Label;

/// Label of a trace whose root lasted from `start_ns` for `duration_us`: abnormal if the root overlaps a window, ends included.
///
/// `windows` are ordered by start and on the clock of the spans. Of several overlapping windows the one that started first counts, as its
/// effect was there first.
pub fn label_at(windows: &[FaultWindow], start_ns: i64, duration_us: f64) -> Label {
    // `as` saturates, which is right for a root that never ends.
    let end_ns = start_ns.saturating_add((duration_us * 1000.0) as i64);
    let overlapping = windows.iter().find(|window| window.start_ns <= end_ns && start_ns <= window.end_ns);
    overlapping.map_or(Label::Normal, |window| Label::Abnormal(window.fault.clone()))
}

/// The windows on a clock that is `offset_s` seconds ahead of theirs, ordered by start.
pub(crate) fn on_clock_of_spans(mut windows: Vec<FaultWindow>, offset_s: i64) -> Vec<FaultWindow> {
    let offset_ns = offset_s.saturating_mul(1_000_000_000);
    for window in &mut windows {
        window.start_ns = window.start_ns.saturating_add(offset_ns);
        window.end_ns = window.end_ns.saturating_add(offset_ns);
    }
    windows.sort();
    windows
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::Fault;

    use super::*;

    fn window(start_s: i64, end_s: i64, kind: &str) -> FaultWindow {
        let fault = Fault { service: "s".into(), kind: kind.into() };
        FaultWindow { start_ns: start_s * 1_000_000_000, end_ns: end_s * 1_000_000_000, fault }
    }

    #[test]
    fn a_root_that_overlaps_a_window_is_abnormal() {
        let windows = [window(10, 20, "x")];
        let second = 1_000_000_000;
        for (start_s, duration_us, abnormal) in
            [(8, 1e6, false), (8, 2e6, true), (8, 60e6, true), (15, 0.0, true), (20, 1.0, true), (21, 1.0, false)]
        {
            assert_eq!(label_at(&windows, start_s * second, duration_us).is_abnormal(), abnormal, "{start_s} {duration_us}");
        }
        assert_eq!(label_at(&[], 0, 1.0), Label::Normal);
    }

    #[test]
    fn of_two_windows_the_earlier_one_counts() {
        let windows = on_clock_of_spans(vec![window(15, 30, "late"), window(10, 20, "early")], 0);
        assert_eq!(label_at(&windows, 16_000_000_000, 1.0), Label::Abnormal(windows[0].fault.clone()));
        assert_eq!(windows[0].fault.kind, "early");
    }

    #[test]
    fn the_clock_offset_moves_the_windows() {
        let windows = on_clock_of_spans(vec![window(10, 20, "x")], 8 * 3600);
        assert_eq!(windows, [window(28_810, 28_820, "x")]);
    }
}
