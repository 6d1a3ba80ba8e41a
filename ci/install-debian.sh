#!/usr/bin/env bash
# Installs what the checks need on Debian or Ubuntu, as root or with sudo. On a machine without a GPU the WGPU target is
# Mesa's software rasteriser, llvmpipe.
set -euo pipefail

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install() { root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; }

cd "$(dirname "$0")/.."
root apt-get update -q
install build-essential ca-certificates git libvulkan1 mesa-vulkan-drivers
# For the workflows and their scripts, and the schema of JUnit.
install jq libxml2-utils python3-venv shellcheck zstd
# For what records models of other frameworks: 151 MB.
install python3-torch
# For the HTML report's tests. On Ubuntu these names are stubs for snaps, and its runners bring a browser.
if ! command -v chromedriver >/dev/null; then
  install chromium chromium-driver
fi

if ! command -v cargo >/dev/null; then
  # Debian packages rustup from trixie on; elsewhere the page tells how.
  install rustup || {
    echo "error: there is no cargo here; install Rust as https://rustup.rs says" >&2
    exit 1
  }
fi

# What CubeCL's compilers are built with.
ci/llvm.sh

# What goldens are reviewed with; a test drives it. Of the same version as the library.
cargo install --quiet --locked cargo-insta --version 1.49.0
# What shards are run with.
command -v cargo-nextest >/dev/null || cargo install --quiet --locked cargo-nextest --version 0.9.143 \
  --no-default-features --features default-no-update
