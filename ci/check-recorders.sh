#!/usr/bin/env bash
# Tests what `repro record-script` prints, against PyTorch and ONNX Runtime: with the torch of $PYTHON where it has one, and
# with Debian's otherwise. PyPI has none for a processor alone.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import torch, onnx, onnxruntime, safetensors' 2>/dev/null; then
  /usr/bin/python3 -c 'import torch' 2>/dev/null || {
    echo "error: there is no torch here: apt-get install python3-torch, or name a Python that has it in \$PYTHON" >&2
    exit 1
  }
  folder=${CARGO_TARGET_DIR:-target}/recorders
  [ -x "$folder/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$folder"
  # Debian's torch is of the time before NumPy 2.
  "$folder/bin/python" -m pip install --quiet 'numpy<2' safetensors==0.8.0 onnx==1.23.2 onnxruntime==1.32.0
  python=$folder/bin/python
fi
"$python" -B -m unittest discover --start-directory harness/repro/tests/record_script
