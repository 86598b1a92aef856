//! Checks of settings that are numbers.

use crate::error::FitError;

/// Checks settings, each with its key, its value, the smallest and the largest value that it may have.
pub(crate) fn check_ranges(settings: &[(&'static str, f64, f64, f64)]) -> Result<(), FitError> {
    match settings.iter().find(|(_, value, low, high)| !(low..=high).contains(&value)) {
        None => Ok(()),
        Some(&(key, value, low, _)) => {
            let expected = if low == 1.0 { "a whole number from 1 to 4096" } else { "out of range; see the documentation of the key" };
            Err(FitError::BadSetting { key, value, expected })
        }
    }
}
