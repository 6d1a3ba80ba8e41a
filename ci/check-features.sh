#!/usr/bin/env bash
# Asserts what Cargo resolved: no Burn or CubeCL crate has `autotune`, `fusion` or `simd`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Package and features, one a line; into a variable first, because a failing `cargo tree` must not
# look like an empty list.
program=$(cargo tree --locked --workspace --prefix none --format '{p} [{f}]' --edges normal,build)

failed=0
for feature in autotune autotune-checks fusion; do
  if printf '%s\n' "$program" | grep -E "^(burn|cubecl|cubek)[a-z-]* .*[[,]${feature}[],]"; then
    echo "error: the crates above have the feature \`$feature\`; a dependency brings it back" >&2
    failed=1
  fi
done
if printf '%s\n' "$program" | grep -E '^burn-(ndarray|flex) .*[[,]simd[],]'; then
  echo "error: the crates above have the feature \`simd\`, and ndarray with it a 12-bit reciprocal" >&2
  failed=1
fi

[ "$failed" = 0 ] && echo "no autotune, no fusion, no simd"
exit "$failed"
