//! What is known of a metric beside its value: its name for people, which way is better, and what it is held against.

/// What the value of a metric counts in, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A score or a ratio without a unit, such as `0.974`.
    Score,
    /// A fraction, written in per cent.
    Share,
    /// Microseconds.
    Microseconds,
    /// How many.
    Count,
}

/// Which way a value is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The nearer to the ideal value the better, from either side.
    Nearer,
    /// It describes, and is neither good nor bad.
    Neither,
}

/// What a perfect generator would reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ceiling {
    /// The same metric with real traces in the place of the synthetic ones.
    RealTraces,
    /// Another metric, which is measured beside this one, such as the natural rate of duplicates.
    Metric(&'static str),
    /// A value that is known, such as that of the trace itself for its reconstruction.
    Constant(f64),
    /// Unknown.
    None,
}

/// Where a report shows a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// On the first screen, the smallest rank first.
    Headline(u8),
    /// In the tables of its question.
    Table,
    /// In the breakdown behind them.
    Detail,
    /// Beside the metric whose [`Ceiling`] it is.
    Reference,
}

/// The declaration of a metric, which stands beside the function that measures it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Dotted id, as in [`crate::Measurement::metric`]. A `*` stands for a name that the data give, such as that of a class.
    pub id: &'static str,
    /// Name for people; a `*` is replaced by the name that the data give.
    pub label: &'static str,
    /// What the value counts in.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// The best value, where there is one.
    pub ideal: Option<f64>,
    /// What a perfect generator would reach.
    pub ceiling: Ceiling,
    /// Where a report shows it.
    pub role: Role,
    /// Heading of its column in a table of all generators, where it has one.
    pub column: Option<&'static str>,
    /// Name of its axis in a figure where 1 is the best of every metric ([`Metric::merit`]), where it has one.
    pub axis: Option<&'static str>,
    /// What a reader must know to read the value; empty if the label says it all.
    pub note: &'static str,
}

impl Metric {
    /// A similarity: a score of which more is better, with 1 for identical sets, shown in the tables of its question.
    pub const fn new(id: &'static str, label: &'static str) -> Self {
        Self {
            id,
            label,
            unit: Unit::Score,
            direction: Direction::Higher,
            ideal: Some(1.0),
            ceiling: Ceiling::RealTraces,
            role: Role::Table,
            column: None,
            axis: None,
            note: "",
        }
    }

    /// An AUC of telling two kinds apart, where 0.5 is chance and the best.
    pub const fn auc(id: &'static str, label: &'static str) -> Self {
        Self::new(id, label).nearer(0.5)
    }

    /// A number that describes the sets and is neither good nor bad.
    pub const fn description(id: &'static str, label: &'static str) -> Self {
        Self { direction: Direction::Neither, ideal: None, role: Role::Detail, ..Self::new(id, label) }
    }

    /// In another unit.
    pub const fn unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    /// As a share, written in per cent.
    pub const fn share(self) -> Self {
        self.unit(Unit::Share)
    }

    /// Less is better, and 0 the best.
    pub const fn lower(self) -> Self {
        Self { direction: Direction::Lower, ideal: Some(0.0), ..self }
    }

    /// The nearer to `ideal` the better.
    pub const fn nearer(self, ideal: f64) -> Self {
        Self { direction: Direction::Nearer, ideal: Some(ideal), ..self }
    }

    /// With another ceiling than the same metric of real traces.
    pub const fn ceiling(self, ceiling: Ceiling) -> Self {
        Self { ceiling, ..self }
    }

    /// Shown elsewhere than in the tables of its question.
    pub const fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// On the first screen, the smallest rank first.
    pub const fn headline(self, rank: u8) -> Self {
        self.role(Role::Headline(rank))
    }

    /// In the breakdown only.
    pub const fn detail(self) -> Self {
        self.role(Role::Detail)
    }

    /// A column of its own in a table of all generators.
    pub const fn column(self, heading: &'static str) -> Self {
        Self { column: Some(heading), ..self }
    }

    /// An axis of its own in a figure of all metrics.
    pub const fn axis(self, name: &'static str) -> Self {
        Self { axis: Some(name), ..self }
    }

    /// With something that a reader must know.
    pub const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The name that stands for the `*` in this metric's id, or an empty text if there is no `*`; `None` if `id` is another metric's.
    pub fn name_in<'a>(&self, id: &'a str) -> Option<&'a str> {
        match self.id.split_once('*') {
            None => (id == self.id).then_some(""),
            Some((before, after)) => id.strip_prefix(before)?.strip_suffix(after).filter(|name| !name.is_empty()),
        }
    }

    /// The label of one of the ids that this metric stands for.
    pub fn label_of(&self, id: &str) -> String {
        self.label.replace('*', self.name_in(id).unwrap_or("*"))
    }

    /// The value turned so that 1 is the best and 0 the worst, for a figure of all metrics: less is better counts as 1 − value, nearer as the
    /// share of the way to the ideal. `None` for what is neither good nor bad.
    pub fn merit(&self, value: f64) -> Option<f64> {
        let ideal = self.ideal.unwrap_or(1.0);
        match self.direction {
            Direction::Higher => Some(value),
            Direction::Lower => Some(1.0 - value.clamp(0.0, 1.0)),
            Direction::Nearer => Some(1.0 - (value - ideal).abs() / ideal.max(1.0 - ideal)),
            Direction::Neither => None,
        }
    }

    /// Whether `a` is better than `b`; never of what is neither good nor bad.
    pub fn is_better(&self, a: f64, b: f64) -> bool {
        let ideal = self.ideal.unwrap_or(0.0);
        match self.direction {
            Direction::Higher => a > b,
            // What is below the ideal, such as fewer duplicates than are natural, is no better than the ideal.
            Direction::Lower => a.max(ideal) < b.max(ideal),
            Direction::Nearer => (a - ideal).abs() < (b - ideal).abs(),
            Direction::Neither => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_name_even_one_with_dots() {
        let metric = Metric::new("class.*.f1", "* F1");
        assert_eq!((metric.name_in("class.sn.f1"), metric.name_in("class.a.b.f1")), (Some("sn"), Some("a.b")));
        assert_eq!((metric.name_in("class.f1"), metric.name_in("class..f1"), metric.name_in("class.sn.recall")), (None, None, None));
        assert_eq!(metric.label_of("class.sn.f1"), "sn F1");
        let plain = Metric::new("fidelity.overall", "overall");
        assert_eq!((plain.name_in("fidelity.overall"), plain.name_in("fidelity.overall.x")), (Some(""), None));
    }

    #[test]
    fn the_best_value_of_every_direction_has_the_merit_one() {
        assert_eq!([Metric::new("a", "a").merit(0.75), Metric::new("a", "a").lower().merit(0.25)], [Some(0.75); 2]);
        assert_eq!(Metric::new("a", "a").lower().merit(-0.5), Some(1.0));
        let auc = Metric::auc("a", "a");
        assert_eq!([0.5, 1.0, 0.0, 0.75].map(|value| auc.merit(value).unwrap()), [1.0, 0.0, 0.0, 0.5]);
        assert_eq!(Metric::description("a", "a").merit(1.0), None);
    }

    #[test]
    fn better_is_judged_by_the_direction() {
        assert!(Metric::new("a", "a").is_better(0.6, 0.5) && Metric::new("a", "a").lower().is_better(0.5, 0.6));
        assert!(Metric::auc("a", "a").is_better(0.4, 0.7) && !Metric::auc("a", "a").is_better(0.7, 0.4));
        assert!(!Metric::description("a", "a").is_better(1.0, 0.0));
        assert!(!Metric::new("a", "a").lower().is_better(-0.9, -0.1) && Metric::new("a", "a").lower().is_better(-0.9, 0.1));
    }
}
