//! Files in, a clean and labelled corpus out.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use thiserror::Error;
use tracesmith_formats::{
    FaultWindow, Format, FormatError, ReadWarnings, Reading, UNKNOWN_OPERATION, UNKNOWN_SERVICE, read_faults, read_spans,
};
use tracesmith_trace::{
    Assembled, AttributeSets, Corpus, CorpusBuilder, Edge, InvalidTrace, Span, SpanRecord, Trace, UnknownName, Vocabulary,
};

use crate::{
    CleaningConfig, CleaningReport, TraceGroups, clean,
    faults::{label_at, on_clock_of_spans},
};

/// How files are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestOptions {
    /// Name of the corpus.
    pub name: String,
    /// Format of the files; detected if it is missing.
    pub format: Option<Format>,
    /// Fault files; without any, every label is unknown.
    pub faults: Vec<PathBuf>,
    /// By how many seconds the clock of the spans is ahead of that of the fault files.
    pub clock_offset_s: i64,
    /// What is kept.
    pub cleaning: CleaningConfig,
}

/// A corpus and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// The traces, in the order in which they first appear in the files.
    pub corpus: Corpus,
    /// What was dropped, and why.
    pub report: CleaningReport,
    /// Format of the files.
    pub format: Format,
    /// SHA-256 in hexadecimal digits over the bytes of the files in the order given, then of the fault files.
    pub sha256: String,
}

/// Why files do not give a corpus.
#[derive(Debug, Error)]
pub enum IngestError {
    /// A file cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file cannot be read once more for its hash.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No file is given.
    #[error("no input file is given")]
    NoInput,
    /// Files of different formats are given.
    #[error("{} is {found}, but the files before it are {expected}: ingest one format at a time, or convert first", path.display())]
    MixedFormats {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: Format,
        /// The format of the files before it.
        expected: Format,
    },
    /// Cleaning leaves nothing.
    #[error("no trace of {} is left after cleaning\n{report}", path.display())]
    NoTrace {
        /// The first file.
        path: PathBuf,
        /// What was dropped, and why.
        report: Box<CleaningReport>,
    },
    /// A trace cannot enter the corpus.
    #[error(transparent)]
    InvalidTrace(#[from] InvalidTrace),
    /// A name is not in the vocabulary.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
}

/// Reads the files at `paths` as one data set: spans of a trace may be spread over all of them.
///
/// All spans are in memory until their traces are assembled.
///
/// # Errors
/// [`IngestError`] for the first file that cannot be read, or if no trace is left.
pub fn ingest(paths: &[PathBuf], options: &IngestOptions) -> Result<Ingested, IngestError> {
    let (assembly, format) = assembled(paths, options)?;
    let Assembly { traces, has_starts, report } = assembly;
    let corpus = build(&options.name, traces, has_starts)?;
    Ok(Ingested { corpus, report, format, sha256: sha256(paths.iter().chain(&options.faults))? })
}

/// Traces as they are before their names become numbers: their spans still have the ids of their source.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembly {
    /// The traces, labelled, in the order in which they first appear.
    pub traces: Vec<Assembled>,
    /// Whether starts are measured.
    pub has_starts: bool,
    /// What was dropped, and why.
    pub report: CleaningReport,
}

/// Reads the files at `paths` as [`ingest`] does, without making a corpus of them; also says their format.
///
/// # Errors
/// As [`ingest`].
pub fn assembled(paths: &[PathBuf], options: &IngestOptions) -> Result<(Assembly, Format), IngestError> {
    let first = paths.first().ok_or(IngestError::NoInput)?;
    let (groups, Reading { format, warnings, has_starts }) = read_groups(paths, options.format)?;
    let assembly = assemble_groups(groups, has_starts, warnings, options)?;
    if assembly.traces.is_empty() {
        return Err(IngestError::NoTrace { path: first.clone(), report: Box::new(assembly.report) });
    }
    Ok((assembly, format))
}

/// Makes a corpus of spans that come from no file, such as the records of a data frame: they are repaired, dropped and labelled as those of a
/// reader. `has_starts` says whether their starts are measured. A corpus without traces is no error.
///
/// # Errors
/// [`IngestError`] if a fault file cannot be read.
pub fn ingest_records(
    records: impl IntoIterator<Item = SpanRecord>,
    has_starts: bool,
    options: &IngestOptions,
) -> Result<(Corpus, CleaningReport), IngestError> {
    let mut warnings = ReadWarnings::default();
    let mut groups = TraceGroups::default();
    groups.extend(records.into_iter().map(|record| named(record, &mut warnings)));
    let Assembly { traces, has_starts, report } = assemble_groups(groups, has_starts, warnings, options)?;
    Ok((build(&options.name, traces, has_starts)?, report))
}

/// The span with names for a service and an operation that have none.
fn named(mut record: SpanRecord, warnings: &mut ReadWarnings) -> SpanRecord {
    let name = |name: &mut String, replacement: &str, count: &mut usize| {
        if name.is_empty() {
            replacement.clone_into(name);
            *count += 1;
        }
    };
    name(&mut record.service, UNKNOWN_SERVICE, &mut warnings.unnamed_services);
    name(&mut record.operation, UNKNOWN_OPERATION, &mut warnings.unnamed_operations);
    record
}

fn assemble_groups(
    groups: TraceGroups,
    has_starts: bool,
    warnings: ReadWarnings,
    options: &IngestOptions,
) -> Result<Assembly, IngestError> {
    let windows = read_windows(options)?;
    let (mut traces, mut report) = clean(groups, has_starts, &options.cleaning);
    report.warnings = warnings;
    if let Some(windows) = windows {
        for trace in &mut traces {
            // `assemble` gives no empty trace, and puts the root first.
            let root = &trace.records[0];
            let label = label_at(&windows, root.start_ns, root.duration_us);
            trace.records.iter_mut().for_each(|record| record.label = label.clone());
        }
    }
    Ok(Assembly { traces, has_starts, report })
}

fn read_groups(paths: &[PathBuf], format: Option<Format>) -> Result<(TraceGroups, Reading), IngestError> {
    let mut groups = TraceGroups::default();
    let mut common: Option<Reading> = None;
    for path in paths {
        let found = read_spans(path, format, &mut |record| {
            groups.push(record);
            Ok(())
        })?;
        match &mut common {
            None => common = Some(found),
            Some(before) if before.format == found.format => {
                before.warnings += found.warnings;
                before.has_starts &= found.has_starts;
            }
            Some(before) => return Err(IngestError::MixedFormats { path: path.clone(), found: found.format, expected: before.format }),
        }
    }
    Ok((groups, common.ok_or(IngestError::NoInput)?))
}

/// The windows of all fault files on the clock of the spans; `None` if there is no file.
fn read_windows(options: &IngestOptions) -> Result<Option<Vec<FaultWindow>>, IngestError> {
    if options.faults.is_empty() {
        return Ok(None);
    }
    let mut windows = Vec::new();
    for path in &options.faults {
        windows.extend(read_faults(path)?);
    }
    Ok(Some(on_clock_of_spans(windows, options.clock_offset_s)))
}

fn build(name: &str, traces: Vec<Assembled>, has_starts: bool) -> Result<Corpus, IngestError> {
    let records = || traces.iter().flat_map(|trace| &trace.records);
    let services = Vocabulary::new(records().map(|record| record.service.as_str()));
    let operations = Vocabulary::new(records().map(|record| record.operation.as_str()));
    let attribute_sets = AttributeSets::new(records().map(|record| &record.attributes));
    let mut builder =
        CorpusBuilder::new(name, services.clone(), operations.clone(), has_starts).with_attribute_sets(attribute_sets.clone());
    for trace in traces {
        builder.push(encode(&trace, (&services, &operations, &attribute_sets), has_starts)?)?;
    }
    Ok(builder.finish())
}

fn encode(
    trace: &Assembled,
    (services, operations, attribute_sets): (&Vocabulary, &Vocabulary, &AttributeSets),
    has_starts: bool,
) -> Result<Trace, UnknownName> {
    // `assemble` gives no empty trace, and puts the root first.
    let root = &trace.records[0];
    let span = |record: &SpanRecord| {
        Ok(Span {
            service: services.require(&record.service)?,
            operation: operations.require(&record.operation)?,
            start_us: if has_starts { offset_us(root.start_ns, record.start_ns) } else { 0.0 },
            duration_us: record.duration_us,
            status: record.status,
            kind: record.kind,
            attributes: attribute_sets.require(&record.attributes)?,
        })
    };
    let edge = |(child, parent): (usize, &Option<usize>)| parent.map(|parent| Edge { child: child as u32, parent: parent as u32 });
    Ok(Trace {
        id: root.trace_id.clone(),
        start_ns: root.start_ns,
        label: root.label.clone(),
        spans: trace.records.iter().map(span).collect::<Result<_, _>>()?,
        edges: trace.parents.iter().enumerate().filter_map(edge).collect(),
    })
}

/// µs from `from_ns` to `to_ns`, subtracted before it is rounded to a float.
fn offset_us(from_ns: i64, to_ns: i64) -> f64 {
    (i128::from(to_ns) - i128::from(from_ns)) as f64 / 1000.0
}

fn sha256<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<String, IngestError> {
    let mut hasher = Sha256::new();
    for path in paths {
        hash_file(path, &mut hasher).map_err(|source| IngestError::Read { path: path.clone(), source })?;
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn hash_file(path: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        hasher.update(bytes);
        let read = bytes.len();
        reader.consume(read);
    }
}

#[cfg(test)]
mod tests {
    use tracesmith_trace::{Label, Status};

    use super::*;

    const NEZHA: &str = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n";
    const EADRO: &str = "timestamp,service_name,span_id,parent_id,trace_id,duration,status_code,operation_name,parent_service_name\n";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, name: &str, content: &str) -> PathBuf {
            let path = self.0.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        }
    }

    fn options(faults: Vec<PathBuf>) -> IngestOptions {
        IngestOptions { name: "test".into(), faults, ..IngestOptions::default() }
    }

    #[test]
    fn offsets_keep_their_nanoseconds_and_may_be_negative() {
        let folder = Folder::new();
        let start = 1_674_982_159_219_000_000i64;
        let rows = format!(
            "{NEZHA}t,a,root,web-1-2,/,{start},{start},28160\nt,b,a,text-1-2,GET,{},0,5\nt,c,a,text-1-2,PUT,{},0,5\n",
            start + 813_595,
            start - 1
        );
        let Ingested { corpus, format, report, .. } = ingest(&[folder.file("x.csv", &rows)], &options(vec![])).unwrap();
        let trace = corpus.trace(0);
        assert_eq!((format, corpus.has_starts(), trace.start_ns, trace.label), (Format::NEZHA_CSV, true, start, &Label::Unknown));
        assert_eq!(report.early_spans, 1);
        assert_eq!(trace.starts_us, [0.0, -0.001, 813.595]);
    }

    #[test]
    fn whole_seconds_give_no_offsets() {
        let folder = Folder::new();
        let rows = format!("{EADRO}7,web,a,,a,2000,200,/,no_parent\n8,text,b,a,a,1500,0,GET,web\n");
        let Ingested { corpus, .. } = ingest(&[folder.file("x.csv", &rows)], &options(vec![])).unwrap();
        assert_eq!((corpus.has_starts(), corpus.trace(0).starts_us, corpus.trace(0).start_ns), (false, &[0.0, 0.0][..], 7_000_000_000));
        assert_eq!(corpus.trace(0).statuses, [Status::of_http(200), Status::UNSET]);
    }

    #[test]
    fn missing_starts_and_attributes_survive_parquet() {
        let folder = Folder::new();
        let tables = [
            format!("{EADRO}7,web,a,,a,2000,200,/,no_parent\n8,text,b,a,a,1500,0,GET,web\n"),
            r#"[{"traceId":"a","id":"b","name":"GET /","timestamp":5,"duration":3,"localEndpoint":{"serviceName":"web"},
                "tags":{"http.route":"/{id}"}},{"traceId":"a","id":"c","parentId":"b","name":"find","timestamp":6,"duration":1}]"#
                .to_owned(),
        ];
        for (table, (has_starts, routed)) in tables.iter().zip([(false, 0), (true, 1)]) {
            let corpus = ingest(&[folder.file("x", table)], &options(vec![])).unwrap().corpus;
            let with_route = corpus.traces().flat_map(|trace| trace.attributes).filter(|&&id| id != 0).count();
            assert_eq!((corpus.has_starts(), with_route), (has_starts, routed));
            let path = folder.0.path().join("x.parquet");
            tracesmith_formats::write_corpus(&corpus, Format::PARQUET, &path).unwrap();
            assert_eq!(ingest(&[path], &options(vec![])).unwrap().corpus, corpus);
        }
    }

    #[test]
    fn roots_inside_a_window_are_labelled_with_its_fault() {
        let folder = Folder::new();
        let data = folder.file("x.csv", &format!("{EADRO}7,web,a,,a,5,0,/,no_parent\n28807,web,b,,b,5,0,/,no_parent\n"));
        let faults = folder.file("f.json", r#"{"faults":[{"name":"web","fault":"cpu_load","start":6,"duration":2}]}"#);
        let abnormal = |clock_offset_s| {
            let options = IngestOptions { clock_offset_s, ..options(vec![faults.clone()]) };
            let corpus = ingest(std::slice::from_ref(&data), &options).unwrap().corpus;
            corpus.labels().iter().map(Label::is_abnormal).collect::<Vec<_>>()
        };
        assert_eq!(abnormal(0), [true, false]);
        assert_eq!(abnormal(28_800), [false, true]);
    }

    #[test]
    fn spans_of_a_trace_may_be_in_two_files_and_the_hash_covers_both() {
        let folder = Folder::new();
        let one = folder.file("1.csv", &format!("{EADRO}7,web,b,a,a,5,0,GET,web\n"));
        let two = folder.file("2.csv", &format!("{EADRO}7,web,a,,a,5,0,/,no_parent\n"));
        let both = ingest(&[one.clone(), two.clone()], &options(vec![])).unwrap();
        assert_eq!((both.corpus.len(), both.corpus.span_count()), (1, 2));
        assert_ne!(both.sha256, ingest(&[two, one], &options(vec![])).unwrap().sha256);
        assert_eq!(both.sha256.len(), 64);
    }

    #[test]
    fn nothing_left_and_mixed_formats_are_errors_that_say_why() {
        let folder = Folder::new();
        let header = folder.file("header.csv", EADRO);
        let orphan = folder.file("orphan.csv", &format!("{EADRO}7,web,b,a,a,5,0,GET,web\n"));
        let nezha = folder.file("nezha.csv", NEZHA);
        for (paths, message) in [
            (vec![], "no input file"),
            (vec![header], "no trace of"),
            (vec![orphan.clone()], "dropped: parent missing       1"),
            (vec![orphan, nezha], "nezha.csv is nezha-csv, but the files before it are eadro-csv"),
        ] {
            let error = ingest(&paths, &options(vec![])).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
