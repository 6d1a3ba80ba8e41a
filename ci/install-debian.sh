#!/usr/bin/env bash
# Installs what the checks need on Debian, as root. On a machine without a GPU the WGPU target is
# Mesa's software rasteriser, llvmpipe.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends build-essential ca-certificates git libvulkan1 mesa-vulkan-drivers

if ! command -v cargo >/dev/null; then
  # Debian packages rustup from trixie on; elsewhere the page tells how.
  apt-get install -q -y rustup || {
    echo "error: there is no cargo here; install Rust as https://rustup.rs says" >&2
    exit 1
  }
fi

# What goldens are reviewed with; a test drives it. Of the same version as the library.
cargo install --quiet --locked cargo-insta --version 1.49.0
