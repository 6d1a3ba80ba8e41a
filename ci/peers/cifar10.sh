#!/usr/bin/env bash
# A step of `cifar10-seeded`, and the seeding of its weights, beside PyTorch's: one core, side by side in one run.
# PYTHON names an interpreter that has torch and diffusers.
set -euo pipefail
cd "$(dirname "$0")/../.."

export RAYON_NUM_THREADS=1 MATMUL_NUM_THREADS=1
one_core=(); command -v taskset >/dev/null && one_core=(taskset --cpu-list 0)

cargo bench --quiet --workspace --profile dev --bench cifar10 --no-run
"${one_core[@]}" "${PYTHON:-python3}" ci/peers/cifar10.py
"${one_core[@]}" cargo bench --quiet --workspace --profile dev --bench cifar10
"${one_core[@]}" "${PYTHON:-python3}" ci/peers/cifar10.py
