#!/usr/bin/env bash
# Builds and runs the projects that `repro diagnose --minimal-repro` writes, with flex: each tells right from wrong, and each
# operation's call gives the bits of the operation. Takes as long as Burn takes to build once more, in target/minimal-repros or
# where $MINIMAL_REPRO_TARGET_DIR says; nightly, and by hand before a new version of Burn.
set -euo pipefail
cd "$(dirname "$0")/.."

# The projects are built without a network: what they need is part of what this workspace needs.
cargo fetch --locked
MINIMAL_REPRO_TARGET_DIR=${MINIMAL_REPRO_TARGET_DIR:-$PWD/target/minimal-repros}
export MINIMAL_REPRO_TARGET_DIR
# One after another, because they share that folder.
cargo test --locked --package burn-repro-explain --lib minimal_repro:: -- --ignored --test-threads 1
