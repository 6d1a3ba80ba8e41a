#!/usr/bin/env bash
# Runs the gate of each example, and asks whether each layer gives what its original gives: a workspace of its own, as
# users have it, with the build of Burn that is there.
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR
cd harness/examples
cargo test --workspace --locked
for example in cnn encoder onnx; do
  cargo test --quiet --locked --package "example-$example" --test repro -- parity "$example" --only-f64
done
