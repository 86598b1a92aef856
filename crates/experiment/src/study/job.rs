//! The measurements of a variant, one by one.

use serde::{Deserialize, Serialize};
use tracesmith_evaluate::Measurement;

use super::context::{Place, Study};
use crate::config::{MAIN_SIZE, Question};
use crate::error::ExperimentError;
use crate::outcome::TellTale;
use crate::utility::UtilityScores;

/// What a classifier is trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Training {
    Real,
    Mixed { generator: usize, size: String, real_percent: u32 },
}

/// A measurement; each is cached on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    Reconstruct(Place),
    Compare(Place, String),
    Ceiling {
        seed: usize,
        system: usize,
    },
    /// Whether the likelihood of a trace gives training traces away.
    Likelihood(Place),
    /// What the latent of a trace is good for.
    Latent(Place),
    /// The graph classifier on held-out traces against synthetic ones.
    Discriminate(Place),
    /// The same against training traces.
    GnnCeiling {
        seed: usize,
        system: usize,
    },
    Classify {
        seed: usize,
        training: Training,
    },
}

/// Result of a [`Job`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Found {
    /// What was measured on held-out traces and, of a reconstruction, on training traces.
    Measurements {
        own: Vec<Measurement>,
        training: Vec<Measurement>,
    },
    /// A cached one of an earlier program has no tell-tales, cannot be read and is computed again.
    Comparison {
        measurements: Vec<Measurement>,
        real: Vec<[f64; 2]>,
        synthetic: Vec<[f64; 2]>,
        tell_tales: Vec<TellTale>,
    },
    Utility(UtilityScores),
}

impl Found {
    /// Measurements of one set of traces.
    pub(super) fn of(own: Vec<Measurement>) -> Self {
        Self::Measurements { own, training: Vec::new() }
    }
}

impl Study<'_> {
    pub(super) fn jobs(&self, places: &[Place]) -> Vec<Job> {
        let (experiment, seeds) = (self.experiment, self.prepared.len());
        let utility = experiment.asks(Question::Rq2) || experiment.asks(Question::Rq3);
        let mut jobs = Vec::new();
        // Long jobs first, so that no core is idle at the end.
        if utility {
            for seed in 0..seeds {
                jobs.push(Job::Classify { seed, training: Training::Real });
                jobs.extend(self.mixtures().into_iter().map(|training| Job::Classify { seed, training }));
            }
        }
        if experiment.asks(Question::Rq4) || experiment.asks(Question::Rq3) {
            jobs.extend((0..seeds).flat_map(|seed| (0..experiment.systems.len()).map(move |system| Job::Ceiling { seed, system })));
            jobs.extend(places.iter().flat_map(|&place| [Job::Latent(place), Job::Likelihood(place)]));
            if experiment.gnn_discriminator.enabled {
                jobs.extend(places.iter().map(|&place| Job::Discriminate(place)));
                jobs.extend((0..seeds).flat_map(|seed| (0..experiment.systems.len()).map(move |system| Job::GnnCeiling { seed, system })));
            }
            jobs.extend(
                places.iter().flat_map(|&place| experiment.utility.sizes.iter().map(move |size| Job::Compare(place, size.clone()))),
            );
        }
        if experiment.asks(Question::Rq1) {
            jobs.extend(places.iter().map(|&place| Job::Reconstruct(place)));
        }
        jobs
    }

    pub(super) fn measure(&self, job: &Job) -> Result<Found, ExperimentError> {
        match job {
            Job::Reconstruct(place) => self.reconstruct(*place),
            Job::Compare(place, size) => self.compare(*place, size),
            Job::Latent(place) => self.latent(*place),
            Job::Likelihood(place) => self.likelihood(*place),
            Job::Discriminate(place) => {
                let title = self.title("discriminate", *place);
                self.discriminate(&title, self.traces(*place), &self.sample(*place, MAIN_SIZE)?, place.seed)
            }
            Job::GnnCeiling { seed, system } => {
                let traces = &self.prepared[*seed][*system];
                let title = format!("discriminate real · {} · seed {}", traces.system, self.experiment.seeds[*seed]);
                self.discriminate(&title, traces, &traces.training, *seed)
            }
            Job::Ceiling { seed, system } => self.ceiling(&self.prepared[*seed][*system], self.experiment.seeds[*seed]),
            Job::Classify { seed, training } => self.classify(*seed, training),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_comparison_without_tell_tales_is_not_taken() {
        let cached = |rest: &str| {
            serde_json::from_str::<Found>(&format!(
                r#"{{"Comparison": {{"measurements": [{{"metric": "a", "value": 1.0}}], "real": [], "synthetic": []{rest}}}}}"#
            ))
        };
        assert!(cached("").is_err());
        let tale = r#", "tell_tales": [{"feature": "depth", "share": 0.5, "real": null, "synthetic": 2.0}]"#;
        assert!(matches!(cached(tale), Ok(Found::Comparison { tell_tales, .. }) if tell_tales[0].synthetic == Some(2.0)));
    }
}
