#!/usr/bin/env bash
# Makes one report of the records of all shards. It needs jq and zstd.
#
#   ci/shards/merge.sh ARCHIVE.tar.zst RECORDS OUT HISTORY|- NAME:K/N...
#
# ARCHIVE holds the program `repro` for this machine, RECORDS is a folder with what ci/shards/run.sh packed, at any
# depth, and OUT gets the report. HISTORY is a file that is read and continued, an empty one for a start; `-` is for
# none. Of every NAME:K/N (ci/matrix.sh prints them as `expected`) there must be records. In a workflow the report goes
# to the summary, too.
#
# The exit code is the worst of the report's and of all shards'; 103 if a shard left nothing.
set -euo pipefail
usage() {
  echo "error: $1; usage: ci/shards/merge.sh ARCHIVE.tar.zst RECORDS OUT HISTORY|- NAME:K/N..." >&2
  exit 2
}
[ $# -ge 5 ] || usage "five arguments at least are due, $# were given"
archive=$1 records=$2 out=$3 history=$4
shift 4
for expected in "$@"; do
  [[ $expected =~ ^[a-z0-9-]+:[0-9]+/[0-9]+$ ]] || usage "\`$expected\` is no shard; linux-lavapipe:1/2 is one"
done
for tool in jq zstd; do
  command -v "$tool" >/dev/null || {
    echo "error: there is no $tool here: apt-get install jq zstd" >&2
    exit 1
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
worst=0
worse() { if [ "$1" -gt "$worst" ]; then worst=$1; fi; }
complain() {
  # In a workflow, a line that GitHub shows at the top of the run.
  if [ "${GITHUB_ACTIONS:-}" = true ]; then printf '::error::%s\n' "$1"; else printf 'error: %s\n' "$1" >&2; fi
}

[ -f "$archive" ] || {
  complain "there is no archive $archive, so that no program can make a report; look at the job that builds it"
  exit 103
}
program=target/debug/repro
zstd --quiet --decompress --stdout "$archive" | tar -xf - -C "$work" "$program"

mkdir "$work/records"
count=0
if [ -d "$records" ]; then
  while IFS= read -r -d '' file; do
    count=$((count + 1))
    mkdir "$work/records/$count"
    if ! tar -xf "$file" -C "$work/records/$count" || [ ! -s "$work/records/$count/shard.json" ]; then
      complain "$file is no whole archive of records"
      worse 1
      # Half a record would take the report from everybody.
      rm -rf "${work:?}/records/$count"
    fi
  done < <(find "$records" -name '*.tar' -print0 | sort -z)
fi

# What each shard says of itself; a report cannot know of a shard that left no record.
ends=$(find "$work/records" -mindepth 2 -maxdepth 2 -name shard.json -exec jq --raw-output \
  '"\(.name):\(.shard) \(.exit_code)"' {} +)
missing=()
for expected in "$@"; do
  found=$(printf '%s\n' "$ends" | grep -c "^$expected " || true)
  if [ "$found" = 0 ]; then missing+=("$expected"); fi
  if [ "$found" -gt 1 ]; then
    complain "there are $found sets of records of $expected, so that cells would count twice"
    worse 1
  fi
done

expects=()
while IFS= read -r name; do expects+=(--expect "$name"); done < <(printf '%s\n' "${@%%:*}" | sort -u)
options=()
if [ -f "$history" ]; then
  options+=(--history "$history")
elif [ "$history" != - ]; then
  # It is not begun here: that it could not be fetched is no reason to lose it.
  complain "there is no history $history; the report is made without it"
  worse 1
fi
if [ "${GITHUB_ACTIONS:-}" = true ]; then options+=(--github); fi
mkdir -p "$out"
code=0
"$work/$program" report "$work/records" --out "$out" ${options[@]+"${options[@]}"} "${expects[@]}" || code=$?
worse "$code"

for shard in ${missing[@]+"${missing[@]}"}; do
  complain "$shard left no records; look at its job"
  worse 103
done
while read -r shard code; do
  [ -n "$shard" ] || continue
  if [ "$code" != 0 ]; then
    complain "$shard ended with exit code $code; its log says why"
    worse "$code"
  fi
done <<< "$ends"
echo "records of $count shards, $# expected; the report is $out/report.html; exit code $worst"
exit "$worst"
