#!/usr/bin/env bash
# Installs the nightly compiler that ci/fuzz.sh needs, beside the one of rust-toolchain.toml.
set -euo pipefail
rustup toolchain install nightly --profile minimal --no-self-update
