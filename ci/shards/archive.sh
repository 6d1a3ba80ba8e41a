#!/usr/bin/env bash
# Builds the gate and the program `repro` once, into a file that shards on other machines of the platform run. It needs
# cargo-nextest. On Linux the other machines need the glibc of this one or a newer one.
#
#   ci/shards/archive.sh deterministic|tuned FILE.tar.zst
#
# `tuned` is Burn with autotune and fusion, as its users run it.
set -euo pipefail
usage() {
  echo "error: $1; usage: ci/shards/archive.sh deterministic|tuned FILE.tar.zst" >&2
  exit 2
}
[ $# = 2 ] || usage "two arguments are due, $# were given"
features=()
case $1 in
  deterministic) ;;
  tuned) features=(--features=autotune --features=fusion) ;;
  *) usage "there is no variant \`$1\`" ;;
esac
case $2 in
  *.tar.zst) ;;
  *) usage "nextest wants the name of an archive to end in .tar.zst, which \`$2\` does not" ;;
esac
cargo nextest --version >/dev/null 2>&1 || {
  echo "error: there is no cargo-nextest here: cargo install --locked cargo-nextest" >&2
  exit 1
}
mkdir -p "$(dirname "$2")"
archive=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
# A Windows program takes no path of Git's shell.
if command -v cygpath >/dev/null; then archive=$(cygpath --mixed "$archive"); fi
cd "$(dirname "$0")/../.."

# The whole workspace and not one package of it, so that Cargo resolves the features that `cargo test` uses, too. Of its
# tests only the gate; nextest adds the programs of the gate's package.
cargo nextest archive --locked --workspace --test gate ${features[@]+"${features[@]}"} --archive-file "$archive"
