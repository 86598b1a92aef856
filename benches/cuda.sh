#!/usr/bin/env bash
# The checks that need a GPU: the quickstart on CUDA beside the same run on the CPU, and the training bench on both.
# Run it on a machine with an NVIDIA GPU and driver; no CUDA toolkit is needed to build.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${1:-reports/cuda-check}"
mkdir -p "$out"
cargo build --release --features cuda
for device in cpu cuda; do
  target/release/tracesmith run experiments/quickstart.toml --device "$device" --no-cache --out "$out/$device" \
    2> "$out/$device.log" || { tail -n 20 "$out/$device.log" >&2; exit 1; }
  tail -n 3 "$out/$device.log"
done
python3 - "$out" <<'PY' || true
import json, sys
cpu, cuda = (json.load(open(f"{sys.argv[1]}/{d}/metrics.json")) for d in ("cpu", "cuda"))
print("metric: cpu, cuda")
for key in sorted(cpu):
    if key.endswith(("edge_f1.mean", "real10.accuracy.mean", "fidelity.overall.mean")):
        print(f"{key}: {cpu[key]:.4f}, {cuda.get(key, float('nan')):.4f}")
PY
