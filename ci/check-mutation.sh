#!/usr/bin/env bash
# Plants more faults than the tests of every change do, and holds that a diagnosis names each that shows; nightly.
set -euo pipefail
cd "$(dirname "$0")/.."

BURN_REPRO_NIGHTLY=1 cargo test --locked --test mutation
