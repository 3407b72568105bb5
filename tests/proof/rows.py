"""Operators by their formula and by torch, to be compared in what they give and what they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch

from tests.proof.numbers import Number, Operand, Tally, plain


class Row(NamedTuple):
    """An operator's formula, torch's function, and the values to compare them at."""

    formula: Callable[..., Operand]
    torch: Callable[..., Any]
    at: tuple[float, ...]

    def taken(self) -> int:
        """The operations that the formula takes, after checking that it is torch's."""
        tally = Tally()
        found = plain(self.formula(*(tally.number(value) for value in self.at)))
        tensors = (torch.tensor([value], dtype=torch.float64) for value in self.at)
        assert found == pytest.approx(self.torch(*tensors).item(), rel=1e-6)
        return tally.total


def clamp(x: Number, low: float, high: float) -> Number:
    """Two comparisons."""
    return x.maximum(low).minimum(high)
