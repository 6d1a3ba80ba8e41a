#!/usr/bin/env bash
# Installs or finds what a machine of ci/matrix.json needs to run a shard, beside jq and cargo-nextest.
#
#   ci/shards/setup.sh cpu|lavapipe|swiftshader|metal|warp|cuda
#
# As root or with sudo, on Debian and Ubuntu. `swiftshader` ends with an `export` line to take over; in a workflow the
# following steps have it.
set -euo pipefail
kinds="cpu|lavapipe|swiftshader|metal|warp|cuda"
[ $# = 1 ] || {
  echo "error: one argument is due, $# were given; usage: ci/shards/setup.sh $kinds" >&2
  exit 2
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}
install() {
  local root=()
  if [ "$(id -u)" != 0 ]; then root=(sudo); fi
  ${root[@]+"${root[@]}"} apt-get update -q
  ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

case $1 in
  cpu) ;;
  lavapipe) install libvulkan1 mesa-vulkan-drivers ;;
  swiftshader)
    # The loader alone: with Mesa's drivers beside it there would be two adapters.
    install libvulkan1 jq
    # It comes with browsers: Chrome lies on GitHub's runners, Debian packages Chromium.
    find_library() {
      local folder
      for folder in /opt/google/chrome /usr/lib/chromium; do
        if [ -f "$folder/libvk_swiftshader.so" ]; then
          printf '%s\n' "$folder/libvk_swiftshader.so"
          return
        fi
      done
    }
    library=$(find_library)
    if [ -z "$library" ] && grep -qx 'ID=debian' /etc/os-release; then
      install chromium
      library=$(find_library)
    fi
    [ -n "$library" ] || fail "there is no libvk_swiftshader.so here; install Google Chrome, or Debian's chromium"
    # Their own description names the library relative to itself; an absolute path works from everywhere.
    description=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/swiftshader_icd.json
    jq --null-input --arg library "$library" \
      '{file_format_version: "1.0.0", ICD: {library_path: $library, api_version: "1.1.0"}}' > "$description"
    echo "export VK_DRIVER_FILES=$description"
    if [ -n "${GITHUB_ENV:-}" ]; then echo "VK_DRIVER_FILES=$description" >> "$GITHUB_ENV"; fi
    ;;
  # Metal and DX12 belong to the system.
  metal) [ "$(uname -s)" = Darwin ] || fail "Metal is part of macOS; this is $(uname -s)" ;;
  warp)
    case $(uname -s) in
      MINGW* | MSYS* | CYGWIN*) ;;
      *) fail "WARP is part of Windows; this is $(uname -s)" ;;
    esac
    ;;
  cuda)
    # Nothing is installed on a machine of one's own, but what lacks is said before anything runs.
    command -v nvidia-smi >/dev/null || fail "there is no nvidia-smi here; install NVIDIA's driver"
    nvidia-smi --query-gpu=name,driver_version,compute_cap --format=csv,noheader
    ldconfig -p | grep -q 'libnvrtc\.so' || fail "there is no libnvrtc.so here; install CUDA's NVRTC and headers"
    ;;
  *)
    echo "error: there is nothing called \`$1\`; usage: ci/shards/setup.sh $kinds" >&2
    exit 2
    ;;
esac
echo "$1: all here"
