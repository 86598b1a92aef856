//! Ingest in MB/s: from files to a clean, labelled corpus. Bytes are those of the text, for gzip files after decompression.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::MultiGzDecoder;
use tracesmith_benches::{locate, simulated};
use tracesmith_formats::{Format, write_corpus};
use tracesmith_ingest::{CleaningConfig, IngestOptions, ingest};

fn text_bytes(paths: &[PathBuf]) -> u64 {
    let bytes = |path: &PathBuf| {
        let file = File::open(path).expect("an input of the benchmark");
        let mut text: Box<dyn Read> =
            if path.extension().is_some_and(|ending| ending == "gz") { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        io::copy(&mut text, &mut io::sink()).expect("an input of the benchmark")
    };
    paths.iter().map(bytes).sum()
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, paths: &[PathBuf], options: &IngestOptions) {
    group.throughput(Throughput::Bytes(text_bytes(paths)));
    group.bench_function(name, |bencher| bencher.iter(|| ingest(paths, options).expect("an input of the benchmark")));
}

fn simulated_files(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = simulated();
    let mut group = criterion.benchmark_group("ingest/socialnetwork-sim");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    for (format, file) in [(Format::EADRO_CSV, "eadro.csv"), (Format::NEZHA_CSV, "nezha.csv.gz"), (Format::JAEGER_JSON, "spans.json")] {
        let path = folder.path().join(file);
        write_corpus(&corpus, format, &path).expect("a simulated corpus can be written");
        measure(&mut group, file, &[path], &IngestOptions::default());
    }
    group.finish();
}

fn real_files(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ingest/real");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for name in ["eadro-sn", "eadro-tt", "nezha-tt"] {
        if let Some(located) = locate(name) {
            measure(&mut group, name, &located.data, &located.options(name, CleaningConfig::default()));
        }
    }
    group.finish();
}

criterion_group!(benches, simulated_files, real_files);
criterion_main!(benches);
