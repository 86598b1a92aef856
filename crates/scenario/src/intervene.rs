//! What an intervention does to one trace.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tracesmith_trace::{SpanKind, Status};

use crate::scene::Scene;
use crate::target::Target;
use crate::timing::lengthen;
use crate::{Effect, Errors, Gone, GoneMode, Role, Slow};

const INTERNAL_SERVER_ERROR: u16 = 500;
const SERVICE_UNAVAILABLE: u16 = 503;
const GATEWAY_TIMEOUT: u16 = 504;

/// An intervention with its target and window found.
pub struct Action<'a> {
    pub effect: &'a Effect,
    pub target: Target,
    /// Times in ns since the Unix epoch at which calls that begin are hit.
    pub window_ns: Range<i64>,
    pub probability: f64,
}

/// What was done to a span of a scene, see [`crate::SpanTruth`].
pub struct Touched {
    pub span: usize,
    pub role: Role,
    pub delta_us: f64,
    pub status: Option<Status>,
    pub removed_spans: usize,
}

impl Action<'_> {
    /// Changes the scene of a trace that starts at `start_ns`.
    pub fn act(&self, scene: &mut Scene, start_ns: i64, rng: &mut ChaCha8Rng) -> Vec<Touched> {
        let hits = self.hits(scene, start_ns, rng);
        match self.effect {
            _ if hits.is_empty() => Vec::new(),
            Effect::Slow(slow) => slow_down(scene, &hits, slow, rng),
            Effect::Errors(errors) => fail(scene, &hits, errors, rng),
            Effect::Gone(gone) => vanish(scene, &hits, gone, rng),
        }
    }

    /// Calls that are hit, callers before what they call.
    fn hits(&self, scene: &Scene, start_ns: i64, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let targeted = |span: usize| self.target.includes(scene.spans[span].service, scene.spans[span].operation);
        // Who is gone does not call itself, and a root has no caller who could notice.
        let from_outside = |span: usize| scene.parents[span].is_some_and(|parent| !targeted(parent));
        let in_window = |span: usize| {
            // `as` saturates.
            let begin = start_ns.saturating_add((scene.spans[span].start_us * 1000.0).round() as i64);
            self.window_ns.contains(&begin)
        };
        let eligible = |&span: &usize| {
            !scene.removed[span] && targeted(span) && in_window(span) && (!matches!(self.effect, Effect::Gone(_)) || from_outside(span))
        };
        (0..scene.len()).filter(eligible).filter(|_| rng.random::<f64>() < self.probability).collect()
    }
}

fn slow_down(scene: &mut Scene, hits: &[usize], slow: &Slow, rng: &mut ChaCha8Rng) -> Vec<Touched> {
    let inside = time_in_hits_below(scene, hits);
    let mut own_us = vec![0.0; scene.len()];
    for &span in hits {
        let duration = (scene.spans[span].duration_us - inside[span]).max(0.0);
        own_us[span] = ((slow.factor - 1.0) * duration + slow.delay_us.draw(rng)).round();
    }
    let mut causes = Causes::new(scene.len());
    hits.iter().filter(|&&span| own_us[span] != 0.0).for_each(|&span| causes.add(span, None, 0));
    causes.time(scene, own_us)
}

/// How long every span that is hit spends in the nearest spans below it that are hit too, in µs.
fn time_in_hits_below(scene: &Scene, hits: &[usize]) -> Vec<f64> {
    let mut is_hit = vec![false; scene.len()];
    hits.iter().for_each(|&span| is_hit[span] = true);
    let mut hit_above = vec![None; scene.len()];
    let mut inside = vec![0.0; scene.len()];
    for span in 0..scene.len() {
        let Some(parent) = scene.parents[span] else { continue };
        hit_above[span] = if is_hit[parent] { Some(parent) } else { hit_above[parent] };
        if let (Some(above), true) = (hit_above[span], is_hit[span]) {
            inside[above] += common_time_us(scene, above, span);
        }
    }
    inside
}

fn common_time_us(scene: &Scene, a: usize, b: usize) -> f64 {
    let start = |span: usize| scene.spans[span].start_us;
    (scene.end_us(a).min(scene.end_us(b)) - start(a).max(start(b))).max(0.0)
}

fn fail(scene: &mut Scene, hits: &[usize], errors: &Errors, rng: &mut ChaCha8Rng) -> Vec<Touched> {
    let calls = scene.calls();
    let mut causes = Causes::new(scene.len());
    let mut own_us = vec![0.0; scene.len()];
    for &span in hits {
        // An earlier one of them may have cut it off.
        if scene.removed[span] {
            continue;
        }
        let status = scene.fail(span, INTERNAL_SERVER_ERROR);
        let removed = if errors.cut { scene.cut_below(span, &calls) } else { 0 };
        own_us[span] = (scene.spans[span].duration_us * (errors.duration_factor - 1.0)).round();
        causes.add(span, Some(status), removed);
        causes.fail_callers(scene, span, errors.propagate, rng);
    }
    causes.time(scene, own_us)
}

fn vanish(scene: &mut Scene, hits: &[usize], gone: &Gone, rng: &mut ChaCha8Rng) -> Vec<Touched> {
    let calls = scene.calls();
    let mut causes = Causes::new(scene.len());
    let mut own_us = vec![0.0; scene.len()];
    let mut absent = Vec::new();
    let http = if gone.mode == GoneMode::Timeout { GATEWAY_TIMEOUT } else { SERVICE_UNAVAILABLE };
    for &span in hits {
        if scene.removed[span] {
            continue;
        }
        let client = scene.parents[span].filter(|&parent| scene.spans[parent].kind == SpanKind::Client);
        let shows = gone.mode == GoneMode::Timeout && client.is_none();
        let below = scene.cut_below(span, &calls);
        own_us[span] = (gone.wait_us.draw(rng) - scene.spans[span].duration_us).round();
        let status = shows.then(|| scene.fail(span, http));
        causes.add(span, status, below + usize::from(!shows));
        if !shows {
            absent.push(span);
        }
        match client {
            Some(client) => {
                causes.fail_caller(scene, client, http);
                causes.fail_callers(scene, client, gone.propagate, rng);
            }
            None => causes.fail_callers(scene, span, gone.propagate, rng),
        }
    }
    // A caller waits for a call that leaves no span, so times come first.
    let touched = causes.time(scene, own_us);
    absent.into_iter().for_each(|span| scene.remove(span));
    touched
}

/// Collects what an intervention does to the spans of a trace.
struct Causes {
    causes: Vec<Touched>,
    /// Status of every span that fails because of them.
    failed: Vec<Option<Status>>,
    is_cause: Vec<bool>,
}

impl Causes {
    fn new(spans: usize) -> Self {
        Self { causes: Vec::new(), failed: vec![None; spans], is_cause: vec![false; spans] }
    }

    fn add(&mut self, span: usize, status: Option<Status>, removed_spans: usize) {
        self.is_cause[span] = true;
        self.causes.push(Touched { span, role: Role::Cause, delta_us: 0.0, status, removed_spans });
    }

    fn has_failed(&self, span: usize) -> bool {
        self.is_cause[span] || self.failed[span].is_some()
    }

    fn fail_caller(&mut self, scene: &mut Scene, span: usize, http: u16) {
        if !self.has_failed(span) {
            self.failed[span] = Some(scene.fail(span, http));
        }
    }

    /// Lets callers that wait for `span` fail one after the other, each with `probability`. Those above one that has failed already had their
    /// draw.
    fn fail_callers(&mut self, scene: &mut Scene, span: usize, probability: f64, rng: &mut ChaCha8Rng) {
        let mut call = span;
        while let Some(caller) = scene.waiting_parent(call) {
            if self.has_failed(caller) || rng.random::<f64>() >= probability {
                return;
            }
            self.fail_caller(scene, caller, INTERNAL_SERVER_ERROR);
            call = caller;
        }
    }

    /// Lets the spans take `own_us` longer. All that was touched, by span and causes before effects.
    fn time(self, scene: &mut Scene, own_us: Vec<f64>) -> Vec<Touched> {
        let growth = lengthen(scene, own_us);
        let mut touched = self.causes;
        touched.iter_mut().for_each(|cause| cause.delta_us = growth.own_us[cause.span]);
        for (span, &status) in self.failed.iter().enumerate() {
            let delta_us = growth.waited_us[span];
            if !scene.removed[span] && (status.is_some() || delta_us != 0.0) {
                touched.push(Touched { span, role: Role::Effect, delta_us, status, removed_spans: 0 });
            }
        }
        touched.sort_by_key(|touched| (touched.span, touched.role == Role::Effect));
        touched
    }
}

#[cfg(test)]
mod tests;
