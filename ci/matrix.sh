#!/usr/bin/env bash
# Says what runs where: reads ci/matrix.json and prints, as a workflow takes its outputs, what is to be built (`builds`),
# which shards run it (`shards`), and what must be in the report (`expected`, NAME:K/N each). It needs jq.
#
#   ci/matrix.sh pull_request|nightly
#
# An entry with `only_if` is left out unless the environment variable of that name is `true`.
# $GITHUB_OUTPUT, where it is set, gets the same lines. $BURN_REPRO_MATRIX names another file than ci/matrix.json.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  echo "error: $1; usage: ci/matrix.sh pull_request|nightly" >&2
  exit 2
}
[ $# = 1 ] || usage "one argument is due, $# were given"
case $1 in
  pull_request | nightly) ;;
  *) usage "there are no runs called \`$1\`" ;;
esac
command -v jq >/dev/null || {
  echo "error: there is no jq here: apt-get install jq" >&2
  exit 1
}
file=${BURN_REPRO_MATRIX:-ci/matrix.json}

# A misspelt field would otherwise be an entry that never runs, and nobody would miss it.
problems=$(jq --raw-output '
  ["backend", "minutes", "name", "nightly", "note", "only_if", "platform", "pull_request", "require", "runner",
   "setup", "shards", "threads", "variant"] as $fields
  | .platforms as $platforms
  | (.machines | group_by(.name)[] | select(length > 1) | "two machines are called \(.[0].name)"),
    (.machines[] | .name as $name
      | (($fields - keys)[] | "\($name) lacks `\(.)`"),
        ((keys - $fields)[] | "\($name) has an unknown field `\(.)`"),
        (select((.name | tostring | test("^[a-z0-9-]+$")) | not)
          | "\($name) is to be called with small letters, digits and hyphens: it becomes a file name"),
        (select(.platform as $p | $platforms | has($p | tostring) | not)
          | "\($name) is for an unknown platform `\(.platform)`"),
        (select(.variant | IN("deterministic", "tuned") | not)
          | "\($name) has an unknown variant `\(.variant)`; there are `deterministic` and `tuned`"),
        (select(.runner | type != "array" or length == 0) | "\($name) needs a list of labels as its `runner`"),
        (("shards", "threads", "minutes") as $field
          | select(.[$field] | type != "number" or . < 1 or . != floor)
          | "`\($field)` of \($name) is to be a whole number from 1 on"),
        (("pull_request", "nightly") as $field | select(.[$field] | type != "boolean")
          | "`\($field)` of \($name) is to be true or false"))
' "$file") || {
  echo "error: $file is no matrix; ci/matrix.sh says what it reads" >&2
  exit 1
}
if [ -n "$problems" ]; then
  printf '%s\n' "$problems" | sed "s|^|error: $file: |" >&2
  exit 1
fi

outputs=$(jq --raw-output --arg when "$1" '
  .platforms as $platforms
  | [.machines[] | select(.[$when])] as $all
  | ($all | map(select(.only_if == "" or env[.only_if] == "true"))) as $machines
  | ($all - $machines | map("\(.name) is left out: the variable \(.only_if) is not `true`") | .[] | "#" + .),
    "builds=" + ($machines | map({id: "\(.platform)-\(.variant)", runner: $platforms[.platform], variant})
      | unique | tojson),
    "shards=" + ([$machines[] | . as $machine | range(1; .shards + 1)
      | {id: "\($machine.name)-\(.)-of-\($machine.shards)", name: $machine.name,
         shard: "\(.)/\($machine.shards)", runner: $machine.runner, setup: $machine.setup,
         build: "\($machine.platform)-\($machine.variant)", minutes: $machine.minutes}] | tojson),
    "expected=" + ([$machines[] | . as $machine | range(1; .shards + 1)
      | "\($machine.name):\(.)/\($machine.shards)"] | join(" "))
' "$file")

# Nothing is left out silently.
printf '%s\n' "$outputs" | sed -n 's/^#//p' >&2
outputs=$(printf '%s\n' "$outputs" | grep -v '^#')
if printf '%s\n' "$outputs" | grep -qx 'shards=\[\]'; then
  echo "error: $file has no machine for \`$1\`" >&2
  exit 1
fi
printf '%s\n' "$outputs"
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf '%s\n' "$outputs" >> "$GITHUB_OUTPUT"
fi
