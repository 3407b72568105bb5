"""Put other counters beside ours on one block: the norm changes, the convolutions do not."""

from __future__ import annotations

import torch

import flopscope
from residual_block import ResidualBlock

image = torch.randn(2, 384, 32, 32)

print(f"{'MACs':>18} {'flopscope':>14} {'thop':>14} {'fvcore':>14}")
for norm_fn, stride in [("instance", 1), ("group", 1), ("batch", 2), ("none", 2)]:
    model = ResidualBlock(norm_fn=norm_fn, stride=stride)
    report = flopscope.profile(model, args=(image,), counters=("thop", "fvcore"))
    figures = [report.macs, *(reading.value for reading in report.readings)]
    print(f"{norm_fn:>8}, stride {stride}", *(f"{figure:>14,}" for figure in figures))

# Output:
#               MACs      flopscope           thop         fvcore
# instance, stride 1  5,435,817,984  5,438,963,712  5,442,109,440
#    group, stride 1  5,435,817,984  5,435,817,984  5,443,682,304
#    batch, stride 2  1,434,451,968  1,439,170,560  1,435,631,616
#     none, stride 2  1,434,451,968  1,434,451,968  1,434,451,968
