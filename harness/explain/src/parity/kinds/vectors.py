"""Makes vectors.json: small layers with torch's result, and the wrong results that known porting mistakes give.

Run with torch 2.3.1 in this folder:

    python vectors.py > vectors.json

Everything is computed in float64 by torch itself. Inputs and weights are drawn with seed 0 and rounded to three
decimals before anything is computed from them, results to eight significant digits. Each mistake has the clause that
`kinds::kind` must say of it.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
LAYERS = []


def draw(*shape, scale=1.0, offset=0.0):
    return torch.round((torch.randn(*shape) * scale + offset) * 1000) / 1000


def stored(tensor):
    values = [float(f"{value:.8g}") for value in tensor.detach().contiguous().flatten().tolist()]
    return {"shape": list(tensor.shape), "values": [int(v) if v == int(v) else v for v in values]}


def layer(name, cls, want, inputs=(), weights=None, **attributes):
    mistakes = []
    LAYERS.append({
        "name": name,
        "class": cls,
        "attributes": attributes,
        "inputs": [stored(tensor) for tensor in inputs],
        "weights": {key: stored(tensor) for key, tensor in (weights or {}).items()},
        "want": stored(want),
        "mistakes": mistakes,
    })

    def mistake(name, got, kind):
        mistakes.append({"name": name, "got": stored(got), "kind": kind})

    return mistake


def layer_norm():
    x, w, b = draw(2, 4, 8, scale=0.2), draw(8), draw(8)
    say = layer("layer_norm", "LayerNorm", F.layer_norm(x, (8,), w, b, 1e-6), [x], {"weight": w, "bias": b},
                eps=1e-6, normalized_shape=[8])
    say("eps", F.layer_norm(x, (8,), w, b, 1e-5), "eps: torch's is 1e-6, here it is 1e-5")
    say("eps_unusual", F.layer_norm(x, (8,), w, b, 3e-4), "eps: torch's is 1e-6, here it is 3e-4")
    mean = x.mean(-1, keepdim=True)
    centred = x - mean
    say("unbiased", centred / (x.var(-1, keepdim=True, unbiased=True) + 1e-6).sqrt() * w + b,
        "the variance is unbiased (divided by n - 1), torch's is divided by n")
    say("weight", F.layer_norm(x, (8,), None, b, 1e-6), "the weight is left out")
    say("bias", F.layer_norm(x, (8,), w, None, 1e-6), "the bias is left out")
    say("without_mean", x / ((x * x).mean(-1, keepdim=True) + 1e-6).sqrt() * w + b,
        "the mean is not subtracted: RMSNorm, torch's is with its mean subtracted")
    other = F.layer_norm(x.transpose(1, 2), (4,), None, None, 1e-6).transpose(1, 2) * w + b
    say("axis", other, "it is normalised over the dimensions [1], torch's is over [2]")
    say("weight_and_bias", F.layer_norm(x, (8,), None, None, 1e-6), "the weight and the bias are left out")
    big = layer("layer_norm_outside", "LayerNorm", F.layer_norm(x, (8,), w, b, 1e-3), [x], {"weight": w, "bias": b},
                eps=1e-3, normalized_shape=[8])
    big("eps_outside", centred / (x.var(-1, keepdim=True, unbiased=False).sqrt() + 1e-3) * w + b,
        "eps: it is added outside of the square root, torch's is inside")


def other_norms():
    x, w, b = draw(2, 12, 3, 2, scale=0.5), draw(12), draw(12)
    say = layer("group_norm", "GroupNorm", F.group_norm(x, 4, w, b, 1e-5), [x], {"weight": w, "bias": b},
                eps=1e-5, num_groups=4)
    say("groups", F.group_norm(x, 6, w, b, 1e-5), "num_groups: torch's is 4, here it is 6")
    say("eps", F.group_norm(x, 4, w, b, 1e-6), "eps: torch's is 1e-5, here it is 1e-6")
    order = torch.arange(12).view(3, 4).t().reshape(-1)
    mixed = torch.empty_like(x)
    mixed[:, order] = F.group_norm(x[:, order], 4, None, None, 1e-5)
    say("interleaved", mixed * w.view(1, 12, 1, 1) + b.view(1, 12, 1, 1),
        "the channels of the 4 groups are interleaved, torch's are contiguous")

    x, w, b, mean, var = draw(3, 4, 2, 2), draw(4), draw(4), draw(4), draw(4).abs() + 0.5
    weights = {"weight": w, "bias": b, "running_mean": mean, "running_var": var}
    say = layer("batch_norm", "BatchNorm2d", F.batch_norm(x, mean, var, w, b), [x], weights, eps=1e-5)
    say("training", F.batch_norm(x, None, None, w, b, training=True),
        "the batch's own mean and variance are used (training mode), torch's are running_mean and running_var")
    unbiased = (x - x.mean((0, 2, 3), keepdim=True)) / (x.var((0, 2, 3), keepdim=True, unbiased=True) + 1e-5).sqrt()
    say("training_unbiased", unbiased * w.view(1, 4, 1, 1) + b.view(1, 4, 1, 1),
        "the batch's own mean and unbiased variance are used (training mode), torch's are running_mean and running_var")
    say("neither", F.batch_norm(x, torch.zeros(4), torch.ones(4), w, b),
        "running_mean and running_var are left out")
    say("mean", F.batch_norm(x, torch.zeros(4), var, w, b), "running_mean is left out")
    say("variance", F.batch_norm(x, mean, torch.ones(4), w, b), "running_var is left out")
    say("eps", F.batch_norm(x, mean, var, w, b, eps=1e-3), "eps: torch's is 1e-5, here it is 1e-3")
    say("root", (x - mean.view(1, 4, 1, 1)) / (var + 1e-5).view(1, 4, 1, 1) * w.view(1, 4, 1, 1) + b.view(1, 4, 1, 1),
        "the square root of the variance is left out")
    positive = mean.abs() + 0.3
    say = layer("batch_norm_positive", "BatchNorm2d", F.batch_norm(x, positive, var, w, b), [x],
                weights | {"running_mean": positive}, eps=1e-5)
    say("swapped", F.batch_norm(x, var, positive, w, b), "running_mean and running_var are swapped")
    say = layer("batch_norm_training", "BatchNorm2d", F.batch_norm(x, None, None, w, b, training=True), [x], weights,
                eps=1e-5)
    say("evaluation", F.batch_norm(x, mean, var, w, b),
        "running_mean and running_var are used, torch's are the batch's own (training mode)")

    x = draw(2, 3, 4, 3)
    say = layer("instance_norm", "InstanceNorm2d", F.instance_norm(x), [x], eps=1e-5)
    say("groups", F.group_norm(x, 1), "num_groups: torch's is 3, here it is 1")

    x, w = draw(2, 3, 8, offset=0.5), draw(8)
    rms = lambda v: v / ((v * v).mean(-1, keepdim=True) + 1e-6).sqrt()
    say = layer("rms_norm", "LlamaRMSNorm", rms(x) * w, [x], {"weight": w}, variance_epsilon=1e-6)
    say("mean", F.layer_norm(x, (8,), w, None, 1e-6), "the mean is subtracted: LayerNorm, torch's is RMSNorm")
    say("plus_one", rms(x) * (w + 1), "1 is added to the weight")


def activations():
    x = draw(3, 12, scale=2.5)
    erf = "GELU (erf)"
    say = layer("gelu", "GELU", F.gelu(x), [x], approximate="none")
    say("tanh", F.gelu(x, approximate="tanh"), "approximate: torch's is none (erf), here it is tanh")
    say("quick", x * torch.sigmoid(1.702 * x),
        f"activation: torch's is {erf}, here it is quick GELU (x * sigmoid(1.702 x))")
    for name, function in [
        ("ReLU", F.relu), ("SiLU", F.silu), ("Sigmoid", torch.sigmoid), ("Tanh", torch.tanh),
        ("Softplus", F.softplus), ("Mish", F.mish), ("ReLU6", F.relu6), ("HardSigmoid", F.hardsigmoid),
        ("HardSwish", F.hardswish), ("ELU", F.elu), ("SELU", F.selu), ("LogSigmoid", F.logsigmoid),
        ("Softsign", F.softsign), ("LeakyReLU(0.1)", lambda v: F.leaky_relu(v, 0.1)),
        ("ELU(0.5)", lambda v: F.elu(v, 0.5)),
    ]:
        say(name.lower().replace("(", "_").replace(")", "").replace(".", ""), function(x),
            f"activation: torch's is {erf}, here it is {name}")
    say("identity", x, "the layer is left out: the result is its input")
    say = layer("gelu_tanh", "NewGELUActivation", F.gelu(x, approximate="tanh"), [x])
    say("erf", F.gelu(x), "activation: torch's is GELU (tanh), here it is GELU (erf)")
    say = layer("leaky_relu", "LeakyReLU", F.leaky_relu(x, 0.01), [x], negative_slope=0.01)
    say("slope", F.leaky_relu(x, 0.2), "activation: torch's is LeakyReLU(0.01), here it is LeakyReLU(0.2)")
    x = draw(2, 3, 6)
    say = layer("softmax", "Softmax", F.softmax(x, -1), [x], dim=-1)
    say("axis", F.softmax(x, 1), "dim: torch's softmax is along dimension 2, here it is along dimension 1")
    say("scale", F.softmax(x * 0.125, -1),
        "scale: torch's softmax is of 1 times the input, here it is of 0.125 times the input")
    say("logarithm", F.log_softmax(x, -1),
        "softmax: torch's is the softmax along dimension 2, here it is the log-softmax along dimension 2")


def linears():
    x, w, b = draw(2, 3, 6), draw(6, 6), draw(6)
    say = layer("linear_square", "Linear", F.linear(x, w, b), [x], {"weight": w, "bias": b})
    say("transposed", F.linear(x, w.t(), b), "the weight is transposed")
    say("bias", F.linear(x, w), "the bias is left out")
    say("both", F.linear(x, w.t()), "the weight is transposed, and the bias is left out")
    say("bias_twice", F.linear(x, w, 2 * b), "the bias is added twice")
    x, w, b = draw(3, 6), draw(4, 6), draw(4)
    say = layer("linear", "Linear", F.linear(x, w, b), [x], {"weight": w, "bias": b})
    say("reshaped", x @ w.view(6, 4) + b, "the weight is reshaped instead of transposed")
    index, table = torch.tensor([[1, 4, 2], [0, 3, 3]]), draw(6, 4)
    say = layer("embedding", "Embedding", F.embedding(index, table), [index.double()], {"weight": table}, padding_idx=3)
    say("after", F.embedding(index + 1, table), "each index is 1 too large")
    say("before", F.embedding((index - 1) % 6, table), "each index is 1 too small")
    say("padding", F.embedding(index, table) * (index != 3).unsqueeze(-1),
        "padding_idx: the row of index 3 is 0, torch's is its weight")


def convolutions():
    x, w, b = draw(1, 3, 5, 5), draw(3, 3, 3, 3), draw(3)
    say = layer("conv", "Conv2d", F.conv2d(x, w, b, padding=1), [x], {"weight": w, "bias": b},
                padding=[1, 1], stride=[1, 1], dilation=[1, 1], groups=1, padding_mode="zeros")
    say("flipped", F.conv2d(x, w.flip(2, 3), b, padding=1),
        "the kernel is flipped: a convolution, torch's is a cross-correlation")
    say("axes", F.conv2d(x, w.transpose(2, 3), b, padding=1), "the kernel's two spatial axes are swapped")
    say("channels", F.conv2d(x, w.transpose(0, 1), b, padding=1),
        "the weight's input and output channels are swapped")
    say("bias", F.conv2d(x, w, padding=1), "the bias is left out")
    say("before", F.conv2d(F.pad(x, (2, 0, 2, 0)), w, b),
        "padding: all of it is before the first row and column, torch's is on both sides")
    say("after", F.conv2d(F.pad(x, (0, 2, 0, 2)), w, b),
        "padding: all of it is after the last row and column, torch's is on both sides")
    for mode in ["reflect", "replicate", "circular"]:
        say(mode, F.conv2d(F.pad(x, (1, 1, 1, 1), mode=mode), w, b),
            f"padding_mode: torch's is zeros, here it is {mode}")
    say("without", F.conv2d(x, w, b), "padding: it is left out")
    x, w, b = draw(1, 2, 5, 4), draw(2, 2, 4, 2), draw(2)
    say = layer("conv_same", "Conv2d", F.conv2d(x, w, b, padding="same"), [x], {"weight": w, "bias": b},
                padding="same", stride=[1, 1], dilation=[1, 1], groups=1, padding_mode="zeros")
    say("odd_one", F.conv2d(F.pad(x, (1, 0, 2, 1)), w, b),
        "padding: the odd one is before the first row and column, torch's is after the last")
    x, w, b = draw(2, 4, 9), draw(6, 2, 3), draw(6)
    arguments = dict(stride=2, dilation=2, groups=2)
    say = layer("conv1d", "Conv1d", F.conv1d(F.pad(x, (3, 3), mode="reflect"), w, b, **arguments), [x],
                {"weight": w, "bias": b}, padding=[3], padding_mode="reflect", stride=[2], dilation=[2], groups=2)
    say("zeros", F.conv1d(x, w, b, padding=3, **arguments), "padding_mode: torch's is reflect, here it is zeros")
    say("dilation", F.conv1d(F.pad(x, (3, 3), mode="reflect"), w, b, stride=2, groups=2), "dilation: it is left out")
    say("flipped", F.conv1d(F.pad(x, (3, 3), mode="reflect"), w.flip(2), b, **arguments),
        "the kernel is flipped: a convolution, torch's is a cross-correlation")


def attended(x, w, b, o, p, heads, order=(0, 1, 2), scale=None, axis=-1, causal=False, split="hw", merge="hw"):
    """Attention of (N, L, E) with itself, by plain torch functions."""
    n, length, embed = x.shape
    width = embed // heads
    parts = F.linear(x, w, b).chunk(3, -1)

    def in_heads(rows):
        if split == "hw":
            return rows.view(n, length, heads, width).transpose(1, 2)
        if split == "wh":
            return rows.view(n, length, width, heads).permute(0, 3, 1, 2)
        return rows.reshape(n, heads, length, width)

    q, k, v = (in_heads(parts[i]) for i in order)
    scores = q @ k.transpose(-1, -2) * (width ** -0.5 if scale is None else scale)
    if causal:
        scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
    y = scores.softmax(axis) @ v
    if merge == "hw":
        y = y.transpose(1, 2)
    elif merge == "wh":
        y = y.permute(0, 2, 3, 1)
    y = y.reshape(n, length, embed)
    return y if o is None else F.linear(y, o, p)


def attentions():
    torch_layer = torch.nn.MultiheadAttention(12, 3, batch_first=True)
    w, b, o, p = draw(36, 12, scale=0.5), draw(36), draw(12, 12), draw(12)
    weights = {"in_proj_weight": w, "in_proj_bias": b, "out_proj.weight": o, "out_proj.bias": p}
    torch_layer.load_state_dict(weights)
    x = draw(2, 4, 12)
    want = torch_layer(x, x, x)[0]
    a = (x, w, b, o, p, 3)
    assert torch.allclose(want, attended(*a))
    say = layer("attention", "MultiheadAttention", want, [x], weights, embed_dim=12, num_heads=3, batch_first=True)
    scale = "scale: torch's is 0.5 (1 / sqrt(4)), here it is"
    say("scale", attended(*a, scale=1.0), f"{scale} left out")
    say("scale_embed", attended(*a, scale=12 ** -0.5), f"{scale} that of embed_dim (1 / sqrt(12))")
    say("heads", attended(x, w, b, o, p, 4), "num_heads: torch's is 3, here it is 4")
    say("interleaved", attended(*a, split="wh", merge="wh"),
        "the heads are interleaved: a row is width x heads, torch's is heads x width")
    say("split", attended(*a, split="wh"), "the heads are split as width x heads, torch's are heads x width")
    say("merge_width", attended(*a, merge="wh"),
        "the heads are merged as width x heads, torch's are heads x width")
    say("reshaped_both", attended(*a, split="none", merge="none"),
        "the heads are split and merged by a reshape, without moving their axis")
    say("scale_root", attended(*a, scale=0.25), f"{scale} without the root (1 / 4)")
    say("scale_inverted", attended(*a, scale=2.0), f"{scale} inverted")
    say("softmax_heads", attended(*a, axis=1), "softmax: torch's is over the keys, here it is over the heads")
    say("merge", attended(*a, merge="none"), "the heads are merged by a reshape, without moving their axis back")
    say("reshaped", attended(*a, split="none"), "the heads are split by a reshape, without moving their axis")
    say("thirds", attended(*a, order=(1, 2, 0)),
        "query, key and value are permuted: query has torch's key, key has torch's value, value has torch's query")
    say("queries", attended(*a, axis=-2), "softmax: torch's is over the keys, here it is over the queries")
    say("causal", attended(*a, causal=True), "a causal mask is applied, torch has none")
    say("input_bias", attended(x, w, None, o, p, 3), "in_proj_bias is left out")
    say("output", attended(x, w, b, None, None, 3), "out_proj is left out")
    say("output_bias", attended(x, w, b, o, None, 3), "out_proj.bias is left out")
    say("output_transposed", attended(x, w, b, o.t(), p, 3), "out_proj.weight is transposed")
    torch_layer.batch_first = False
    say("batch_first", torch_layer(x, x, x)[0], "batch_first: torch's is true, here it is false")
    y = draw(2, 3, 12)
    torch_layer.batch_first = True
    q, k, v = F.linear(x, w[:12], b[:12]), F.linear(y, w[12:24], b[12:24]), F.linear(y, w[24:], b[24:])
    q, k, v = (rows.view(2, -1, 3, 4).transpose(1, 2) for rows in (q, k, v))
    unscaled = (q @ k.transpose(-1, -2)).softmax(-1) @ v
    say = layer("cross_attention", "MultiheadAttention", torch_layer(x, y, y)[0], [x, y, y], weights, num_heads=3,
                batch_first=True)
    say("scale", F.linear(unscaled.transpose(1, 2).reshape(2, 4, 12), o, p), f"{scale} left out")


def rotaries():
    x = draw(2, 2, 4, 6)
    angle = torch.arange(4)[:, None] * 10000 ** (-torch.arange(3) / 3)

    def rotated(halves, sign=1):
        a, b = (x[..., :3], x[..., 3:]) if halves else (x[..., 0::2], x[..., 1::2])
        c, s = angle.cos(), sign * angle.sin()
        one, other = a * c - b * s, a * s + b * c
        return torch.cat([one, other], -1) if halves else torch.stack([one, other], -1).flatten(-2)

    near, far = "neighbours (2i, 2i + 1)", "halves (i, i + d/2)"
    say = layer("rotary", "", rotated(True), [x])
    say("neighbours", rotated(False), f"rotary: torch's pairs are {far}, here they are {near}")
    say("direction", rotated(True, -1),
        "rotary: the rotation is in the other direction, the sign of the sine is flipped")
    say("both", rotated(False, -1),
        f"rotary: torch's pairs are {far}, here they are {near}, and the sign of the sine is flipped")
    say = layer("rotary_neighbours", "RotaryEmbedding", rotated(False), [x])
    say("halves", rotated(True), f"rotary: torch's pairs are {near}, here they are {far}")


def spatial():
    x = draw(1, 2, 6, 6)
    say = layer("average", "AvgPool2d", F.avg_pool2d(x, 3, 2, 1), [x], kernel_size=3, stride=2, padding=1,
                ceil_mode=False, count_include_pad=True)
    say("include", F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        "count_include_pad: torch's is true, here it is false")
    say("ceil", F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), "ceil_mode: torch's is false, here it is true")
    say("maximum", F.max_pool2d(x, 3, 2, 1), "torch's pooling is an average, here it is a maximum")
    say("stride", F.avg_pool2d(x, 3, 3, 1), "stride: it is that of the kernel")
    say("stride_one", F.avg_pool2d(x, 3, 1, 1), "stride: it is 1")
    say("padding", F.avg_pool2d(x, 3, 2), "padding: it is left out")
    x = draw(1, 2, 4, 4)
    arguments = dict(stride=3, padding=1, ceil_mode=True)
    say = layer("average_dropped", "AvgPool2d", F.avg_pool2d(x, 2, **arguments), [x], kernel_size=2, stride=3,
                padding=1, ceil_mode=True, count_include_pad=True)
    say("include", F.avg_pool2d(x, 2, count_include_pad=False, **arguments),
        "count_include_pad: torch's is true, here it is false")
    x = draw(1, 2, 6, 6, offset=-2.0)
    say = layer("maximum", "MaxPool2d", F.max_pool2d(x, 3, 2, 1), [x], kernel_size=3, stride=2, padding=1,
                dilation=1, ceil_mode=False)
    say("ceil", F.max_pool2d(x, 3, 2, 1, ceil_mode=True), "ceil_mode: torch's is false, here it is true")
    say("zeros", F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2), "padding: it is of zeros, torch's is of negative infinity")
    x = draw(1, 2, 3, 4)
    up = lambda mode, corners=None: F.interpolate(x, scale_factor=2, mode=mode, align_corners=corners)
    say = layer("bilinear", "Upsample", up("bilinear", False), [x], scale_factor=2.0, mode="bilinear",
                align_corners=False)
    say("corners", up("bilinear", True), "align_corners: torch's is false, here it is true")
    say("nearest", up("nearest"), "mode: torch's is bilinear, here it is nearest")
    say("bicubic", up("bicubic", False), "mode: torch's is bilinear, here it is bicubic")
    x = draw(1, 1, 3, 5)
    want = F.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False)
    say = layer("bilinear_ratio", "Upsample", want, [x], scale_factor=1.5, mode="bilinear", align_corners=False)
    say("ratio", F.interpolate(x, size=want.shape[2:], mode="bilinear", align_corners=False),
        "the step is the ratio of the lengths, torch's is the inverse of scale_factor")
    say("bicubic", F.interpolate(x, scale_factor=1.5, mode="bicubic", align_corners=False),
        "mode: torch's is bilinear, here it is bicubic")
    x = draw(1, 2, 3, 4)
    say = layer("nearest", "Upsample", up("nearest"), [x], scale_factor=2.0, mode="nearest", align_corners=None)
    say("bilinear", up("bilinear", False), "mode: torch's is nearest, here it is bilinear")
    say("corners", up("bilinear", True), "mode: torch's is nearest, here it is bilinear with align_corners true")


def arrangements():
    y = draw(2, 3, 4, 5)
    say = layer("image", "Body", y)
    say("channels_last", y.permute(0, 2, 3, 1),
        "the axes are permuted: torch's result has (N, C, H, W), here they are (N, H, W, C), permutation [0, 2, 3, 1]")
    say("reshaped", y.permute(0, 2, 3, 1).reshape(2, 3, 4, 5),
        "the values are reshaped instead of permuted: torch's result has (N, C, H, W), here the values are in the "
        "order of (N, H, W, C), permutation [0, 2, 3, 1]")
    say("flattened", y.flatten(1),
        "the shape: torch's result has [2, 3, 4, 5], here the same values in the same order have [2, 60]")
    say("colours", y.flip(1), "the order of dimension 1 is reversed")
    say("batch_reversed", y.flip(0), "the order of the batch (dimension 0) is reversed")
    say("batch_repeated", y[1:].expand(2, 3, 4, 5), "each element of the batch is torch's element 1")
    say("rolled", y.roll(1, 3), "dimension 3 is shifted by 1 towards the end, with the outermost entry at the other end")
    say("entry", y[:, 2:].expand(2, 3, 4, 5), "each entry of dimension 1 is torch's entry 2")
    say("permuted_reshaped", y.permute(0, 2, 3, 1).reshape(2, 60),
        "the axes are permuted before a reshape: torch's result has (N, C, H, W), here the values are in the order of "
        "(N, H, W, C), permutation [0, 2, 3, 1]")
    say("sign", -y, "the sign is flipped")
    say("offset", y + 0.5, "the result is torch's plus 0.5")
    say("range", y / 2 + 0.5, "the result is 0.5 times torch's plus 0.5")
    say("factor", y * 0.18215, "the result is 0.18215 times torch's")
    mask = (torch.rand(2, 3, 4, 5) >= 0.2).double()
    dropped = int((mask == 0).sum())
    say("dropout", y * mask / 0.8,
        f"dropout is on with p = 0.2: {dropped} of 120 values are 0, the others are 1.25 times torch's")
    y = draw(3, 3, 3)
    say = layer("cube", "", y)
    say("permuted", y.transpose(1, 2),
        "the axes are permuted: torch's result has (N, L, C), here they are (N, C, L), permutation [0, 2, 1]")
    y = draw(2, 3, 12)
    say = layer("heads", "Attention", y, num_heads=3)
    say("interleaved", y.view(2, 3, 3, 4).transpose(2, 3).reshape(2, 3, 12),
        "the heads are interleaved: torch's dimension 2 is 3 x 4, here it is 4 x 3")
    x, y = draw(2, 3, 7), draw(2, 3, 3)
    say = layer("scores", "", y, [x])
    say("scale", y * math.sqrt(7),
        "the result is 2.64575 times torch's: the square root of the dimension 7, a scale by its inverse is missing")
    say("mean", y / 7,
        "the result is 0.142857 times torch's: 1 divided by the dimension 7, a mean in place of a sum, or a division "
        "too many")
    t = torch.arange(3)[:, None] * torch.tensor([1.0, 0.1, 0.01])
    say = layer("timesteps", "Timesteps", torch.cat([t.sin(), t.cos()], -1))
    say("halves", torch.cat([t.cos(), t.sin()], -1), "the two halves of dimension 1 are swapped")
    y = draw(1, 2, 6, 6)
    other = draw(1, 2, 6, 6)
    inner = torch.zeros(6, 6)
    inner[1:-1, 1:-1] = 1
    say = layer("border", "Block", y, padding=1, padding_mode="reflect")
    say("border", y * inner + other * (1 - inner),
        "padding: only a border of width 1 in dimensions 2 and 3 differs (torch's padding is 1, its padding_mode is "
        "reflect)")
    say("zero", y * 0, "every value of the result is 0")


layer_norm()
other_norms()
activations()
linears()
convolutions()
attentions()
rotaries()
spatial()
arrangements()
print('{"layers": [')
print(",\n".join(json.dumps(entry, separators=(",", ":")) for entry in LAYERS) + "]}")
