#!/usr/bin/env bash
# Asserts what Cargo resolved: no Burn or CubeCL crate has `autotune` or `fusion`, and tests build
# the same dependencies as the program, so that a newcomer compiles Burn once.
set -euo pipefail
cd "$(dirname "$0")/.."

# Package and features, one a line, for a choice of dependency edges.
resolved() {
  cargo tree --locked --workspace --prefix none --format '{p} [{f}]' --edges "$1" |
    sed 's/ (\*)$//' | grep -v '^$' | sort -u
}

# Into variables first: a failing `cargo tree` must not look like an empty list.
program=$(resolved normal,build)
tests=$(resolved normal,build,dev)

failed=0
for feature in autotune autotune-checks fusion; do
  if printf '%s\n' "$program" | grep -E "^(burn|cubecl|cubek)[a-z-]* .*[[,]$feature[],]"; then
    echo "error: the crates above have the feature \`$feature\`; a dependency brings it back" >&2
    failed=1
  fi
done
if printf '%s\n' "$program" | grep -E '^burn-(ndarray|flex) .*[[,]simd[],]'; then
  echo "error: the crates above have the feature \`simd\`, and ndarray with it a 12-bit reciprocal" >&2
  failed=1
fi

rebuilt=$(comm -23 <(printf '%s\n' "$program") <(printf '%s\n' "$tests"))
if [ -n "$rebuilt" ]; then
  printf '%s\n' "$rebuilt"
  echo "error: tests build the crates above with other features, and Burn twice with them;" \
    "add the features to backends/Cargo.toml" >&2
  failed=1
fi
[ "$failed" = 0 ] && echo "no autotune, no fusion, no simd; one build for the program and its tests"
exit "$failed"
