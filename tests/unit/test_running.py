"""What comes of running a model for real where there is not enough memory for it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import flopscope
from flopscope.errors import NeedsValuesError

TOO_MUCH = 2**60
"""Bytes that no machine has."""

SHORT = "out of memory, with 1.00 EiB more to allocate"


class Hungry(nn.Module):
    """Reserves memory that it moves nothing in, so that its count does not foresee it."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        torch.empty(TOO_MUCH, dtype=torch.int8)
        return self.linear(x)


class HungryAndCurious(Hungry):
    """Cannot be counted without values, either."""

    def forward(self, x):
        x.numpy()
        return super().forward(x)


def test_a_model_that_runs_out_of_memory_keeps_its_counts_and_has_a_line_about_its_time():
    report = flopscope.profile(Hungry(), torch.ones(2, 4), time=True, device="cpu")

    assert report.macs == 2 * 4 * 4
    assert report.timing is None
    assert f"time was not measured: {SHORT}" in report.notes


def test_one_that_has_to_run_to_be_counted_is_refused_with_what_it_lacked():
    with pytest.raises(NeedsValuesError) as raised:
        flopscope.profile(HungryAndCurious(), torch.ones(2, 4), device="cpu")

    assert raised.value.hint == f"it would have to run for real, and on cpu that was {SHORT}"
