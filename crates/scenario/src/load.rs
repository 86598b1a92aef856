//! How many traces begin when.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use crate::{Diurnal, Load};

/// Pieces of a wave within which the rate counts as constant.
const PIECES_OF_A_WAVE: f64 = 256.0;

/// Traces a second over the time line of a scenario: constant, a wave, spikes.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadCurve {
    /// Ends of pieces in seconds; the first one begins at 0.
    ends_s: Vec<f64>,
    /// Traces expected before each end.
    traces: Vec<f64>,
}

impl LoadCurve {
    /// The curve of `load` over `duration_s` seconds, at one trace a second where it names no rate.
    pub fn new(load: &Load, duration_s: f64) -> Self {
        let rate = load.rate.unwrap_or(1.0);
        let mut ends_s: Vec<f64> = load.spikes.iter().flat_map(|spike| [spike.at_s, spike.at_s + spike.for_s]).collect();
        if let Some(wave) = &load.diurnal {
            let pieces = (duration_s / wave.period_s * PIECES_OF_A_WAVE).ceil() as usize;
            ends_s.extend((1..pieces).map(|piece| duration_s * piece as f64 / pieces as f64));
        }
        ends_s.retain(|&end| 0.0 < end && end < duration_s);
        ends_s.push(duration_s);
        ends_s.sort_by(f64::total_cmp);
        ends_s.dedup();
        let (mut begin, mut expected) = (0.0, 0.0);
        let mut traces = Vec::with_capacity(ends_s.len());
        for &end in &ends_s {
            let middle = f64::midpoint(begin, end);
            let active = load.spikes.iter().filter(|spike| spike.at_s <= middle && middle < spike.at_s + spike.for_s);
            let factor: f64 = active.map(|spike| spike.factor).product();
            expected += rate * factor * load.diurnal.as_ref().map_or(end - begin, |wave| integral(wave, begin, end));
            traces.push(expected);
            begin = end;
        }
        Self { ends_s, traces }
    }

    /// Number of traces to expect.
    pub fn expected(&self) -> f64 {
        self.traces.last().copied().unwrap_or(0.0)
    }

    /// A time in seconds, as likely as the rate at that time says.
    pub fn draw(&self, rng: &mut impl Rng) -> f64 {
        let wanted = rng.random::<f64>() * self.expected();
        let piece = self.traces.partition_point(|&traces| traces <= wanted).min(self.ends_s.len() - 1);
        let (begin, before) = piece.checked_sub(1).map_or((0.0, 0.0), |last| (self.ends_s[last], self.traces[last]));
        let inside = self.traces[piece] - before;
        let share = if inside > 0.0 { (wanted - before) / inside } else { 0.0 };
        begin + share * (self.ends_s[piece] - begin)
    }
}

/// ∫ 1 + a cos(2π (t − peak) / period) dt.
fn integral(wave: &Diurnal, begin: f64, end: f64) -> f64 {
    let sine = |t: f64| (TAU * (t - wave.peak_s) / wave.period_s).sin();
    end - begin + wave.amplitude * wave.period_s / TAU * (sine(end) - sine(begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spike;

    fn share_between(load: &Load, from: f64, to: f64) -> f64 {
        let curve = LoadCurve::new(load, 100.0);
        let mut rng = tracesmith_trace::rng(1, "load");
        let draws = 20_000;
        let inside =
            (0..draws).map(|_| curve.draw(&mut rng)).inspect(|t| assert!((0.0..100.0).contains(t))).filter(|t| (from..to).contains(t));
        inside.count() as f64 / f64::from(draws)
    }

    #[test]
    fn a_constant_load_is_even() {
        let load = Load { rate: Some(3.0), ..Load::default() };
        assert_eq!(LoadCurve::new(&load, 100.0).expected(), 300.0);
        assert!((share_between(&load, 20.0, 50.0) - 0.3).abs() < 0.015);
    }

    #[test]
    fn spikes_multiply_the_rate_for_their_time() {
        let spike = |at_s, for_s, factor| Spike { at_s, for_s, factor };
        let load = Load { rate: Some(1.0), diurnal: None, spikes: vec![spike(20.0, 10.0, 6.0), spike(90.0, 50.0, 0.0)] };
        assert!((LoadCurve::new(&load, 100.0).expected() - 140.0).abs() < 1e-9);
        assert!((share_between(&load, 20.0, 30.0) - 60.0 / 140.0).abs() < 0.015);
        assert_eq!(share_between(&load, 90.0, 100.0), 0.0);
    }

    #[test]
    fn a_wave_has_its_peak_where_it_shall() {
        let wave = Diurnal { period_s: 100.0, amplitude: 1.0, peak_s: 25.0 };
        let load = Load { rate: Some(2.0), diurnal: Some(wave), spikes: Vec::new() };
        assert!((LoadCurve::new(&load, 100.0).expected() - 200.0).abs() < 1e-9);
        let half = 0.5 + 1.0 / std::f64::consts::PI;
        assert!((share_between(&load, 0.0, 50.0) - half).abs() < 0.015);
        assert!(share_between(&load, 70.0, 80.0) < 0.005);
    }
}
