//! Membership inference: can an attacker tell which real traces the generator was fitted on?

use serde::Serialize;

use crate::error::EvaluationError;
use crate::measurement::Measurement;
use crate::ranking::{Interval, Scored, roc_auc_interval, true_positive_rate_at};

/// Share of false accusations at which the true ones are counted.
pub const FALSE_POSITIVE_RATE: f64 = 0.01;

/// How well scores tell members from non-members; intervals are 95 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MembershipInference {
    /// Area under the ROC curve (interval of DeLong); 0.5 = private.
    pub auc: Interval,
    /// Share of the members that are found when 1 % of the others is taken for members (interval of Wilson); 0.01 = private. With fewer
    /// than 100 others: when none is.
    pub tpr_at_1pct_fpr: Interval,
    /// Number of members.
    pub members: usize,
    /// Number of others.
    pub non_members: usize,
}

/// Judges an attack by its scores, e.g. the log-likelihood or the ELBO of traces under the model; members should score higher. −∞ is a score.
///
/// # Errors
/// No scores on one of the sides, or a score that is not a number.
pub fn membership_from_scores(members: &[f64], non_members: &[f64]) -> Result<MembershipInference, EvaluationError> {
    for (what, scores) in [("scores of members", members), ("scores of non-members", non_members)] {
        if scores.is_empty() {
            return Err(EvaluationError::Empty(what));
        }
        if let Some(position) = scores.iter().position(|score| score.is_nan()) {
            return Err(EvaluationError::BadValue { what, position, value: scores[position] });
        }
    }
    let side = |scores: &[f64], member| scores.iter().map(|&score| (score, member)).collect::<Vec<Scored>>();
    let scored = [side(members, true), side(non_members, false)].concat();
    Ok(MembershipInference {
        auc: roc_auc_interval(&scored),
        tpr_at_1pct_fpr: true_positive_rate_at(&scored, FALSE_POSITIVE_RATE),
        members: members.len(),
        non_members: non_members.len(),
    })
}

/// Judges the attack by the loss of every trace under the model, e.g. its negative ELBO in nats: a model that has memorised its training traces
/// finds them likelier than others of the same kind. ∞ is a loss.
///
/// Losses of traces grow with their numbers of spans; give losses per span if members and others may differ in size.
///
/// # Errors
/// No losses on one of the sides, or a loss that is not a number.
pub fn membership_from_losses(members: &[f64], non_members: &[f64]) -> Result<MembershipInference, EvaluationError> {
    let [members, non_members] = [members, non_members].map(|losses| losses.iter().map(|loss| -loss).collect::<Vec<f64>>());
    membership_from_scores(&members, &non_members)
}

impl MembershipInference {
    /// The measurements of an attack whose metrics have ids that begin with `stem`: `privacy.membership_` for the nearest synthetic trace,
    /// `privacy.likelihood.` for the likelihood.
    pub fn under(&self, stem: &str) -> Vec<Measurement> {
        let measured = |name: &str, interval: Interval| Measurement::within(format!("{stem}{name}"), interval);
        let samples = self.members + self.non_members;
        vec![measured("auc", self.auc).of(samples), measured("tpr_at_1pct_fpr", self.tpr_at_1pct_fpr).of(self.members)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_score_higher_are_found() {
        let non_members: Vec<f64> = (0..100).map(f64::from).collect();
        // One of the hundred others may be accused: two of the three members are above the second highest of them.
        let attack = membership_from_scores(&[200.0, 98.5, 3.5], &non_members).unwrap();
        assert_eq!(attack.tpr_at_1pct_fpr.value, 2.0 / 3.0);
        assert!((attack.auc.value - (1.0 + 0.99 + 0.04) / 3.0).abs() < 1e-12);
        assert_eq!((attack.members, attack.non_members), (3, 100));
    }

    #[test]
    fn a_smaller_loss_is_a_sign_of_membership() {
        // Of nine pairs the member has the smaller loss in six, and there is one tie.
        let attack = membership_from_losses(&[0.5, 2.0, 9.0], &[2.0, 3.0, f64::INFINITY]).unwrap();
        assert!((attack.auc.value - 6.5 / 9.0).abs() < 1e-12);
        assert_eq!(attack.tpr_at_1pct_fpr.value, 1.0 / 3.0);
        let round = membership_from_losses(&[2.0, 3.0, f64::INFINITY], &[0.5, 2.0, 9.0]).unwrap();
        assert!((attack.auc.value + round.auc.value - 1.0).abs() < 1e-12);
        assert!(matches!(membership_from_losses(&[f64::NAN], &[1.0]), Err(EvaluationError::BadValue { what: "scores of members", .. })));
        assert_eq!(membership_from_losses(&[1.0], &[]), Err(EvaluationError::Empty("scores of non-members")));
    }

    #[test]
    fn losses_of_an_overfitted_model_give_its_members_away_and_equal_ones_do_not() {
        let losses = |shift: f64| (0..200).map(|i| f64::from(i * 37 % 200) / 100.0 - shift).collect::<Vec<_>>();
        let (members, others) = (losses(1.5), losses(0.0));
        let caught = membership_from_losses(&members, &others).unwrap();
        assert!(caught.auc.low > 0.9 && caught.tpr_at_1pct_fpr.low > 0.6, "{caught:?}");
        let private = membership_from_losses(&others, &others).unwrap();
        assert!(private.auc.value == 0.5 && private.tpr_at_1pct_fpr.value <= 0.01, "{private:?}");
    }

    #[test]
    fn no_scores_and_no_numbers_are_errors() {
        assert_eq!(membership_from_scores(&[], &[1.0]), Err(EvaluationError::Empty("scores of members")));
        let nan = membership_from_scores(&[1.0], &[0.0, f64::NAN]);
        assert!(matches!(nan, Err(EvaluationError::BadValue { what: "scores of non-members", position: 1, .. })));
        assert_eq!(membership_from_scores(&[f64::NEG_INFINITY], &[f64::NEG_INFINITY]).unwrap().auc.value, 0.5);
    }
}
