"""numpy's and torch's comparisons on the data of harness/compare/benches/compare.rs: 64 MiB of f32 twice.

    pip install numpy torch
    python ci/peers/compare.py
"""

import time

import numpy as np
import torch

COUNT = 64 * 1024 * 1024 // 4
RUNS = 9


def data():
    index = np.arange(COUNT, dtype=np.float64)
    want = (index * 0.6180339887498949) % 1.0
    error = ((index * 0.7548776662466927) % 1.0 - 0.5) * 2.0e-6
    return (want + error).astype(np.float32), want.astype(np.float32)


def median_ms(run):
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run()
        times.append((time.perf_counter() - begun) * 1e3)
    return sorted(times)[RUNS // 2]


torch.set_num_threads(1)
got, want = data()
copy = np.empty_like(got)
torch_got, torch_want = torch.from_numpy(got), torch.from_numpy(want)
tolerance = {"rtol": 1.3e-6, "atol": 1.0e-5}
rows = {
    "copy": lambda: np.copyto(copy, got),
    "np.allclose (yes or no)": lambda: np.allclose(got, want, **tolerance),
    "np.testing.assert_allclose": lambda: np.testing.assert_allclose(got, want, **tolerance),
    "torch.testing.assert_close": lambda: torch.testing.assert_close(
        torch_got, torch_want, **tolerance
    ),
}
print(f"numpy {np.__version__}, torch {torch.__version__}, one thread, median of {RUNS}")
for name, run in rows.items():
    print(f"{name:<28} {median_ms(run):8.1f} ms")
