#!/usr/bin/env bash
# Asserts that `cargo run` uses the dependencies that `cargo test` has built, so that a newcomer
# compiles Burn once. Run it after the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(cargo build --locked 2>&1) || { printf '%s\n' "$log" >&2; exit 1; }
again=$(printf '%s\n' "$log" | sed -n '/Compiling/{/burn-repro/!p}')
if [ -n "$again" ]; then
  printf '%s\n' "$again" >&2
  echo "error: the program builds the crates above with other features than the tests, the first one" \
    "for its own sake; give it the tests' features in backends/device/Cargo.toml" >&2
  exit 1
fi
echo "one build for the program and its tests"
