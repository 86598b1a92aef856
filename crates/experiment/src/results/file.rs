//! `metrics.csv`: one line a row, with a header.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use super::{Results, ResultsError, Row, Side};

/// The columns, in order.
pub(super) const COLUMNS: [&str; 15] = [
    "experiment",
    "variant",
    "question",
    "system",
    "data",
    "generator",
    "size",
    "protocol",
    "side",
    "seed",
    "metric",
    "value",
    "low",
    "high",
    "n",
];

impl Results {
    /// Writes the table to `path`, which appears whole or not at all. Numbers read back as the same bits.
    ///
    /// # Errors
    /// A value that is not finite, or a file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ResultsError> {
        let text = self.to_csv()?;
        tracesmith_disk::write_bytes(path, &text).map_err(|error| ResultsError::File { path: error.path, source: error.source })
    }

    /// The content of `metrics.csv`.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn to_csv(&self) -> Result<Vec<u8>, ResultsError> {
        let in_memory = |source: csv::Error| ResultsError::Csv { path: PathBuf::from(super::FILE), source };
        let mut writer = WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        writer.write_record(COLUMNS).map_err(in_memory)?;
        for row in self.rows() {
            if let Some((key, value)) = row.keyed().find(|(_, value)| !value.is_finite()) {
                return Err(ResultsError::NotFinite { key, value });
            }
            writer.serialize(row).map_err(in_memory)?;
        }
        writer.into_inner().map_err(|error| ResultsError::File { path: PathBuf::from(super::FILE), source: error.into_error() })
    }

    /// Reads what [`Results::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no table of results: the message has line and column.
    pub fn read(path: &Path) -> Result<Self, ResultsError> {
        let file = File::open(path).map_err(|source| ResultsError::File { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
        let mut rows = Vec::new();
        let mut record = StringRecord::new();
        let mut header_seen = false;
        while reader.read_record(&mut record).map_err(|source| ResultsError::Csv { path: path.to_owned(), source })? {
            let line = Line { path, record: &record };
            if header_seen {
                rows.push(line.row()?);
            } else {
                line.check_header()?;
                header_seen = true;
            }
        }
        if !header_seen {
            return Err(ResultsError::Header { path: path.to_owned(), column: 1, found: String::new(), expected: COLUMNS[0] });
        }
        Ok(Self::new(rows))
    }
}

/// A line that is being read.
struct Line<'a> {
    path: &'a Path,
    record: &'a StringRecord,
}

impl Line<'_> {
    fn check_header(&self) -> Result<(), ResultsError> {
        let fields = self.record.len().max(COLUMNS.len());
        let differs = |&column: &usize| self.record.get(column) != COLUMNS.get(column).copied();
        (0..fields).find(differs).map_or(Ok(()), |column| {
            let found = self.record.get(column).unwrap_or_default().to_owned();
            let expected = COLUMNS.get(column).copied().unwrap_or("no column");
            Err(ResultsError::Header { path: self.path.to_owned(), column: column + 1, found, expected })
        })
    }

    fn row(&self) -> Result<Row, ResultsError> {
        if self.record.len() != COLUMNS.len() {
            let (fields, columns) = (self.record.len(), COLUMNS.len());
            return Err(ResultsError::Width { path: self.path.to_owned(), line: self.line(), fields, columns });
        }
        Ok(Row {
            experiment: self.text("experiment"),
            variant: self.text("variant"),
            question: self.text("question"),
            system: self.text("system"),
            data: self.text("data"),
            generator: self.text("generator"),
            size: self.text("size"),
            protocol: self.text("protocol"),
            side: self.side()?,
            seed: self.whole("seed")?,
            metric: self.text("metric"),
            value: self.number("value")?.ok_or_else(|| self.wrong("value", "is no number"))?,
            low: self.number("low")?,
            high: self.number("high")?,
            n: self.whole("n")?,
        })
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn field(&self, column: &str) -> &str {
        COLUMNS.iter().position(|name| *name == column).and_then(|position| self.record.get(position)).unwrap_or_default()
    }

    fn text(&self, column: &str) -> String {
        self.field(column).to_owned()
    }

    fn side(&self) -> Result<Side, ResultsError> {
        let found = Side::ALL.into_iter().find(|side| side.name() == self.field("side"));
        found.ok_or_else(|| self.wrong("side", "is none of ours, ceiling, trivial and reference"))
    }

    fn whole(&self, column: &'static str) -> Result<Option<u64>, ResultsError> {
        let text = self.field(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.wrong(column, "is no whole number"))
    }

    fn number(&self, column: &'static str) -> Result<Option<f64>, ResultsError> {
        let text = self.field(column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            Ok(_) => Err(self.wrong(column, "is not finite")),
            Err(_) => Err(self.wrong(column, "is no number")),
        }
    }

    fn wrong(&self, column: &'static str, problem: &'static str) -> ResultsError {
        ResultsError::Value { path: self.path.to_owned(), line: self.line(), column, value: self.text(column), problem }
    }
}
