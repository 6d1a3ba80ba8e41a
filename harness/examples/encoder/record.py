"""Records the encoder that `src/lib.rs` is a port of: `python record.py`, with what `repro record-script torch` prints
beside it as record_torch.py. Written with torch 2.3.1."""

import torch
from safetensors.torch import save_file
from torch import nn

from record_torch import record


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(16, eps=1e-6)
        self.attn = nn.MultiheadAttention(16, 4, batch_first=True)
        self.norm2 = nn.LayerNorm(16, eps=1e-6)
        self.fc1 = nn.Linear(16, 32)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(32, 16)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.norm = nn.LayerNorm(16, eps=1e-6)
        self.head = nn.Linear(16, 5)

    def forward(self, tokens):
        for layer in self.layers:
            tokens = layer(tokens)
        return self.head(self.norm(tokens)[:, 0])


torch.manual_seed(0)
model = Encoder()
# Scales and biases other than 1 and 0, so that each is seen.
for parameter in model.parameters():
    parameter.data.mul_(2) if parameter.dim() > 1 else parameter.data.add_(torch.randn_like(parameter) * 0.3)
save_file(model.state_dict(), "weights.safetensors")
record(model.eval(), {"tokens": torch.randn(2, 5, 16)}, "scenarios/reference.safetensors", outputs=["logits"])
