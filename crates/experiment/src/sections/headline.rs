//! The columns of the first screen: the metrics that say most about a generator, question by question.

use tracesmith_evaluate::Role;

use super::findings::Findings;
use super::view::View;
use crate::config::{MAIN_SIZE, Question};
use crate::metrics::{self, label};
use crate::results::Selection;

/// A metric of the first screen and where it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Headline<'a> {
    pub question: Question,
    pub metric: &'a str,
}

/// Questions with a part on the first screen. RQ3 asks about sizes, which are no matter of the best generator.
const QUESTIONS: [Question; 4] = [Question::Rq1, Question::Rq2, Question::Rq4, Question::Anomaly];

/// The headline metrics that were measured on a system, the most telling ones first.
pub(super) fn headlines<'a>(findings: &Findings<'a>, system: &str) -> Vec<Headline<'a>> {
    let mut ranked = Vec::new();
    for question in QUESTIONS {
        for metric in view(findings, question, system).metrics() {
            if let Some(Role::Headline(rank)) = metrics::metric(metric).map(|metric| metric.role)
                && is_for(question, metric)
            {
                ranked.push((rank, Headline { question, metric }));
            }
        }
    }
    ranked.sort_by_key(|&(rank, _)| rank);
    ranked.into_iter().map(|(_, headline)| headline).collect()
}

/// Systems are told apart in equal numbers, where accuracy says all; classes of traces are not, where F1 does.
fn is_for(question: Question, metric: &str) -> bool {
    !matches!((question, metric), (Question::Rq2, "weighted_f1") | (Question::Anomaly, "accuracy"))
}

/// Where the headlines of a question are measured: classifiers are those trained on synthetic traces alone.
pub(super) fn view<'a>(findings: &Findings<'a>, question: Question, system: &str) -> View<'a> {
    let synthetic_only = Findings::protocol(0);
    match question {
        Question::Rq1 => findings.view(question, system, &[""], ""),
        Question::Rq2 | Question::Rq3 => findings.view(question, "", &[MAIN_SIZE], &synthetic_only),
        Question::Rq4 => findings.similarity(system),
        Question::Anomaly => findings.view(question, system, &[""], &synthetic_only),
    }
}

impl<'a> Headline<'a> {
    /// What was measured of a generator, one row a seed.
    pub fn rows(&self, findings: &Findings<'a>, system: &str, generator: &str) -> Selection<'a> {
        view(findings, self.question, system).of(generator, self.metric)
    }

    /// Heading of its column.
    pub fn heading(&self) -> String {
        let name = metrics::metric(self.metric).and_then(|metric| metric.column).map_or_else(|| label(self.metric), str::to_owned);
        match self.question {
            Question::Rq1 => format!("{name}, reconstructed"),
            Question::Rq2 | Question::Rq3 => format!("TSTR {name}"),
            Question::Rq4 => name,
            Question::Anomaly => format!("anomaly {name}, synthetic only"),
        }
    }
}
