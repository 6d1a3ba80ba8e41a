"""Records the training scenarios in PyTorch: the loss, every gradient and every updated parameter of each step, in f64.

    pip install torch safetensors pyyaml
    python ci/peers/training.py

Names and layouts are Burn's: `gamma` and `beta` of a norm, `[in, out]` of a linear layer.
"""

import math
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import cross_entropy, gelu, relu

CLASSES = 5
NAMES = {"weight": "gamma", "bias": "beta"}


class ConvNet(nn.Module):
    SAMPLE = (3, 8, 8)

    def __init__(self, activation):
        super().__init__()
        self.activation = activation
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.GroupNorm(2, 4)
        self.conv2 = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.activation(self.norm(self.conv1(x)))
        return self.head(self.activation(self.conv2(x)).mean((2, 3)))


class TransformerBlock(nn.Module):
    SAMPLE = (6, 8)

    def __init__(self, activation, width=8):
        super().__init__()
        self.activation = activation
        self.norm1 = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, CLASSES)

    def attend(self, x):
        query, key, value = (layer(x).unflatten(-1, (2, 4)).transpose(1, 2)
                             for layer in (self.query, self.key, self.value))
        scores = query @ key.transpose(-2, -1) / math.sqrt(4)
        return self.output((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        x = x + self.fc2(self.activation(self.fc1(self.norm2(x))))
        return self.head(x.mean(1))


ACTIVATIONS = {"relu": relu, "gelu": gelu}
MODELS = {"conv_net": ConvNet, "transformer_block": TransformerBlock}


def single(value):
    """A hyper-parameter of Burn's AdamW, which holds them in f32 whatever the type of the tensors."""
    return torch.tensor(value, dtype=torch.float32).item()


def optimizer_of(parameters, written):
    rate = written["learning_rate"]
    if written["name"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=written["momentum"])
    return torch.optim.AdamW(parameters, lr=rate, eps=single(written["epsilon"]),
                             weight_decay=single(written["weight_decay"]),
                             betas=(single(0.9), single(0.999)))


def as_burn(model, name, tensor):
    """Name and layout of a parameter in Burn."""
    path, _, last = name.rpartition(".")
    module = model.get_submodule(path)
    if isinstance(module, (nn.GroupNorm, nn.LayerNorm)):
        last = NAMES.get(last, last)
    if isinstance(module, nn.Linear) and last == "weight":
        tensor = tensor.T
    return f"{path}.{last}", tensor.detach().clone().contiguous()


def record(scenario):
    params, batch = scenario["params"], scenario["batch_size"]
    torch.manual_seed(params["init_seed"])
    activation = ACTIVATIONS[params.get("activation", "relu")]
    model = MODELS[params["model"]](activation).double()
    optimizer = optimizer_of(model.parameters(), params["optimizer"])
    generator = torch.Generator().manual_seed(scenario["seed"])
    tensors, losses = {}, []
    for step in range(scenario["steps"]):
        samples = torch.randn(batch, *model.SAMPLE, generator=generator).double()
        classes = torch.randint(0, CLASSES, (batch,), generator=generator)
        optimizer.zero_grad()
        loss = cross_entropy(model(samples), classes)
        loss.backward()
        losses.append(loss.detach())
        tensors[f"step.{step:02}/loss"] = loss.detach().reshape(1)
        for name, parameter in model.named_parameters():
            name, gradient = as_burn(model, name, parameter.grad)
            tensors[f"step.{step:02}/gradients/{name}"] = gradient
        optimizer.step()
        for name, value in model.named_parameters():
            name, value = as_burn(model, name, value)
            tensors[f"step.{step:02}/weights/{name}"] = value
    tensors["losses"] = torch.stack(losses)
    return tensors


def main():
    folder = Path(__file__).parents[2] / "scenarios/training"
    for path in sorted(folder.glob("*.yaml")):
        scenario = yaml.safe_load(path.read_text())
        tensors = record(scenario)
        save_file(tensors, folder / scenario["reference"]["file"],
                  {"format": "burn-repro reference", "version": "1",
                   "source": f"PyTorch {torch.__version__}"})
        print(path.stem, [round(loss, 4) for loss in tensors["losses"].tolist()])


if __name__ == "__main__":
    main()
