#!/usr/bin/env bash
# Rehearses on this machine what the workflows do on many: an archive, two shards of it, one report of both. Asserts
# that every cell of the gate is in the report exactly once, and that a lost shard is seen. It needs cargo-nextest, jq
# and zstd.
#
#   ci/shards/rehearse.sh [ARCHIVE.tar.zst [OUT]]
#
# Without an archive it builds one; OUT keeps records and report. The machine is `linux-lavapipe` of ci/matrix.json, so
# its targets must be here; $BURN_REPRO_MACHINE names another.
set -euo pipefail
[ $# -le 2 ] || {
  echo "error: two arguments at most are due, $# were given; usage: ci/shards/rehearse.sh [ARCHIVE.tar.zst [OUT]]" >&2
  exit 2
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
archive=${1:-$scratch/gate.tar.zst}
out=${2:-$scratch/out}
if [ $# -ge 1 ]; then
  [ -f "$1" ] || {
    echo "error: there is no archive $1; without an argument this script builds one" >&2
    exit 2
  }
  archive=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/../.."
name=${BURN_REPRO_MACHINE:-linux-lavapipe}
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# Also as a step of a workflow this is a rehearsal, which no summary is to speak of.
export GITHUB_ACTIONS=

[ $# -ge 1 ] || ci/shards/archive.sh deterministic "$archive"

backend=$(jq --raw-output --arg name "$name" '.machines[] | select(.name == $name) | .backend' ci/matrix.json)
# The gate's own list: scenario::target, without its guards and the trials of references. What is ignored cannot run
# here.
BURN_REPRO_BACKEND=$backend BURN_REPRO_SCENARIOS=$PWD/scenarios BURN_REPRO_GOLDEN=$PWD/golden \
  cargo-nextest nextest list --archive-file "$archive" --workspace-remap "$PWD" --message-format json 2>"$scratch/log" \
  > "$scratch/list.json" || {
  cat "$scratch/log" >&2
  fail "nextest cannot list the archive"
}
jq --raw-output '."rust-suites"[].testcases | to_entries[] | select(.value.ignored | not) | .key
  | select(startswith("gate::") or endswith("::reference") | not) | sub("::"; " ")' "$scratch/list.json" \
  | LC_ALL=C sort > "$scratch/listed"
[ -s "$scratch/listed" ] || fail "the gate lists no cell"

rm -rf "$out/records" "$out/report" "$out/lost"
: > "$out/history.jsonl"
for shard in 1/2 2/2; do
  ci/shards/run.sh "$name" "$shard" "$archive" "$out/records/$name-${shard/\//-of-}.tar" \
    || fail "shard $shard ended with exit code $?"
done
ci/shards/merge.sh "$archive" "$out/records" "$out/report" "$out/history.jsonl" "$name:1/2" "$name:2/2" \
  || fail "merging ended with exit code $?"
for file in report.html report.json junit.xml summary.md; do
  [ -s "$out/report/$file" ] || fail "the report has no $file"
done
[ -s "$out/history.jsonl" ] || fail "nothing was written to the history"

# Every cell once.
jq --raw-output --arg name "$name" '.cells[] | select(.machine == $name and .verdict != "skipped")
  | "\(.scenario) \(.target)"' "$out/report/report.json" \
  | LC_ALL=C sort > "$scratch/reported"
diff "$scratch/listed" "$scratch/reported" > "$scratch/diff" || {
  sed -n 's/^</not in the report:/p; s/^>/in the report, and not or more than once in the gate:/p' "$scratch/diff" >&2
  fail "the report is not the gate, cell by cell"
}

# A shard that leaves nothing is a failure with its name, and the report is written all the same.
mkdir "$out/lost"
cp "$out/records/$name-1-of-2.tar" "$out/lost"
code=0
ci/shards/merge.sh "$archive" "$out/lost" "$out/lost" - "$name:1/2" "$name:2/2" \
  > "$scratch/log" 2>&1 || code=$?
if [ "$code" != 103 ] || ! grep -q "$name:2/2 left no records" "$scratch/log" || [ ! -s "$out/lost/report.html" ]; then
  cat "$scratch/log" >&2
  fail "the loss of a shard ended with exit code $code instead of 103, its name and a report"
fi

echo "$(wc -l < "$scratch/listed" | tr -d ' ') cells in two shards, each once in the report; a lost shard is seen"
