#!/bin/sh
# Streams 100,000 spans to the collector rotel over gRPC and over HTTP and counts what it received by its own log.
# Usage: benches/stream_to_rotel.sh [FOLDER], which gets a Python environment with rotel (default: target/rotel).
set -eu
cd "$(dirname "$0")/.."
folder=${1:-target/rotel}
agent=$(find "$folder" -path '*/rotel/rotel-agent' 2>/dev/null | head -n 1)
if [ -z "$agent" ]; then
    python3 -m venv "$folder"
    # All versions are pre-releases.
    "$folder/bin/pip" install --quiet --pre rotel
    agent=$(find "$folder" -path '*/rotel/rotel-agent' | head -n 1)
fi
ROTEL_AGENT=$(realpath "$agent") cargo test -p tracesmith-live --test rotel -- --ignored --nocapture
