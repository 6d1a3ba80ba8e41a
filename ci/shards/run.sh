#!/usr/bin/env bash
# Runs one shard of the gate from an archive and packs the records that it leaves. It needs cargo-nextest and jq, no
# Rust and no sources but this checkout.
#
#   ci/shards/run.sh NAME K/N ARCHIVE.tar.zst RECORDS.tar
#
# NAME is a machine of ci/matrix.json, which says what is required there, on which targets and with how many threads.
# BURN_REPRO_NIGHTLY=1 runs the nightly scenarios, too. The exit code is nextest's; the records are packed all the same.
set -euo pipefail
usage() {
  echo "error: $1; usage: ci/shards/run.sh NAME K/N ARCHIVE.tar.zst RECORDS.tar" >&2
  exit 2
}
[ $# = 4 ] || usage "four arguments are due, $# were given"
name=$1 shard=$2
[[ $shard =~ ^([0-9]+)/([0-9]+)$ ]] || usage "\`$shard\` is no shard; 1/2 is the first of two"
if [ "${BASH_REMATCH[1]}" -lt 1 ] || [ "${BASH_REMATCH[1]}" -gt "${BASH_REMATCH[2]}" ]; then
  usage "there is no shard $shard; 1/2 is the first of two"
fi
[ -f "$3" ] || usage "there is no archive $3; ci/shards/archive.sh makes one"
for tool in jq cargo-nextest; do
  command -v "$tool" >/dev/null || {
    echo "error: there is no $tool here: apt-get install jq, or cargo install --locked cargo-nextest" >&2
    exit 1
  }
done

# A Windows program takes no path of Git's shell.
native() { if command -v cygpath >/dev/null; then cygpath --mixed "$1"; else printf '%s\n' "$1"; fi; }
absolute() { printf '%s/%s\n' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; }
archive=$(native "$(absolute "$3")")
mkdir -p "$(dirname "$4")"
packed=$(absolute "$4")
cd "$(dirname "$0")/../.."

matrix=${BURN_REPRO_MATRIX:-ci/matrix.json}
# On Windows jq ends its lines with a carriage return.
field() { jq --raw-output --arg name "$name" ".machines[] | select(.name == \$name) | .$1" "$matrix" | tr -d '\r'; }
[ -n "$(field name)" ] || usage "$matrix has no machine \`$name\`"
backend=$(field backend) require=$(field require) threads=$(field threads)

runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
# Mesa wants a private folder of the user's; without one it prints a warning for every process.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  mkdir -m 700 "$runs/runtime"
  export XDG_RUNTIME_DIR=$runs/runtime
fi
mkdir -p "$runs/records/runs"

export BURN_REPRO_RUN_NAME=$name BURN_REPRO_REQUIRE=$require
BURN_REPRO_RUNS=$(native "$runs/records/runs")
# The folders of the building machine are compiled in; here the checkout may lie elsewhere. Absolute, because a test
# runs in its package's folder.
BURN_REPRO_SCENARIOS=$(native "$PWD/scenarios")
BURN_REPRO_GOLDEN=$(native "$PWD/golden")
export BURN_REPRO_RUNS BURN_REPRO_SCENARIOS BURN_REPRO_GOLDEN
unset BURN_REPRO_BACKEND BURN_REPRO_THREADS
if [ -n "$backend" ]; then export BURN_REPRO_BACKEND=$backend; fi
if [ "$threads" != 1 ]; then export BURN_REPRO_THREADS=$threads; fi

# By hash and not in turns: a scenario has as many trials as there are targets and one more, so that turns of two would
# give every WGPU cell to the same shard. And a trial stays in its shard when a scenario is added.
run() { cargo-nextest nextest run --archive-file "$archive" --workspace-remap "$(native "$PWD")" --no-fail-fast "$@"; }
code=0
# The guards in every shard: each may lack what another has, and would then leave its cells out.
run --filterset 'test(/^gate::/)' || code=$?
run --filterset 'not test(/^gate::/)' --partition "hash:$shard" || code=$?

# What merging asks: did this shard end, and how?
printf '{ "name": "%s", "shard": "%s", "exit_code": %d }\n' "$name" "$shard" "$code" > "$runs/records/shard.json"
# One file, because artefacts refuse some characters in names, and are slow with many small files. What shard.json says
# comes last, so that a file that was cut off lacks it.
tar -cf - -C "$runs/records" runs shard.json > "$packed"
echo "$name $shard: exit code $code, records in $4"
exit "$code"
