//! What a report shows of single runs: losses, costs, and the traces themselves.

use tracesmith_trace::{Corpus, derive_seed};

use super::context::{Place, Study};
use crate::config::{MAIN_SIZE, Question};
use crate::cost::Cost;
use crate::data::Prepared;
use crate::error::ExperimentError;
use crate::outcome::{LossCurve, Outcome};
use crate::pictures::Pictures;

impl Study<'_> {
    /// Loss curves, costs and raw samples of every seed, and traces of the first one.
    pub(super) fn visualise(&self, outcome: &mut Outcome) -> Result<(), ExperimentError> {
        for (seed, systems) in self.prepared.iter().enumerate() {
            for (system, prepared) in systems.iter().enumerate() {
                let synthetic = self.main_samples(seed, system)?;
                self.visualise_models(outcome, seed, system)?;
                self.show_traces(outcome, seed, prepared, &synthetic);
            }
        }
        Ok(())
    }

    /// Samples of the main size of every generator that a question needs.
    fn main_samples(&self, seed: usize, system: usize) -> Result<Vec<(&str, Corpus)>, ExperimentError> {
        if !self.experiment.utility.sizes.iter().any(|size| size == MAIN_SIZE) {
            return Ok(Vec::new());
        }
        let places = (0..self.experiment.generators.len()).map(|generator| Place::new(seed, system, generator));
        let needed = places.filter(|&place| self.is_needed(place));
        needed.map(|place| Ok((self.generator(place.generator).0, self.sample(place, MAIN_SIZE)?))).collect()
    }

    fn visualise_models(&self, outcome: &mut Outcome, seed: usize, system: usize) -> Result<(), ExperimentError> {
        for generator in 0..self.experiment.generators.len() {
            let place = Place::new(seed, system, generator);
            // Generators that differ in sampling alone share a fit and its curve.
            let fitting = self.generator(generator).1.fitting();
            let shown = (0..generator).any(|earlier| self.generator(earlier).1.fitting() == fitting);
            if !self.is_needed(place) || shown && !self.experiment.costs {
                continue;
            }
            let (name, system) = (self.generator(generator).0, &self.traces(place).system);
            let model = self.load(place)?;
            if self.experiment.costs {
                let fail = |error| ExperimentError::stage(&self.title("sample", place), &error);
                outcome.visuals.costs.push(Cost::of(system, name, model.as_ref(), &self.folder(place)?).map_err(fail)?);
            }
            let history = model.training().history;
            if !shown && !history.is_empty() {
                let curve = LossCurve { system: system.clone(), generator: name.to_owned(), history: history.to_vec() };
                outcome.visuals.losses.push(curve);
            }
        }
        Ok(())
    }

    /// What the report shows of the traces of a system and of the samples of its generators.
    fn show_traces(&self, outcome: &mut Outcome, seed: usize, prepared: &Prepared, synthetic: &[(&str, Corpus)]) {
        let visuals = &mut outcome.visuals;
        visuals.add_samples(&prepared.system, "real (held out)", &prepared.held_out);
        synthetic.iter().for_each(|(name, corpus)| visuals.add_samples(&prepared.system, name, corpus));
        if seed == 0 && self.experiment.asks(Question::Rq4) && !synthetic.is_empty() {
            let synthetic: Vec<(&str, &Corpus)> = synthetic.iter().map(|(name, corpus)| (*name, corpus)).collect();
            let seed = derive_seed(self.experiment.seeds[0], "pictures");
            visuals.pictures.push(Pictures::of(&prepared.system, &prepared.held_out, &synthetic, seed));
        }
    }
}
