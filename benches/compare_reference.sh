#!/usr/bin/env bash
# Training speed beside the reference in PyTorch Geometric: both on the same traces, one after the other, on THREADS threads (default 2).
# Prints traces/s of both and their ratio at every batch size.
#
# usage: benches/compare_reference.sh [REFERENCE.py]
# needs: python3 with torch and torch_geometric, and the eadro-sn excerpt below $TRACESMITH_REAL_DATA (default ../shared/datasets)
set -euo pipefail
cd "$(dirname "$0")/.."

reference=${1:-../shared/bench/pyg_hvae.py}
threads=${THREADS:-2}
profile=${PROFILE:-bench}
data=${TRACESMITH_REAL_DATA:-../shared/datasets}/eadro
target=${CARGO_TARGET_DIR:-target}

give_up() {
    echo "compare_reference: $1" >&2
    exit 1
}

[ -f "$reference" ] || give_up "there is no reference at $reference: name it as the first argument"
traces=$(find "$data" -name 'SN.*_trace.csv*' 2>/dev/null | sort | head -n 1)
[ -n "$traces" ] || give_up "there is no SN.*_trace.csv in $data: set TRACESMITH_REAL_DATA"
python3 -c 'import torch, torch_geometric' 2>/dev/null || give_up "python3 has no torch or torch_geometric: pip install torch torch_geometric"

RAYON_NUM_THREADS=$threads cargo bench --profile "$profile" -p tracesmith-benches --bench training -- 'training/eadro-sn'
theirs=$(OMP_NUM_THREADS=$threads python3 "$reference" "$traces" --threads "$threads" --json | tee /dev/stderr | tail -n 1)

python3 - "$target/criterion/training_eadro-sn" "$theirs" <<'PYTHON'
import json, pathlib, sys

folder, theirs = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
print(f"{'batch':>5} {'tracesmith':>12} {'reference':>12} {'ratio':>7}   (traces/s)")
for batch in (2, 32, 128):
    estimates = json.loads((folder / str(batch) / "new" / "estimates.json").read_text())
    ours = batch / (estimates["mean"]["point_estimate"] * 1e-9)
    reference = theirs[f"train_bs{batch}"]
    print(f"{batch:>5} {ours:>12.1f} {reference:>12.1f} {ours / reference:>7.2f}")
PYTHON
