//! Paths as archives name them, which are not to be trusted.

/// Most folders of a path, and its file.
const MAX_PARTS: usize = 32;

/// Longest name that all usual file systems take.
const MAX_PART_BYTES: usize = 255;

/// The parts of a path that stays inside, without `.`; none for one that is absolute, climbs, or is no path on some system. Archives made
/// on Windows may separate with `\`.
pub(super) fn parts(path: &str) -> Option<Vec<&str>> {
    let is_absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    let is_bad = |part: &&str| *part == ".." || part.len() > MAX_PART_BYTES || part.contains('\0');
    (!is_absolute && parts.len() <= MAX_PARTS && !parts.iter().any(is_bad)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_stays_inside_is_taken_apart() {
        for (path, expected) in [
            ("a/b.csv", &["a", "b.csv"][..]),
            ("./a//b.csv", &["a", "b.csv"]),
            ("a\\b.csv", &["a", "b.csv"]),
            ("a/..b/c..", &["a", "..b", "c.."]),
            ("2022-04-17T18:12:45/é", &["2022-04-17T18:12:45", "é"]),
            (".", &[]),
        ] {
            assert_eq!(parts(path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_none() {
        let long = "x".repeat(256);
        let deep = "a/".repeat(33);
        for path in ["/etc/passwd", "\\a", "C:\\a", "c:a", "../a", "a/../../b", "a\\..\\..\\b", "a/..", "a\0b", &long, &deep] {
            assert_eq!(parts(path), None, "{path:?}");
        }
    }
}
