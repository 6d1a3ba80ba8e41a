#!/usr/bin/env bash
# What takes too long for every change, in numbers that the tests of a change do not have: faults that a diagnosis has to
# name, and runs in which a worker is killed.
set -euo pipefail
cd "$(dirname "$0")/.."

export BURN_REPRO_NIGHTLY=1
cargo test --locked --test mutation
cargo test --locked -p burn-repro --test faults killed_workers
