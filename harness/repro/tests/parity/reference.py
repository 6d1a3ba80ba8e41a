"""Records the model that `model.rs` is a port of: `python reference.py`, with the script that `repro record-script torch`
prints beside it as record_torch.py. Written with torch 2.3.1."""

import torch
from torch import nn

from record_torch import record


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(16, eps=1e-6)
        self.attn = nn.MultiheadAttention(16, 4, batch_first=True)
        self.norm2 = nn.LayerNorm(16, eps=1e-6)
        self.fc1 = nn.Linear(16, 16)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(16, 16)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.bn = nn.BatchNorm2d(16)
        self.silu = nn.SiLU()
        self.pool = nn.AvgPool2d(3, 2, padding=1)
        self.block = Block()
        self.norm = nn.LayerNorm(16, eps=1e-6)
        self.head = nn.Linear(16, 5)
        self.softmax = nn.Softmax(-1)

    def forward(self, images):
        x = self.pool(self.silu(self.bn(self.conv(images))))
        x = self.block(x.flatten(2).transpose(1, 2))
        return self.softmax(self.head(self.norm(x).mean(1)))


torch.manual_seed(0)
model = Net()
# Statistics and scales other than 0 and 1, so that each is seen.
for name, tensor in model.state_dict().items():
    if "num_batches" not in name:
        if "var" in name:
            tensor.uniform_(0.5, 2)
        elif tensor.dim() == 1:
            tensor.add_(torch.randn_like(tensor) * 0.3)
        else:
            tensor.mul_(2)
record(model.eval(), {"images": torch.randn(2, 3, 8, 8)}, "reference.safetensors", outputs=["probabilities"])
