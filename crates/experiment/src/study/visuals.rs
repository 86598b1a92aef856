//! What a report shows of single runs: losses, costs, and the traces themselves.

use tracesmith_trace::{Corpus, derive_seed};

use super::{Place, Study};
use crate::config::MAIN_SIZE;
use crate::cost::Cost;
use crate::data::Prepared;
use crate::outcome::{LossCurve, Outcome, Samples};
use crate::pictures::Pictures;
use crate::{ExperimentError, Question};

impl Study<'_> {
    /// Loss curves, raw samples and traces of the first seed.
    pub(super) fn visualise(&self, outcome: &mut Outcome) -> Result<(), ExperimentError> {
        let sampled = self.experiment.utility.sizes.iter().any(|size| size == MAIN_SIZE);
        for (system, prepared) in self.prepared[0].iter().enumerate() {
            let mut synthetic = Vec::new();
            for generator in 0..self.experiment.generators.len() {
                let place = Place::new(0, system, generator);
                if !self.is_needed(place) {
                    continue;
                }
                let name = self.generator(generator).0;
                if sampled {
                    synthetic.push((name, self.sample(place, MAIN_SIZE)?));
                }
                // Generators that differ in sampling alone share a fit and its curve.
                let fitting = self.generator(generator).1.fitting();
                let shown = (0..generator).any(|earlier| self.generator(earlier).1.fitting() == fitting);
                if shown && !self.experiment.costs {
                    continue;
                }
                let model = self.load(place)?;
                if self.experiment.costs {
                    let fail = |error| ExperimentError::stage(&self.title("sample", place), &error);
                    outcome.visuals.costs.push(Cost::of(&prepared.system, name, model.as_ref(), &self.folder(place)?).map_err(fail)?);
                }
                let history = model.training().history;
                if !shown && !history.is_empty() {
                    let curve = LossCurve { system: prepared.system.clone(), generator: name.to_owned(), history: history.to_vec() };
                    outcome.visuals.losses.push(curve);
                }
            }
            self.show_traces(outcome, prepared, &synthetic);
        }
        Ok(())
    }

    /// What the report shows of the traces of a system and of the samples of its generators.
    fn show_traces(&self, outcome: &mut Outcome, prepared: &Prepared, synthetic: &[(&str, Corpus)]) {
        let visuals = &mut outcome.visuals;
        visuals.samples.push(samples(&prepared.system, "real (held out)", &prepared.held_out));
        visuals.samples.extend(synthetic.iter().map(|(name, corpus)| samples(&prepared.system, name, corpus)));
        if self.experiment.asks(Question::Rq4) && !synthetic.is_empty() {
            let synthetic: Vec<(&str, &Corpus)> = synthetic.iter().map(|(name, corpus)| (*name, corpus)).collect();
            let seed = derive_seed(self.experiment.seeds[0], "pictures");
            visuals.pictures.push(Pictures::of(&prepared.system, &prepared.held_out, &synthetic, seed));
        }
    }
}

fn samples(system: &str, name: &str, corpus: &Corpus) -> Samples {
    Samples {
        system: system.to_owned(),
        name: name.to_owned(),
        durations_us: corpus.span_durations_us().to_vec(),
        sizes: corpus.traces().map(|trace| trace.span_count() as f64).collect(),
    }
}
