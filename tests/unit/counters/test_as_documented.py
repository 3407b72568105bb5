"""Every counter through us against the same one as its own documentation calls it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from flopscope.counters import read
from flopscope.counters.rows import OURS
from tests.counters import parameters


class Mixed(nn.Module):
    """Something of all that counters differ in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.grow = nn.ConvTranspose2d(8, 8, kernel_size=2, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.attention = nn.MultiheadAttention(16, num_heads=2, batch_first=True)
        self.recurrent = nn.LSTM(16, 12, batch_first=True)
        self.head = nn.Sequential(nn.LayerNorm(12), nn.Linear(12, 5), nn.GELU(), nn.Softmax(-1))
        self.mixing = nn.Parameter(torch.ones(5, 5))

    def forward(self, image: Tensor) -> Tensor:
        x = self.grow(relu(self.norm(self.conv(image))))
        rows = self.pool(x).flatten(2)
        attended, _ = self.attention(rows, rows, rows, need_weights=False)
        states, _ = self.recurrent(attended)
        return torch.matmul(self.head(states), self.mixing) + states[:, :, :5]


IMAGE = (2, 3, 6, 6)

SETUP = f"""
import contextlib, io, json, sys, torch
from tests.unit.counters.test_as_documented import Mixed
model, x = Mixed().eval(), torch.zeros({IMAGE})
"""

DOCUMENTED = {
    "thop": """
from thop import profile
value, params = profile(model, inputs=(x,))
""",
    "fvcore": """
from fvcore.nn import FlopCountAnalysis, parameter_count
value, params = FlopCountAnalysis(model, x).total(), parameter_count(model)[""]
""",
    "torch": """
from torch.utils.flop_counter import FlopCounterMode
with FlopCounterMode(display=False) as counter:
    model(x)
value, params = counter.get_total_flops(), None
""",
    "ptflops": """
from ptflops import get_model_complexity_info
value, params = get_model_complexity_info(
    model, tuple(x.shape[1:]), as_strings=False, backend="aten", input_constructor=lambda _: x)
""",
    "ptflops-pytorch": """
from ptflops import get_model_complexity_info
value, params = get_model_complexity_info(
    model, tuple(x.shape[1:]), as_strings=False, backend="pytorch", input_constructor=lambda _: x)
""",
    "calflops": """
from calflops import calculate_flops
value, macs, params = calculate_flops(
    model=model, input_shape=tuple(x.shape), output_as_string=False)
""",
    "torchinfo": """
from torchinfo import summary
answer = summary(model, input_size=tuple(x.shape))
value, params = answer.total_mult_adds, answer.total_params
""",
    "torchprofile": """
from torchprofile import profile_macs
value, params = profile_macs(model, x), None
""",
    "deepspeed": """
from deepspeed.profiling.flops_profiler import get_model_profile
value, macs, params = get_model_profile(
    model=model, input_shape=tuple(x.shape), as_string=False)
""",
    "profiler": """
from torch.profiler import ProfilerActivity, profile
with profile(activities=[ProfilerActivity.CPU], with_flops=True) as profiled:
    model(x)
value, params = sum(row.flops for row in profiled.key_averages()), None
""",
}

TELL = """
json.dump([value, params, globals().get("macs")], sys.stderr)
"""


def as_documented(counter: str) -> list[float | None]:
    """Its figure, its params and the MACs that it gives beside FLOPs, in a fresh process."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SETUP + DOCUMENTED[counter] + TELL],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told: list[float | None] = json.loads(finished.stderr.splitlines()[-1])
    return told


def test_every_counter_of_ours_is_held_against_its_documentation() -> None:
    assert DOCUMENTED.keys() == OURS.keys()


@pytest.mark.parametrize("counter", parameters(DOCUMENTED))
def test_the_figures_are_those_that_it_gives_itself(counter: str) -> None:
    reading = read(counter, Mixed(), (torch.zeros(IMAGE),))
    assert [reading.value, reading.params, reading.stated_macs] == as_documented(counter)
