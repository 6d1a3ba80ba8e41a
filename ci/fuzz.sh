#!/usr/bin/env bash
# Gives everything that the core reads made-up input, one target after another:
#
#   ci/fuzz.sh [SECONDS [TARGET...]]
#
# SECONDS are for each target, 300 if left out; without TARGET all of them. An input that fails lies in
# harness/core/fuzz/artifacts; give its file to `cargo +nightly fuzz run` to see it again. The inputs that are found stay
# in harness/core/fuzz/corpus, beside the seeds, which are in git. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
fuzz=harness/core/fuzz

seconds=${1:-300}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || {
  echo "error: \`$seconds\` is not a number of seconds; usage: ci/fuzz.sh [SECONDS [TARGET...]]" >&2
  exit 2
}
command -v c++ >/dev/null || {
  echo "error: there is no C++ compiler here, which libFuzzer is built with: apt-get install build-essential" >&2
  exit 1
}
rustup toolchain list | grep -q '^nightly' || {
  echo "error: there is no nightly compiler here: ci/install-nightly.sh" >&2
  exit 1
}
cargo fuzz --version >/dev/null 2>&1 || {
  echo "error: there is no cargo-fuzz here: cargo install --locked cargo-fuzz" >&2
  exit 1
}

targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd "$fuzz/seeds" && printf '%s\n' *)
for target in "${targets[@]}"; do
  [ -f "$fuzz/fuzz_targets/$target.rs" ] || {
    echo "error: unknown target \`$target\`: expected one of $(cd "$fuzz/seeds" && echo *)" >&2
    exit 2
  }
done

# Goldens and configurations are read from files: in memory, where there is such a folder.
TMPDIR=$(if [ -d /dev/shm ]; then mktemp -d -p /dev/shm; else mktemp -d; fi)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

failed=()
for target in "${targets[@]}"; do
  printf '\n== %s\n' "$target"
  mkdir -p "$fuzz/corpus/$target"
  # Ten seconds or 2 GiB for a file of some pages are as bad as a panic. Without a sanitizer, for there is no `unsafe`; it
  # would take three times as long to build.
  cargo +nightly fuzz run --fuzz-dir "$fuzz" --sanitizer none --strip-dead-code "$target" "$fuzz/corpus/$target" \
    "$fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 || failed+=("$target")
done
[ ${#failed[@]} = 0 ] || {
  echo "error: input that fails lies in $fuzz/artifacts: ${failed[*]}" >&2
  exit 1
}
