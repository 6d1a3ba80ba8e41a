#!/usr/bin/env bash
# The comparison beside numpy's and torch's, and beside a plain copy: 64 MiB of f32 twice, one core.
# PYTHON names an interpreter that has numpy and torch.
set -euo pipefail
cd "$(dirname "$0")/../.."

one_core=(); command -v taskset >/dev/null && one_core=(taskset --cpu-list 0)

"${one_core[@]}" "${PYTHON:-python3}" ci/peers/compare.py
cargo bench --quiet --workspace --profile dev --bench compare --no-run
"${one_core[@]}" cargo bench --quiet --workspace --profile dev --bench compare
