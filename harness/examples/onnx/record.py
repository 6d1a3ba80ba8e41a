"""Exports the network that `src/model.rs` was generated from, and records it: `python record.py`, with what
`repro record-script onnx` prints beside it as record_onnx.py. Written with torch 2.3.1 and ONNX Runtime 1.32.0."""

import torch
from torch import nn

from record_onnx import record


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32, 16)
        self.norm = nn.LayerNorm(16)
        self.fc2 = nn.Linear(16, 5)

    def forward(self, images):
        x = self.pool(torch.relu(self.conv(images)))
        x = torch.sigmoid(self.norm(self.fc1(x.flatten(1))))
        return self.fc2(x).softmax(1)


torch.manual_seed(0)
model = Net().eval()
images = torch.randn(2, 3, 8, 8)
names = {"input_names": ["images"], "output_names": ["probabilities"], "opset_version": 17}
torch.onnx.export(model, images, "model.onnx", **names)
record("model.onnx", {"images": images.numpy()}, "scenarios/reference.safetensors")
