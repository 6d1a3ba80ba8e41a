"""The measures of a comparison as numpy, scikit-image and NVIDIA's FLIP give them.

Prints the JSON that harness/compare/src/compare/oracle.json holds. The images are made by a formula that the
Rust test repeats, so that no data needs to be kept.

    pip install numpy scikit-image flip-evaluator
    python ci/peers/measures.py > harness/compare/src/compare/oracle.json
"""

import json

import flip_evaluator
import numpy as np
from skimage.metrics import structural_similarity

SHAPES = [[1, 32, 48, 3], [2, 11, 16, 1], [1, 24, 24, 3]]
NOISE = [0.01, 0.3, 1.0e-6]


def images(shape, noise):
    index = np.arange(np.prod(shape), dtype=np.float64)
    want = (index * 0.6180339887498949) % 1.0
    got = want + noise * ((index * 0.7548776662466927) % 1.0 - 0.4)
    return np.clip(got, 0.0, 1.0).reshape(shape), want.reshape(shape)


def ranks(values):
    bits = values.astype(np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def ssim(got, want):
    return structural_similarity(
        got,
        want,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=-1,
    )


def flip(got, want):
    def rgb(image):
        return np.repeat(image, 3 // image.shape[-1], axis=-1)

    def eight_bits(image):
        # nv-flip takes 8 bits a channel.
        return (np.floor(image * 255.0 + 0.5) / 255.0).astype(np.float32)

    _, mean, _ = flip_evaluator.evaluate(rgb(eight_bits(want)), rgb(eight_bits(got)), "LDR")
    return float(mean)


def measures(shape, noise):
    got, want = images(shape, noise)
    got = got.astype(np.float32).astype(np.float64)
    difference = got - want
    distance = np.abs(difference)
    relative = distance[want != 0.0] / want[want != 0.0]
    mse = np.mean(difference**2)
    ulp = np.sort(np.abs(ranks(got) - ranks(want)), axis=None)
    rank = lambda share: int(ulp[int(np.ceil(ulp.size * share)) - 1])
    return {
        "shape": shape,
        "noise": noise,
        "max_abs_diff": distance.max(),
        "mean_abs_diff": distance.mean(),
        "max_rel_diff": relative.max(),
        "mean_rel_diff": relative.mean(),
        "bias": difference.mean(),
        "rmse": np.sqrt(mse),
        "nmse": mse / np.mean(want**2),
        "psnr": 10.0 * np.log10((want.max() - want.min()) ** 2 / mse),
        "cosine": np.sum(got * want) / np.sqrt(np.sum(got**2) * np.sum(want**2)),
        "max_ulp": int(ulp[-1]),
        "p50_ulp": rank(0.5),
        "p99_ulp": rank(0.99),
        "ssim": np.mean([ssim(g, w) for g, w in zip(got, want)]),
        "flip": np.mean([flip(g, w) for g, w in zip(got, want)]),
    }


print(json.dumps([measures(*case) for case in zip(SHAPES, NOISE)], indent=1))
