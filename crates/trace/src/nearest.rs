//! The known name that somebody most likely meant.

/// Similarity of two names by Jaro and Winkler: 1 if they are equal, 0 if they have nothing in common; names that begin alike are closer.
fn similarity(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// The `count` known names that are most like `name`, the best first; equally near ones in the order of the alphabet.
pub fn nearest_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let mut known: Vec<(f64, &str)> = known.into_iter().map(|known| (similarity(known, name), known)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    known.into_iter().take(count).map(|(_, known)| known).collect()
}

/// The known name that is most like `name`; `None` if no name is known.
pub fn nearest_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_names(name, known, 1).into_iter().next()
}

/// The known dotted key that is most like `key`. What comes after the last dot counts first: a key without its table is most likely meant to
/// be the one of that name in a table.
pub fn nearest_key<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    fn last(key: &str) -> &str {
        key.rsplit('.').next().unwrap_or(key)
    }
    let likeness = |known: &str| (similarity(last(known), last(key)), similarity(known, key));
    known
        .into_iter()
        .map(|known| (likeness(known), known))
        .reduce(|best, other| {
            let nearer = other.0.0.total_cmp(&best.0.0).then(other.0.1.total_cmp(&best.0.1)).then(best.1.cmp(other.1));
            if nearer.is_gt() { other } else { best }
        })
        .map(|(_, known)| known)
}

/// serde's "unknown field `x`, expected one of `a`, `b`" with the nearest valid name in place of all; any other message as it is.
pub fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (true, Some(unknown)) = (message.starts_with("unknown "), quoted.next()) else {
        return message.to_owned();
    };
    let what = if message.starts_with("unknown variant") { "value" } else { "key" };
    match nearest_name(unknown, quoted) {
        Some(nearest) => format!("unknown {what} `{unknown}`; did you mean `{nearest}`?"),
        None => format!("unknown {what} `{unknown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_equally_near_ones_by_the_alphabet() {
        assert_eq!(nearest_names("4bf92e", ["77", "4bf93f", "00aa11", "4bf92f"], 3), ["4bf92f", "4bf93f", "00aa11"]);
        assert_eq!(nearest_name("mrkov-tree", ["hvae", "markov-tree"]), Some("markov-tree"));
        assert_eq!(nearest_name("x", []), None);
    }

    #[test]
    fn the_end_of_a_key_counts_before_its_table() {
        assert_eq!(nearest_key("epoch", ["train.batch", "train.epochs", "model.latent"]), Some("train.epochs"));
        assert_eq!(nearest_key("model.beta", ["train.beta", "model.beta2"]), Some("train.beta"));
        assert_eq!(nearest_key("x", []), None);
    }

    #[test]
    fn a_message_names_the_nearest_and_not_all() {
        let message = "unknown field `epoch`, expected one of `batch`, `epochs`";
        assert_eq!(with_nearest(message), "unknown key `epoch`; did you mean `epochs`?");
        assert_eq!(with_nearest("unknown variant `x`, there are no variants"), "unknown value `x`");
        assert_eq!(with_nearest("missing field `a`"), "missing field `a`");
    }
}
