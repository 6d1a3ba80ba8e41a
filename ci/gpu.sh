#!/usr/bin/env bash
# For machines with a GPU and no toolchain: `ci/gpu.sh FILE.tar.gz` builds a bundle with the stripped program, the
# scenarios and the goldens; on the other machine, unpacked, `burn-repro-gpu/run.sh` runs everything and leaves its
# records in `burn-repro-gpu/records`, for `cargo repro report` to merge with those of other machines. It needs the glibc of the building machine or a newer one.
set -euo pipefail
cd "$(dirname "$0")/.."

bundle=${1:?"usage: ci/gpu.sh FILE.tar.gz"}
limit=$((60 * 1024 * 1024))

cargo build --locked --bin repro
program=${CARGO_TARGET_DIR:-target}/debug/repro

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/burn-repro-gpu
mkdir "$root"
strip -o "$root/repro" "$program"
# The questions and the goldens; tests and sources stay at home.
find scenarios -name '*.yaml' -print0 | tar --create --null --files-from - | tar --extract --directory "$root"
mkdir "$root/golden"
cp golden/*.snap golden/*.safetensors "$root/golden"

cat > "$root/run.sh" <<'RUN'
#!/usr/bin/env bash
# Runs every scenario on every target of this machine; give `--require cuda` to make an absent GPU a failure.
set -uo pipefail
cd "$(dirname "$0")"
export BURN_REPRO_SCENARIOS=scenarios BURN_REPRO_GOLDEN=golden
mkdir -p records
worst=0
step() {
  printf '\n== repro %s\n' "$*"
  ./repro "$@" || { code=$?; [ "$code" -gt "$worst" ] && worst=$code; }
}
step list --targets
step doctor --json records/doctor.json
step run --nightly --name gpu --record records/run "$@"
step run tiny --repeat 20 --name gpu-repeat --record records/repeat
exit "$worst"
RUN
chmod +x "$root/run.sh"

tar --create --gzip --file "$bundle" --directory "$folder" burn-repro-gpu
size=$(stat --format %s "$bundle")
echo "$bundle: $size bytes"
[ "$size" -le "$limit" ] || { echo "error: the bundle is larger than 60 MiB" >&2; exit 1; }
