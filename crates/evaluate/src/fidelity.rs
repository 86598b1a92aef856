//! Structural fidelity: how alike two corpora are, all as similarities with 1 for identical.

mod apart;
mod groups;
pub mod mmd;
mod shape;

use serde::Serialize;
use tracesmith_trace::{Corpus, SpanLabel, span_labels};

use crate::error::{EvaluationError, require_comparable};
use crate::measurement::{Measure, Measurement};
use crate::metric::Metric;
use crate::statistics::{counts, js_similarity, ks_similarity, share};

pub use groups::{Group, Member};
pub use shape::TraceShape;

/// What [`structural_fidelity`] measures.
pub const METRICS: &[Metric] = &[
    Metric::new("fidelity.structure", "structure")
        .column("structure")
        .axis("structure")
        .note("for trees of one size, node count, edge count, density and average degree say the same"),
    Metric::new("fidelity.duration", "duration").column("duration").axis("duration"),
    Metric::new("fidelity.semantic", "semantic").column("semantic").axis("semantic"),
    Metric::new("fidelity.overall", "overall").headline(50).column("overall").note("mean of structure, duration and semantic"),
    Metric::new("fidelity.structure.node_count", "structure: node count").detail(),
    Metric::new("fidelity.structure.edge_count", "structure: edge count").detail(),
    Metric::new("fidelity.structure.density", "structure: density").detail(),
    Metric::new("fidelity.structure.average_degree", "structure: average degree").detail(),
    Metric::new("fidelity.structure.maximum_degree", "structure: maximum degree").detail(),
    Metric::new("fidelity.structure.degrees", "structure: degrees").detail(),
    Metric::new("fidelity.structure.mmd", "structure: mmd").detail(),
    Metric::new("fidelity.duration.mean_per_trace", "duration: mean per trace").detail(),
    Metric::new("fidelity.duration.all_spans", "duration: all spans").detail(),
    Metric::new("fidelity.semantic.services", "semantic: services").detail(),
    Metric::new("fidelity.semantic.operations", "semantic: operations").detail(),
    Metric::new("fidelity.semantic.service_operation_pairs", "semantic: service operation pairs").detail(),
    Metric::new("fidelity.semantic.known_pairs", "semantic: known pairs").detail(),
    Metric::new("fidelity.apart.depth", "apart: depth").detail(),
    Metric::new("fidelity.apart.branching", "apart: branching").detail(),
    Metric::new("fidelity.apart.child_parent_duration_ratio", "apart: child parent duration ratio").detail(),
    Metric::new("fidelity.apart.critical_path_length", "apart: critical path length").detail(),
    Metric::new("fidelity.apart.durations_by_label_mean", "apart: durations by label mean").detail(),
    Metric::new("fidelity.apart.durations_by_label_worst", "apart: durations by label worst").detail(),
    Metric::new("fidelity.apart.parent_child_label_pairs", "apart: parent child label pairs").detail(),
    Metric::new("fidelity.apart.edge_duration_correlation_difference", "apart: edge duration correlation difference").lower().detail(),
    Metric::new("fidelity.apart.start_offset", "apart: start offset").detail(),
];

/// The tree of structural fidelity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructuralFidelity {
    /// Mean of the groups' scores.
    pub overall: f64,
    /// `structure`, `duration` and `semantic`.
    pub groups: Vec<Group>,
    /// Rows that are not part of any score. All are similarities but `edge_duration_correlation_difference`, which is 0–2 with 0 for equal.
    /// `start_offset` is there only if both corpora have start times.
    pub apart: Vec<Member>,
}

/// Compares a synthetic corpus with a real one of the same vocabularies. `seed` chooses the traces of the MMD.
///
/// # Errors
/// An empty corpus, or different vocabularies.
pub fn structural_fidelity(real: &Corpus, synthetic: &Corpus, seed: u64) -> Result<StructuralFidelity, EvaluationError> {
    require_comparable([("real", real), ("synthetic", synthetic)])?;
    let (real_shapes, synthetic_shapes) = (shapes(real), shapes(synthetic));
    let groups = vec![
        group("structure", structure(&real_shapes, &synthetic_shapes, seed)),
        group("duration", duration([real, synthetic], [&real_shapes, &synthetic_shapes])),
        group("semantic", semantic(real, synthetic)),
    ];
    let overall = groups.iter().map(|group| group.score).sum::<f64>() / groups.len() as f64;
    Ok(StructuralFidelity { overall, groups, apart: apart::rows(real, synthetic) })
}

fn shapes(corpus: &Corpus) -> Vec<TraceShape> {
    corpus.traces().map(TraceShape::of).collect()
}

fn group<const N: usize>(name: &'static str, members: [(&'static str, f64); N]) -> Group {
    let score = members.iter().map(|member| member.1).sum::<f64>() / N as f64;
    Group { name, score, members: members.map(|(name, value)| Member { name, value }).into() }
}

fn structure(real: &[TraceShape], synthetic: &[TraceShape], seed: u64) -> [(&'static str, f64); 7] {
    let ks =
        |of: fn(&TraceShape) -> f64| ks_similarity(&real.iter().map(of).collect::<Vec<_>>(), &synthetic.iter().map(of).collect::<Vec<_>>());
    let degrees = |shapes: &[TraceShape]| shapes.iter().flat_map(|shape| shape.degrees.iter().copied()).collect::<Vec<_>>();
    let features = |shapes: &[TraceShape]| shapes.iter().map(TraceShape::features).collect::<Vec<_>>();
    [
        ("node_count", ks(|shape| shape.nodes)),
        ("edge_count", ks(|shape| shape.edges)),
        ("density", ks(|shape| shape.density)),
        ("average_degree", ks(|shape| shape.average_degree)),
        ("maximum_degree", ks(|shape| shape.maximum_degree)),
        ("degrees", ks_similarity(&degrees(real), &degrees(synthetic))),
        ("mmd", mmd::mmd_similarity(&features(real), &features(synthetic), seed)),
    ]
}

fn duration(corpora: [&Corpus; 2], shapes: [&[TraceShape]; 2]) -> [(&'static str, f64); 2] {
    let means = shapes.map(|shapes| shapes.iter().map(|shape| shape.mean_duration_us).collect::<Vec<_>>());
    let spans = corpora.map(Corpus::span_durations_us);
    [("mean_per_trace", ks_similarity(&means[0], &means[1])), ("all_spans", ks_similarity(spans[0], spans[1]))]
}

fn semantic(real: &Corpus, synthetic: &Corpus) -> [(&'static str, f64); 4] {
    let pairs = |corpus: &Corpus| counts(corpus.traces().flat_map(span_labels).collect::<Vec<SpanLabel>>());
    let (real_pairs, synthetic_pairs) = (pairs(real), pairs(synthetic));
    let known = synthetic_pairs.keys().filter(|pair| real_pairs.contains_key(pair)).count();
    [
        ("services", js_similarity(&counts(real.span_services()), &counts(synthetic.span_services()))),
        ("operations", js_similarity(&counts(real.span_operations()), &counts(synthetic.span_operations()))),
        ("service_operation_pairs", js_similarity(&real_pairs, &synthetic_pairs)),
        // Of distinct pairs, the counterpart of the coverage of the real ones.
        ("known_pairs", share(known, synthetic_pairs.len(), 1.0)),
    ]
}

impl StructuralFidelity {
    /// Score of the group `name`.
    pub fn score(&self, name: &str) -> Option<f64> {
        self.groups.iter().find(|group| group.name == name).map(|group| group.score)
    }
}

impl Measure for StructuralFidelity {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = vec![Measurement::new("fidelity.overall", self.overall)];
        for group in &self.groups {
            found.push(Measurement::new(format!("fidelity.{}", group.name), group.score));
            let member = |member: &Member| Measurement::new(format!("fidelity.{}.{}", group.name, member.name), member.value);
            found.extend(group.members.iter().map(member));
        }
        found.extend(self.apart.iter().map(|member| Measurement::new(format!("fidelity.apart.{}", member.name), member.value)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{corpus, random_corpus};
    use proptest::prelude::*;

    #[test]
    fn members_of_two_small_corpora_are_as_worked_out_by_hand() {
        // Real: a pair and a single span. Synthetic: two pairs, one of them with an operation pair that is not real.
        let real = corpus(&[(&[(0, 0, 10.0), (1, 1, 4.0)], &[(0, 1)]), (&[(0, 0, 7.0)], &[])]);
        let synthetic = corpus(&[(&[(0, 0, 10.0), (1, 1, 4.0)], &[(0, 1)]), (&[(0, 0, 7.0), (2, 1, 7.0)], &[(0, 1)])]);
        let fidelity = structural_fidelity(&real, &synthetic, 0).unwrap();
        let found = fidelity.measurements();
        let value = |key: &str| found.iter().find(|found| found.metric.strip_prefix("fidelity.") == Some(key)).unwrap().value;
        assert_eq!([value("structure.node_count"), value("structure.edge_count"), value("structure.density")], [0.5; 3]);
        // Degrees 1, 1, 0 against 1, 1, 1, 1.
        assert!((value("structure.degrees") - 2.0 / 3.0).abs() < 1e-15);
        // Both traces have a mean of 7 µs on both sides.
        assert_eq!(value("duration.mean_per_trace"), 1.0);
        // Behind 4 µs lie 1/3 and 1/4, behind 7 µs 2/3 and 3/4 of the spans.
        assert!((value("duration.all_spans") - 11.0 / 12.0).abs() < 1e-15);
        assert!((value("semantic.known_pairs") - 2.0 / 3.0).abs() < 1e-15);
        let groups = value("structure") + value("duration") + value("semantic");
        assert!((fidelity.overall - groups / 3.0).abs() < 1e-15);
        assert_eq!(fidelity.score("duration"), Some(value("duration")));
    }

    #[test]
    fn empty_corpora_and_other_vocabularies_are_errors() {
        let (some, none) = (random_corpus(1, 2), corpus(&[]));
        assert!(matches!(structural_fidelity(&some, &none, 0), Err(EvaluationError::EmptyCorpus { side: "synthetic", .. })));
        let other = some.with_vocabularies(&some.services().union(&tracesmith_trace::Vocabulary::new(["z"])), some.operations()).unwrap();
        assert!(matches!(structural_fidelity(&some, &other, 0), Err(EvaluationError::VocabularyMismatch { what: "services", .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn fidelity_is_bounded_one_for_the_same_traces_and_blind_to_their_order(seed: u64, traces in 1usize..20, others in 1usize..20) {
            let (real, synthetic) = (random_corpus(seed, traces), random_corpus(seed ^ 1, others));
            let reversed = real.select(&(0..traces).rev().collect::<Vec<_>>());
            let difference = "fidelity.apart.edge_duration_correlation_difference";
            for Measurement { metric, value, .. } in structural_fidelity(&real, &synthetic, seed).unwrap().measurements() {
                prop_assert!((0.0..=1.0).contains(&value) || metric == difference && value <= 2.0, "{metric} {value}");
            }
            for Measurement { metric, value, .. } in structural_fidelity(&real, &reversed, seed).unwrap().measurements() {
                let perfect = if metric == difference { value < 1e-9 } else { value == 1.0 };
                prop_assert!(perfect, "{metric} {value}");
            }
        }

        #[test]
        fn the_scores_of_shapes_and_times_do_not_care_which_side_is_real(seed: u64) {
            let (a, b) = (random_corpus(seed, 12), random_corpus(seed ^ 1, 9));
            let (there, back) = (structural_fidelity(&a, &b, 3).unwrap(), structural_fidelity(&b, &a, 3).unwrap());
            for group in ["structure", "duration"] {
                prop_assert!((there.score(group).unwrap() - back.score(group).unwrap()).abs() < 1e-9);
            }
        }
    }
}
