#!/usr/bin/env bash
# Checks what a red run and the merging of two runs leave, by the eyes of others: JUnit by its schema, the JSON formats
# by jq. The tests look at the rest: HTML in a browser, Markdown by a parser, records by their own schema.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=${CARGO_TARGET_DIR:-target}/debug/repro
export BURN_REPRO_GOLDEN=$PWD/golden BURN_REPRO_SCENARIOS=$scratch/scenarios
unset BURN_REPRO_REQUIRE
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# A tolerance that nothing meets makes every cell red; one target is not there, so that cells are skipped as well.
mkdir "$scratch/scenarios"
sed 's/^\(  pixel: { abs:\).*/\1 0 }/; s/^tolerance:/backends: [cpu, cuda]\ntolerance:/' scenarios/ddim/ddim-tiny.yaml \
  > "$scratch/scenarios/ddim-tiny.yaml"
code=0
"$program" run --record "$scratch/a" --name a --events "$scratch/events" 2> "$scratch/log" > "$scratch/said" || code=$?
[ "$code" = 100 ] || {
  cat "$scratch/log" "$scratch/said" >&2
  fail "the red run ended with exit code $code"
}
cp -r "$scratch/a" "$scratch/b"
jq '.run.name = "b"' "$scratch/a/run.json" > "$scratch/b/run.json"
code=0
"$program" report "$scratch/a" "$scratch/b" --out "$scratch/out" > "$scratch/said" || code=$?
[ "$code" = 100 ] || fail "the merged report ended with exit code $code"

ci/check-junit.sh "$scratch/a/junit.xml" "$scratch/out/junit.xml"
jq --exit-status --slurp '.[0].event == "run_started" and .[-1] == (.[-1] | select(.exit_code == 100))' \
  "$scratch/events" > /dev/null || fail "the events are not whole"
jq --exit-status '.version == 1 and (.machines | length) == 2 and ([.cells[] | select(.verdict == "mismatch")] | length) == 4' \
  "$scratch/out/report.json" > /dev/null || fail "the merged report.json is not what two red runs make"
echo "JUnit is valid by its schema, events and report.json are whole"
