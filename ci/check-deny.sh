#!/usr/bin/env bash
# Checks the licences, sources, doubled versions and known vulnerabilities of all dependencies, as .deny.toml says. It needs
# cargo-deny, and a network for the list of vulnerabilities.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo deny --version >/dev/null 2>&1 || {
  echo "error: there is no cargo-deny here: cargo install --locked cargo-deny" >&2
  exit 1
}
cargo deny --locked check
