//! The stages of a variant, in order.

use tracesmith_evaluate::Measurement;

use super::context::{Place, Study};
use super::job::{Found, Job};
use crate::config::{MAIN_SIZE, Question};
use crate::differential_privacy;
use crate::error::ExperimentError;
use crate::outcome::{Outcome, ProjectionPoints, TellTales};
use crate::results::Row;

impl Study<'_> {
    /// Runs all stages.
    pub(crate) fn run(&self) -> Result<Outcome, ExperimentError> {
        let places = self.places();
        self.each(&self.distinct_fits(&places)?, |place| self.fit(*place))?;
        let samples: Vec<(Place, String)> =
            places.iter().flat_map(|place| self.experiment.utility.sizes.iter().map(|size| (*place, size.clone()))).collect();
        self.each(&samples, |(place, size)| self.sample(*place, size).map(|_| ()))?;
        let jobs = self.jobs(&places);
        let found = self.each(&jobs, |job| self.measure(job))?;
        let mut outcome = Outcome::default();
        for (job, found) in jobs.iter().zip(found) {
            self.collect(&mut outcome, job, found);
        }
        self.detect_anomalies(&mut outcome)?;
        self.note_privacy(&mut outcome)?;
        self.visualise(&mut outcome)?;
        Ok(outcome)
    }

    /// The promises of generators that are trained with differential privacy.
    fn note_privacy(&self, outcome: &mut Outcome) -> Result<(), ExperimentError> {
        for place in self.places() {
            let promise = self.generator(place.generator).1.promise(self.traces(place).training.len());
            let promise = promise.map_err(|error| ExperimentError::stage(&self.title("promise of", place), &error))?;
            if let Some(promise) = promise {
                let row = Row { question: differential_privacy::QUESTION.into(), ..self.generator_row(Question::Rq4, place) };
                outcome.add(&row, &differential_privacy::measurements(&promise));
            }
        }
        Ok(())
    }

    fn collect(&self, outcome: &mut Outcome, job: &Job, found: Found) {
        match (job, found) {
            (Job::Classify { seed, training }, Found::Utility(scores)) => self.collect_utility(outcome, *seed, training, scores),
            (Job::Compare(place, size), Found::Comparison { measurements, real, synthetic, tell_tales }) => {
                outcome.add(&self.sized_row(*place, size), &measurements);
                let (system, generator) = (self.traces(*place).system.clone(), self.generator(place.generator).0.to_owned());
                if place.seed == 0 {
                    let (system, generator) = (system.clone(), generator.clone());
                    outcome.visuals.projections.push(ProjectionPoints { system, generator, real, synthetic });
                }
                let seed = self.experiment.seeds[place.seed];
                outcome.visuals.tell_tales.push(TellTales { system, generator, seed, features: tell_tales });
            }
            (job, Found::Measurements { own, training }) => self.collect_measurements(outcome, job, &own, &training),
            _ => unreachable!("a job has one kind of result"),
        }
    }

    /// `training` is what a reconstruction reaches on the training traces.
    fn collect_measurements(&self, outcome: &mut Outcome, job: &Job, own: &[Measurement], training: &[Measurement]) {
        let row = match job {
            Job::Reconstruct(place) => {
                let row = self.generator_row(Question::Rq1, *place);
                outcome.add(&Row { protocol: "training".into(), ..row.clone() }, training);
                row
            }
            Job::Compare(place, size) => self.sized_row(*place, size),
            Job::Latent(place) => self.generator_row(Question::Rq4, *place),
            Job::Likelihood(place) | Job::Discriminate(place) => self.sized_row(*place, MAIN_SIZE),
            Job::GnnCeiling { seed, system } | Job::Ceiling { seed, system } => self.ceiling_row(Question::Rq4, *seed, *system),
            Job::Classify { .. } => unreachable!("a classifier has scores"),
        };
        outcome.add(&row, own);
    }

    fn sized_row(&self, place: Place, size: &str) -> Row {
        Row { size: size.to_owned(), ..self.generator_row(Question::Rq4, place) }
    }
}
