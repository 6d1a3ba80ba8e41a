#!/usr/bin/env bash
# What a change must pass. People run it before they push; CI runs nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

# Mesa wants a private folder of the user's; without one it prints a warning for every process.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  XDG_RUNTIME_DIR=$(mktemp -d)
  export XDG_RUNTIME_DIR
fi

# What an incremental build keeps is as large as the build, and CI builds once.
if [ -n "${CI:-}" ]; then
  export CARGO_INCREMENTAL=0
fi

step() { printf '\n== %s\n' "$*"; "$@"; }

# A test of the review drives it, and would be ignored without it.
cargo insta --version >/dev/null 2>&1 || {
  echo "error: there is no cargo-insta here: cargo install --locked cargo-insta" >&2
  exit 1
}

step cargo fmt --all --check
step ci/check-workflows.sh
step ci/check-features.sh
step ci/check-recorders.sh
step ci/check-house.py
# The core first, before anything of Burn is compiled, and as where there is no C++ compiler.
step env CC=false CXX=false cargo test -p burn-repro-core -p burn-repro-target --locked
step cargo clippy --workspace --all-targets --locked -- --deny warnings
# What users read, and what they fetch.
step env RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked
step cargo package --quiet --workspace --exclude burn-repro-scenarios --no-verify --allow-dirty --locked
# CPU, WGPU and a browser must be here: an absent one is a failure, not a skip.
step env BURN_REPRO_REQUIRE=cpu,wgpu BURN_REPRO_BROWSER=1 cargo test --workspace --locked
# `cargo run` must find everything but our own crates built by the tests.
step ci/check-one-build.sh
step ci/check-reports.sh
step ci/check-examples.sh
step ci/shards/rehearse.sh
