//! Membership inference: can an attacker tell which real traces the generator was fitted on?

use serde::Serialize;

use crate::ranking::{Interval, Scored, roc_auc_interval, true_positive_rate_at};
use crate::{Entries, EvaluationError};

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

impl Entries for MembershipInference {
    fn entries(&self) -> Vec<(String, f64)> {
        [("auc", self.auc), ("tpr_at_1pct_fpr", self.tpr_at_1pct_fpr)]
            .into_iter()
            .flat_map(|(name, Interval { value, low, high })| {
                [(name.to_owned(), value), (format!("{name}_low"), low), (format!("{name}_high"), high)]
            })
            .collect()
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
    fn no_scores_and_no_numbers_are_errors() {
        assert_eq!(membership_from_scores(&[], &[1.0]), Err(EvaluationError::Empty("scores of members")));
        let nan = membership_from_scores(&[1.0], &[0.0, f64::NAN]);
        assert!(matches!(nan, Err(EvaluationError::BadValue { what: "scores of non-members", position: 1, .. })));
        assert_eq!(membership_from_scores(&[f64::NEG_INFINITY], &[f64::NEG_INFINITY]).unwrap().auc.value, 0.5);
    }
}
