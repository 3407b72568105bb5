"""Watch a training: what a step costs, and what part of the device's peak it achieves."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

import flopscope

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
optimizer = torch.optim.AdamW(model.parameters())
images, labels = torch.randn(32, 64), torch.randint(0, 10, (32,))

# In a script of your own, leave `every` and `say` out: it prints a line after every 100 steps.
with flopscope.watch(model, every=None, say=None, device="RTX 4090") as watch:
    for _ in range(5):
        for _ in range(2):  # two passes for each step of the optimizer
            functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad()
    achieved = watch.read()

assert achieved is not None
assert achieved.flops_per_second == achieved.flops / achieved.seconds
assert achieved.mfu == achieved.flops_per_second / achieved.peak_flops_per_second
print(f"{achieved.params:,} parameters, {achieved.flops_per_step:,.0f} FLOPs per step")
print(f"{achieved.steps} of {achieved.step} steps are timed: in the first, the model was counted")

# Output:
# 19,210 parameters, 5,513,744 FLOPs per step
# 4 of 5 steps are timed: in the first, the model was counted
