"""Records the network that `src/lib.rs` is a port of: `python record.py`, with what `repro record-script torch` prints
beside it as record_torch.py. Written with torch 2.3.1."""

import torch
from torch import nn

from record_torch import record


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2, ceil_mode=True)
        self.conv2 = nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(8, eps=1e-3)
        self.silu = nn.SiLU()
        self.pool2 = nn.AvgPool2d(3, 2, padding=1)
        self.fc = nn.Linear(32, 10)
        self.softmax = nn.Softmax(1)

    def forward(self, images):
        x = self.pool1(self.relu(self.bn1(self.conv1(images))))
        x = self.pool2(self.silu(self.bn2(self.conv2(x))))
        return self.softmax(self.fc(x.flatten(1)))


torch.manual_seed(0)
model = Net()
# One pass in training mode, so that the statistics of the batches are others than 0 and 1.
model(torch.randn(8, 3, 11, 11) * 2 + 1)
for norm in (model.bn1, model.bn2):
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias)
torch.save(model.state_dict(), "weights.pth")
images = torch.randn(2, 3, 11, 11)
record(model.eval(), {"images": images}, "scenarios/reference.safetensors", outputs=["probabilities"])
