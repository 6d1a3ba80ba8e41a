"""PyTorch's time for the model of `cifar10-seeded`: seeding its weights, and a step of its DDIM loop.

    pip install torch diffusers
    python ci/peers/cifar10.py
"""

import time
from pathlib import Path

import diffusers
import torch
import yaml

RUNS = 5
STEPS = 2


def main():
    torch.set_num_threads(1)
    scenario = Path(__file__).parents[2] / "scenarios/cifar10/cifar10-seeded.yaml"
    config = yaml.safe_load(scenario.read_text())["params"]["unet"]["config"]
    seeded, steps = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        torch.manual_seed(0)
        unet = diffusers.UNet2DModel(**config).eval()
        seeded.append(time.perf_counter() - begun)
        scheduler = diffusers.DDIMScheduler()
        scheduler.set_timesteps(STEPS)
        x = torch.ones(1, 3, 32, 32)
        begun = time.perf_counter()
        with torch.no_grad():
            for t in scheduler.timesteps:
                x = scheduler.step(unet(x, t).sample, t, x).prev_sample
        steps.append((time.perf_counter() - begun) / STEPS)
    middle = [sorted(runs)[RUNS // 2] for runs in (seeded, steps)]
    print(f"torch {torch.__version__}, one thread: seeded and built in {middle[0]:.3f} s, a step in {middle[1]:.3f} s")


main()
