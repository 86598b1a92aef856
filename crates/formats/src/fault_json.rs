//! Files that say when which fault was injected: Eadro's and Nezha's.
//!
//! Eadro: `{start, end, faults: [{name, fault, start, duration, end}]}` in Unix seconds.
//! Nezha: `{hour: [{inject_time, inject_timestamp, inject_pod, inject_type}]}`. `inject_time` is read as UTC, because `inject_timestamp` is
//! about eight hours off in many entries, and a fault lasts [`NEZHA_FAULT_SECONDS`].

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracesmith_trace::Fault;

use crate::{
    FormatError,
    input::{Input, json_error},
    nezha_csv::service_of_pod,
    output::write_compressed,
};

/// How long an injection of Nezha lasts, in seconds; its file does not say.
pub const NEZHA_FAULT_SECONDS: i64 = 180;

const NANOSECONDS: f64 = 1e9;

/// A fault and the time in which it was active, both ends included, in ns since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultWindow {
    /// First nanosecond.
    pub start_ns: i64,
    /// Last nanosecond.
    pub end_ns: i64,
    /// What was injected where.
    pub fault: Fault,
}

#[derive(Serialize, Deserialize)]
struct EadroFile {
    start: f64,
    faults: Vec<EadroFault>,
    end: f64,
}

#[derive(Serialize, Deserialize)]
struct EadroFault {
    name: String,
    fault: String,
    start: f64,
    duration: f64,
    #[serde(default)]
    end: Option<f64>,
}

#[derive(Deserialize)]
struct NezhaFault {
    inject_time: String,
    inject_pod: String,
    inject_type: String,
}

/// The fault windows of the file at `path`, Eadro's or Nezha's, ordered by start.
///
/// # Errors
/// [`FormatError`] if the file cannot be read or is neither of the two.
pub fn read_faults(path: &Path) -> Result<Vec<FaultWindow>, FormatError> {
    let input = Input::open(path)?;
    // The file is small, and only its keys say which of the two it is.
    let content: Value = serde_json::from_reader(input.reader).map_err(|error| json_error(path, error))?;
    let json = |error| json_error(path, error);
    let mut windows = if content.get("faults").is_some() {
        let faults = EadroFaults::deserialize(&content).map_err(json)?.faults;
        faults.into_iter().zip(1..).map(|(fault, record)| eadro_window(path, record, fault)).collect::<Result<Vec<_>, _>>()?
    } else {
        let hours = BTreeMap::<String, Vec<NezhaFault>>::deserialize(&content).map_err(json)?;
        hours.into_values().flatten().zip(1..).map(|(fault, record)| nezha_window(path, record, fault)).collect::<Result<Vec<_>, _>>()?
    };
    windows.sort();
    Ok(windows)
}

/// The part of Eadro's file that is needed.
#[derive(Deserialize)]
struct EadroFaults {
    faults: Vec<EadroFault>,
}

fn eadro_window(path: &Path, record: u64, fault: EadroFault) -> Result<FaultWindow, FormatError> {
    let end = fault.end.unwrap_or(fault.start + fault.duration);
    if end < fault.start {
        let value = format!("{end}");
        return Err(FormatError::Value { path: path.to_owned(), record, column: "end", value, expected: "a time after the start" });
    }
    // `as` saturates; no clock shows such a time.
    let ns = |seconds: f64| (seconds * NANOSECONDS).round() as i64;
    Ok(FaultWindow { start_ns: ns(fault.start), end_ns: ns(end), fault: Fault { service: fault.name, kind: fault.fault } })
}

fn nezha_window(path: &Path, record: u64, fault: NezhaFault) -> Result<FaultWindow, FormatError> {
    let Some(start) = unix_seconds(&fault.inject_time) else {
        let value = fault.inject_time;
        return Err(FormatError::Value { path: path.to_owned(), record, column: "inject_time", value, expected: "YYYY-MM-DD hh:mm:ss" });
    };
    let ns = |seconds: i64| seconds * NANOSECONDS as i64;
    let fault = Fault { service: service_of_pod(&fault.inject_pod).to_owned(), kind: fault.inject_type };
    Ok(FaultWindow { start_ns: ns(start), end_ns: ns(start + NEZHA_FAULT_SECONDS), fault })
}

/// Unix time of `YYYY-MM-DD hh:mm:ss` in UTC, for the years 1970 to 2200.
fn unix_seconds(time: &str) -> Option<i64> {
    let fields: Vec<i64> = time.trim().split(['-', ' ', ':', 'T']).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let &[year, month, day, hour, minute, second] = fields.as_slice() else { return None };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_of_month = *month_days.get(usize::try_from(month - 1).ok()?)?;
    let in_range = (1970..=2200).contains(&year)
        && (1..=days_of_month).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    let days =
        (1970..year).map(|year| 365 + i64::from(leap(year))).sum::<i64>() + month_days.iter().take(month as usize - 1).sum::<i64>() + day
            - 1;
    in_range.then_some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Writes fault windows in Eadro's form, for example beside generated traces, whose labels they give back.
///
/// # Errors
/// [`FormatError::Write`] if the file cannot be written.
pub fn write_faults(windows: &[FaultWindow], path: &Path) -> Result<(), FormatError> {
    let seconds = |ns: i64| ns as f64 / NANOSECONDS;
    let fault = |window: &FaultWindow| EadroFault {
        name: window.fault.service.clone(),
        fault: window.fault.kind.clone(),
        start: seconds(window.start_ns),
        duration: seconds(window.end_ns.saturating_sub(window.start_ns)),
        end: Some(seconds(window.end_ns)),
    };
    let file = EadroFile {
        start: seconds(windows.iter().map(|window| window.start_ns).min().unwrap_or(0)),
        faults: windows.iter().map(fault).collect(),
        end: seconds(windows.iter().map(|window| window.end_ns).max().unwrap_or(0)),
    };
    Ok(write_compressed(path, |out| {
        serde_json::to_writer_pretty(&mut *out, &file)?;
        out.write_all(b"\n")
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<FaultWindow>, FormatError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.json");
        std::fs::write(&path, text).unwrap();
        read_faults(&path)
    }

    fn window(start: i64, end: i64, service: &str, kind: &str) -> FaultWindow {
        let ns = 1_000_000_000;
        FaultWindow { start_ns: start * ns, end_ns: end * ns, fault: Fault { service: service.into(), kind: kind.into() } }
    }

    #[test]
    fn eadro_windows_are_seconds_of_the_unix_epoch() {
        let text = r#"{"start":1,"faults":[{"name":"b","fault":"cpu_load","start":20,"duration":5,"end":25},
            {"name":"a","fault":"network_loss","start":10,"duration":5}],"end":30}"#;
        assert_eq!(read(text).unwrap(), [window(10, 15, "a", "network_loss"), window(20, 25, "b", "cpu_load")]);
    }

    #[test]
    fn nezha_windows_start_at_the_utc_time_and_last_three_minutes() {
        let text = r#"{"08":[{"inject_time":"2023-01-29 08:43:04","inject_timestamp":"1674953044",
            "inject_pod":"ts-contacts-service-866bd68c97-xcqfx","inject_type":"return"}],"09":[]}"#;
        assert_eq!(read(text).unwrap(), [window(1_674_981_784, 1_674_981_964, "ts-contacts-service", "return")]);
    }

    #[test]
    fn calendar_days_are_counted_with_leap_years() {
        assert_eq!(unix_seconds("1970-01-01 00:00:00"), Some(0));
        assert_eq!(unix_seconds("2000-03-01 00:00:01"), Some(951_868_801));
        assert_eq!(unix_seconds("2100-03-01 00:00:00"), Some(4_107_542_400));
        for bad in ["2023-02-29 00:00:00", "2023-13-01 00:00:00", "2023-00-01 00:00:00", "2023-01-01", "2023-01-01 24:00:00", "x"] {
            assert_eq!(unix_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn broken_fault_files_are_errors_that_name_the_value() {
        let nezha = r#"{"08":[{"inject_time":"yesterday","inject_pod":"a-b-c","inject_type":"return"}]}"#;
        let eadro = r#"{"faults":[{"name":"a","fault":"f","start":20,"duration":5,"end":10}]}"#;
        for (text, message) in [
            (nezha, "record 1: inject_time is \"yesterday\""),
            (eadro, "record 1: end is \"10\""),
            ("{\"faults\":[{}]}", "missing field `name`"),
            ("{\"faults\":", "ends in the middle"),
            ("[1]", "invalid type"),
            ("", "is empty"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn written_windows_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.json.gz");
        let windows = [window(1_650_161_568, 1_650_161_688, "a", "cpu_load"), window(1_650_161_700, 1_650_161_701, "b", "x")];
        write_faults(&windows, &path).unwrap();
        assert_eq!(read_faults(&path).unwrap(), windows);
    }
}
