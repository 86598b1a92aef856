//! Seeds: every random stream has a name, so that streams never share numbers and never depend on the order of work.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A seed for the stream `name` below `seed`.
pub fn derive_seed(seed: u64, name: &str) -> u64 {
    let digest = digest(seed, name);
    u64::from_le_bytes(std::array::from_fn(|i| digest[i]))
}

/// The generator of the stream `name` below `seed`; the same numbers on every platform.
pub fn rng(seed: u64, name: &str) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(digest(seed, name))
}

fn digest(seed: u64, name: &str) -> [u8; 32] {
    Sha256::new().chain_update(shifted(seed).to_le_bytes()).chain_update(name).finalize().into()
}

/// The seed itself. In tests it is another one if `TRACESMITH_TEST_SEED` is set, so that every test can be tried with other random numbers:
/// what it claims must not depend on luck. For seeds that go to a library and not through [`rng`] or [`derive_seed`], which do this themselves.
///
/// # Panics
/// In tests, if the variable is no number.
pub fn shifted(seed: u64) -> u64 {
    seed.wrapping_add(shift())
}

#[cfg(feature = "test-seeds")]
fn shift() -> u64 {
    static SHIFT: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    // Shifted seeds must not be those of other tests, which are small numbers.
    const STEP: u64 = 1_000_003;
    *SHIFT.get_or_init(|| match std::env::var("TRACESMITH_TEST_SEED") {
        Ok(number) => number.parse::<u64>().unwrap_or_else(|_| panic!("TRACESMITH_TEST_SEED = {number:?} is no number")).wrapping_mul(STEP),
        Err(_) => 0,
    })
}

#[cfg(not(feature = "test-seeds"))]
fn shift() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_repeat_and_differ_by_name_and_seed() {
        assert_eq!(rng(1, "a").next_u64(), rng(1, "a").next_u64());
        assert_ne!(rng(1, "a").next_u64(), rng(1, "b").next_u64());
        assert_ne!(derive_seed(1, "a"), derive_seed(2, "a"));
    }
}
