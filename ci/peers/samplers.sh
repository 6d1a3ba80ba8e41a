#!/usr/bin/env bash
# Every sampler beside diffusers' own: writes what diffusers makes of each configuration, and prints by class how far the
# samplers here are from that, and from themselves in f64.
# PYTHON names an interpreter that has diffusers, scipy and torch.
set -euo pipefail
cd "$(dirname "$0")/../.."

"${PYTHON:-python3}" ci/peers/samplers.py
cargo test --quiet --workspace --test samplers -- vectors::table --ignored --nocapture
