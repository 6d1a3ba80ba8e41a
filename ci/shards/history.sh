#!/usr/bin/env bash
# Fetches the history of distances that the last nightly run left, with `gh`. If no run has left one yet, it makes an
# empty file and says so; any other failure is an error, because a history that starts again by accident is lost.
#
#   GH_TOKEN=… GITHUB_REPOSITORY=OWNER/NAME ci/shards/history.sh FILE [BRANCH]
#
# Only runs of the repository's own BRANCH (`main` if left out) count: what a fork's pull request uploads under the same
# name is not to be continued.
set -euo pipefail
usage() {
  echo "error: $1; usage: GH_TOKEN=… GITHUB_REPOSITORY=OWNER/NAME ci/shards/history.sh FILE [BRANCH]" >&2
  exit 2
}
[ $# = 1 ] || [ $# = 2 ] || usage "one or two arguments are due, $# were given"
file=$1 branch=${2:-main}
[ -n "${GITHUB_REPOSITORY:-}" ] || usage "GITHUB_REPOSITORY is not set"
[ -n "${GH_TOKEN:-}" ] || usage "GH_TOKEN is not set; a token that may read actions will do"
for tool in gh jq; do
  command -v "$tool" >/dev/null || {
    echo "error: there is no $tool here; install GitHub's command line and jq" >&2
    exit 1
  }
done
artefact=burn-repro-history

found=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=$artefact&per_page=100")
run=$(printf '%s\n' "$found" | jq --raw-output --arg branch "$branch" '
  [.artifacts[] | select((.expired | not) and .workflow_run.head_branch == $branch
    and .workflow_run.head_repository_id == .workflow_run.repository_id)]
  | max_by(.created_at) | .workflow_run.id // empty')
mkdir -p "$(dirname "$file")"
if [ -z "$run" ]; then
  : > "$file"
  echo "no nightly run of $branch has left a history yet; a new one starts"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$artefact" --dir "$folder"
[ -f "$folder/history.jsonl" ] || {
  echo "error: the history of run $run has no history.jsonl; delete that artefact to start a new one" >&2
  exit 1
}
cp "$folder/history.jsonl" "$file"
echo "the history of run $run has $(wc -l < "$file" | tr -d ' ') lines"
