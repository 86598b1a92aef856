//! M5: what the synthetic traces tell about those that the generator was fitted on.

use tracesmith_evaluate::EvaluationError;
use tracesmith_trace::{Corpus, Signature, TraceRef};

use super::check::{Check, Offender, Question};
use super::limits::Limits;
use super::shapes::{Toward, more_common};
use tracesmith_evaluate::memorisation::{memorisation, near_duplicates_of};
use tracesmith_evaluate::privacy::{Attack, ClosestRecord, Exposure, FALSE_POSITIVE_RATE, attack, occurrences};
use tracesmith_evaluate::ranking::Interval;
use tracesmith_evaluate::statistics::share;

/// What each of the checks is about.
struct Questions {
    membership: Question,
    found_members: Question,
    closest_record: Question,
    duplicates: Question,
    near_duplicates: Question,
    rare_shapes: Question,
}

impl Questions {
    fn of(limits: &Limits) -> Self {
        let question = |id, name, threshold| Question::at_most(id, name, threshold);
        Self {
            membership: question("M5.membership", "AUC of membership inference", limits.max_membership_auc),
            found_members: question("M5.found_members", "training traces found at 1 % false accusations", limits.max_found_members),
            closest_record: question(
                "M5.closest_record",
                "share closer to training than to held-out traces",
                limits.max_closer_to_training,
            ),
            duplicates: question("M5.duplicates", "exact duplicates over the natural rate", limits.max_duplicate_excess),
            near_duplicates: question("M5.near_duplicates", "near duplicates over the natural rate", limits.max_near_duplicate_excess),
            rare_shapes: question("M5.rare_shapes", "traces with rare shapes over the natural rate", limits.max_rare_shape_excess),
        }
    }

    fn not_measured(self, reason: &str) -> Vec<Check> {
        let Self { membership, found_members, closest_record, duplicates, near_duplicates, rare_shapes } = self;
        [membership, found_members, closest_record, duplicates, near_duplicates, rare_shapes]
            .map(|question| question.not_measured(reason))
            .into()
    }
}

/// Both attacks, copies, and rare shapes; all of them need the training traces.
///
/// # Errors
/// As [`tracesmith_evaluate::privacy()`].
pub(super) fn checks(
    real: &Corpus,
    synthetic: &Corpus,
    train: Option<&Corpus>,
    limits: &Limits,
    seed: u64,
) -> Result<Vec<Check>, EvaluationError> {
    let questions = Questions::of(limits);
    let Some(train) = train else { return Ok(questions.not_measured("it needs the training traces: --train")) };
    let attack = attack(train, real, synthetic, seed)?;
    let copies = memorisation(train, real, synthetic)?;
    let known = occurrences(train);
    let seen = |trace: TraceRef<'_>| known.get(&Signature::of(trace)).copied().unwrap_or(0);
    let is_rare = |trace: TraceRef<'_>| (1..limits.min_shape_count).contains(&seen(trace));
    let rare = |corpus: &Corpus| share(corpus.traces().filter(|&trace| is_rare(trace)).count(), corpus.len(), 0.0);
    let is_near = near_duplicates_of(train);
    Ok(vec![
        membership(questions.membership, &attack),
        found_members(questions.found_members, &attack, real),
        closest_record(questions.closest_record, &attack),
        questions.duplicates.measured(copies.excess, more_common(synthetic, real, Toward::Synthetic, |trace| seen(trace) > 0)),
        questions
            .near_duplicates
            .measured(copies.near_duplicate_rate - copies.natural_near_rate, more_common(synthetic, real, Toward::Synthetic, is_near)),
        questions.rare_shapes.measured(rare(synthetic) - rare(real), more_common(synthetic, real, Toward::Synthetic, is_rare)),
    ])
}

fn membership(question: Question, attack: &Attack) -> Check {
    let Interval { value, low, .. } = attack.privacy.membership.auc;
    question.measured(value, with_traces(low, &attack.members))
}

/// Not with so few held-out traces that 1 % of them is none: the nearest of five is passed by many a trace.
fn found_members(question: Question, attack: &Attack, held_out: &Corpus) -> Check {
    let needed = (1.0 / FALSE_POSITIVE_RATE).round() as usize;
    if held_out.len() < needed {
        return question.not_measured(&format!("it needs {needed} real traces: there are {}", held_out.len()));
    }
    let Interval { value, low, .. } = attack.privacy.membership.tpr_at_1pct_fpr;
    question.measured(value, with_traces(low, &attack.members))
}

/// The lower end of the interval, and the training traces that the attack is surest of.
fn with_traces(low: f64, members: &[Exposure]) -> Vec<Offender> {
    let interval = Offender { name: "lower end of its 95 % interval".to_owned(), found: low, expected: None };
    [interval].into_iter().chain(members.iter().take(10).map(|member| offender("training", member))).collect()
}

fn closest_record(question: Question, attack: &Attack) -> Check {
    match &attack.privacy.closest_record {
        Some(ClosestRecord { closer_to_training, .. }) => {
            question.measured(*closer_to_training, attack.copies.iter().take(10).map(|copy| offender("synthetic", copy)).collect())
        }
        None => question.not_measured("it needs synthetic traces with signatures of both training and real traces"),
    }
}

fn offender(side: &str, exposure: &Exposure) -> Offender {
    Offender { name: format!("{side} trace {} at a distance of", exposure.id), found: exposure.distance, expected: exposure.expected }
}
