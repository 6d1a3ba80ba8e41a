#!/usr/bin/env bash
# Gives CubeCL's compilers (CUDA, and its CPU backend) an LLVM where Burn's build cannot download its own: Debian's
# `llvm-22-dev`, shown to Burn's build as an installation that is there already. Does nothing where GitHub answers.
set -euo pipefail
cd "$(dirname "$0")/.."

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The release that the lock file holds: its build script looks in a folder of that name.
release=$(grep -A1 -x 'name = "tracel-llvm-bundler"' Cargo.lock | sed -n 's/^version = "\(.*\)"$/\1/p')
prefix=${XDG_DATA_HOME:-$HOME/.local/share}/tracel/tracel-llvm-$release

if [ -e "$prefix/.tracel-llvm-installed" ]; then
  echo "LLVM for CubeCL is in $prefix"
  exit 0
fi
if timeout 20 bash -c ': </dev/tcp/github.com/443' 2>/dev/null; then
  echo "Burn's build downloads its own LLVM"
  exit 0
fi

root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends llvm-22-dev

mkdir -p "$prefix/bin"
# The build script asks this program only. It wants static libraries, of which Debian's list names one that cannot be
# linked (`-llibz3`): so the list is empty, and the shared library stands with the system's.
cat >"$prefix/bin/llvm-config" <<'CONFIG'
#!/bin/sh
case "$*" in
"--link-static --libs") echo ;;
"--link-static --system-libs") echo -lLLVM-22 ;;
*)
  shift
  exec /usr/lib/llvm-22/bin/llvm-config "$@"
  ;;
esac
CONFIG
chmod +x "$prefix/bin/llvm-config"
# Last, because its being there is all that the build script checks.
touch "$prefix/.tracel-llvm-installed"
echo "LLVM $(/usr/lib/llvm-22/bin/llvm-config --version) for CubeCL is in $prefix"
