"""Which card is a model served on best? Predicted, on a machine without any of them.

Prices are examples: what an hour of each card costs wherever you rent it.
"""

from __future__ import annotations

import torch

import flopscope
from residual_block import ResidualBlock

PRICES = {"T4": 0.35, "L4": 0.45, "RTX 4090": 0.60, "H100 SXM": 3.00}

report = flopscope.predict(
    ResidualBlock(norm_fn="batch"),
    torch.zeros(256, 384, 32, 32),
    on=list(PRICES),
    prices=PRICES,
)


def name(outlook) -> str:
    return outlook.prediction.device.name


fitting = [outlook for outlook in report.outlooks if outlook.fits]
fastest = max(fitting, key=lambda outlook: outlook.samples_per_second)
cheapest = min(fitting, key=lambda outlook: outlook.price_per_million)
print(f"fastest: {name(fastest)}")
print(f"cheapest for a sample: {name(cheapest)}")
print(f"most of the time on {name(report.outlooks[0])}: {report.operators[0].name}")

# Output:
# fastest: H100 SXM
# cheapest for a sample: RTX 4090
# most of the time on T4: aten.conv2d
