//! A scenario on a whole corpus.

use tracesmith_formats::FaultWindow;
use tracesmith_ingest::label_at;
use tracesmith_trace::{Corpus, Fault, Status, TraceRef, rng};

use crate::intervene::{Action, Touched};
use crate::scene::Scene;
use crate::target::{Target, automatic, is_automatic};
use crate::{GroundTruth, InterventionTruth, LoadCurve, Role, Scenario, ScenarioError, SpanTruth, SpikeTruth};

const NS_PER_S: f64 = 1e9;
const NS_PER_US: i64 = 1_000;

/// When the traces of a corpus begin in a scenario.
struct TimeLine {
    start_ns: i64,
    end_ns: i64,
    /// Start of every trace.
    starts_ns: Vec<i64>,
    /// Positions of the traces in the order of the result.
    order: Vec<usize>,
}

impl TimeLine {
    /// `seconds` after the start.
    fn at(&self, seconds: f64) -> i64 {
        self.start_ns.saturating_add((seconds * NS_PER_S).round() as i64)
    }
}

impl Scenario {
    /// The scenario with every `auto` replaced by what it stands for in `corpus`, and every intervention named. Applied to other corpora of
    /// the same system, it hits the same names.
    ///
    /// # Errors
    /// [`ScenarioError::NoTarget`] if there is nothing for `auto`.
    pub fn resolved(&self, corpus: &Corpus) -> Result<Self, ScenarioError> {
        let mut resolved = self.clone();
        for (number, intervention) in resolved.interventions.iter_mut().enumerate() {
            let pattern = intervention.target.as_ref().unwrap_or(&self.target);
            let target =
                if is_automatic(pattern) { automatic(&intervention.effect, corpus, &target_key(number))? } else { pattern.clone() };
            intervention.target = Some(target);
            if intervention.name.is_empty() {
                intervention.name = format!("{}-{number}", intervention.effect.name());
            }
        }
        Ok(resolved)
    }

    /// Places the traces of `corpus` on the time line, lets the interventions happen, and says what they did. The same corpus and seed give
    /// the same result. Where the scenario has a time line, traces come in the order of their starts.
    ///
    /// A trace that overlaps the window of an intervention, whether hit or not, is labelled with it, as a reader of the fault windows would
    /// do; any other trace keeps its label. A scenario that asks for nothing gives the corpus back as it is.
    ///
    /// # Errors
    /// [`ScenarioError`] if a target is unknown, a window begins after the last trace, or a time becomes infinite.
    pub fn apply(&self, corpus: &Corpus, seed: u64) -> Result<(Corpus, GroundTruth), ScenarioError> {
        let scenario = self.resolved(corpus)?;
        let line = scenario.time_line(corpus, seed)?;
        let mut truth = scenario.empty_truth(&line, seed);
        let actions = scenario.actions(corpus, &line, &mut truth)?;
        let mut builder = corpus.empty_like();
        for (position, &source) in line.order.iter().enumerate() {
            let view = corpus.trace(source);
            let start_ns = line.starts_ns[source];
            let mut scene = Scene::of(view, corpus.has_starts());
            let mut touched = Vec::new();
            for (number, action) in actions.iter().enumerate() {
                let mut rng = rng(seed, &format!("intervention/{number}/{}", view.id));
                touched.extend(action.act(&mut scene, start_ns, &mut rng).into_iter().map(|touched| (number, touched)));
            }
            let records = Records { corpus, view, position, scene: scene.clone() };
            let (mut trace, places) = scene.finish(view).unwrap_or_else(|| (view.to_owned(), (0..view.span_count()).map(Some).collect()));
            trace.start_ns = start_ns;
            let label = label_at(&truth.windows, start_ns, trace.spans.first().map_or(0.0, |root| root.duration_us));
            if label.is_abnormal() {
                trace.label = label;
            }
            builder.push(trace)?;
            records.write(&touched, &places, &mut truth);
        }
        Ok((builder.finish(), truth))
    }

    fn time_line(&self, corpus: &Corpus, seed: u64) -> Result<TimeLine, ScenarioError> {
        let begins = || corpus.traces().map(|trace| trace.start_ns);
        let (first, last) = (begins().min().unwrap_or(0), begins().max().unwrap_or(0));
        let start_ns = self.start_unix_s.map_or(first, |seconds| seconds.saturating_mul(NS_PER_S as i64));
        let mut order: Vec<usize> = (0..corpus.len()).collect();
        let Some(duration_s) = self.duration_s else {
            let starts_ns = begins().map(|begin| begin.saturating_sub(first).saturating_add(start_ns)).collect();
            let end_ns = last.saturating_sub(first).saturating_add(start_ns);
            self.check_windows(last.saturating_sub(first) as f64 / NS_PER_S)?;
            return Ok(TimeLine { start_ns, end_ns, starts_ns, order });
        };
        let curve = LoadCurve::new(&self.load, duration_s);
        let mut rng = rng(seed, "arrivals");
        // In whole µs, which is what most formats carry.
        let mut begin = || start_ns.saturating_add((curve.draw(&mut rng) * NS_PER_S) as i64 / NS_PER_US * NS_PER_US);
        let starts_ns: Vec<i64> = order.iter().map(|_| begin()).collect();
        order.sort_by_key(|&trace| starts_ns[trace]);
        Ok(TimeLine { start_ns, end_ns: start_ns.saturating_add((duration_s * NS_PER_S) as i64), starts_ns, order })
    }

    /// Whether every intervention begins before the last trace does, where no time line says how long the scenario is.
    fn check_windows(&self, covered_s: f64) -> Result<(), ScenarioError> {
        let late = self.interventions.iter().enumerate().find(|(_, intervention)| intervention.from_s > covered_s);
        late.map_or(Ok(()), |(number, intervention)| {
            Err(ScenarioError::WindowOutside { key: format!("interventions.{number}.from_s"), from_s: intervention.from_s, covered_s })
        })
    }

    fn empty_truth(&self, line: &TimeLine, seed: u64) -> GroundTruth {
        let spike = |spike: &crate::Spike| SpikeTruth {
            start_ns: line.at(spike.at_s),
            end_ns: line.at(spike.at_s + spike.for_s) - 1,
            factor: spike.factor,
        };
        GroundTruth {
            scenario: self.title.clone(),
            seed,
            start_ns: line.start_ns,
            end_ns: line.end_ns,
            spikes: self.load.spikes.iter().map(spike).collect(),
            interventions: Vec::new(),
            windows: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Finds targets and windows of a resolved scenario, and notes them in `truth`.
    fn actions(&self, corpus: &Corpus, line: &TimeLine, truth: &mut GroundTruth) -> Result<Vec<Action<'_>>, ScenarioError> {
        let mut actions = Vec::with_capacity(self.interventions.len());
        for (number, intervention) in self.interventions.iter().enumerate() {
            let pattern = intervention.target.clone().unwrap_or_default();
            let target = Target::of(&pattern, corpus, &target_key(number))?;
            let begin = line.at(intervention.from_s);
            let end = intervention.for_s.map(|length| line.at(intervention.from_s + length));
            let window_end_ns = end.unwrap_or(line.end_ns.saturating_add(1)).saturating_sub(1).max(begin);
            let services = target.services();
            let service = match (services.len(), services.first()) {
                (1, Some(&only)) => corpus.services().name(only).to_owned(),
                _ => pattern.clone(),
            };
            let effect = intervention.effect.name();
            truth.windows.push(FaultWindow { start_ns: begin, end_ns: window_end_ns, fault: Fault { service, kind: effect.to_owned() } });
            truth.interventions.push(InterventionTruth {
                name: intervention.name.clone(),
                effect,
                target: pattern,
                window_start_ns: begin,
                window_end_ns,
                causes: 0,
                effects: 0,
                traces: 0,
            });
            // Calls that begin after the end of the scenario in a trace that began before are still in a window that lasts to the end.
            let window_ns = begin..end.unwrap_or(i64::MAX);
            actions.push(Action { effect: &intervention.effect, target, window_ns, probability: intervention.probability });
        }
        truth.windows.sort();
        Ok(actions)
    }
}

fn target_key(number: usize) -> String {
    format!("interventions.{number}.target")
}

/// What is needed to say what was done to a trace.
struct Records<'a> {
    corpus: &'a Corpus,
    view: TraceRef<'a>,
    position: usize,
    scene: Scene,
}

impl Records<'_> {
    /// Adds what each intervention touched; `places` are the positions of the spans in the new trace.
    fn write(&self, touched: &[(usize, Touched)], places: &[Option<usize>], truth: &mut GroundTruth) {
        let mut last = None;
        for (number, touched) in touched {
            let counts = &mut truth.interventions[*number];
            counts.traces += usize::from(last != Some(*number));
            last = Some(*number);
            match touched.role {
                Role::Cause => counts.causes += 1,
                Role::Effect => counts.effects += 1,
            }
            truth.spans.push(SpanTruth {
                trace: self.position,
                trace_id: self.view.id.to_owned(),
                span: places[touched.span],
                parent: self.scene.parents[touched.span].and_then(|parent| places[parent]),
                service: self.corpus.services().name(self.view.services[touched.span]).to_owned(),
                operation: self.corpus.operations().name(self.view.operations[touched.span]).to_owned(),
                intervention: *number,
                role: touched.role,
                delta_us: touched.delta_us,
                status: touched.status.map(Status::number),
                removed_spans: touched.removed_spans,
            });
        }
    }
}

#[cfg(test)]
mod tests;
